// The multi-margin losses in JavaScript.

import type { FloatArray } from "../../array/typed.js";
import type { MarginsCall } from "../seam.js";

/** One listed class after the other over the classes that are not listed. */
export function margins(call: MarginsCall): number {
  const { x, classes, listed, index, square, margin, grad, values } = call;
  const open = new Float64Array(classes).fill(1); // 0 for what is listed
  // slopes in doubles, rounded once
  const row = new Float64Array(classes);
  let sum = 0;
  for (let r = 0; r < call.rows; r++) {
    const start = r * classes;
    let count = 0;
    while (count < listed && (index[r * listed + count] as number) >= 0) open[index[r * listed + count++] as number] = 0;
    const weight = (call.rowWeight ? (call.rowWeight[r] as number) : 1) / classes;
    const factor = weight * call.scale * (call.gradOutput ? (call.gradOutput[r] as number) : 1);
    row.fill(0);
    const loop = Number.isFinite(margin) && allFinite(x, start, classes) ? hinges : anyHinges;
    let value = 0;
    for (let k = 0; k < count; k++) value += loop(x, start, index[r * listed + k] as number, margin, square, open, row);
    for (let k = 0; k < count; k++) open[index[r * listed + k] as number] = 1;
    if (grad) for (let i = 0; i < classes; i++) grad[start + i] = (row[i] as number) * factor;
    value *= weight;
    sum += value;
    if (values) values[r] = value;
  }
  return sum;
}

function allFinite(x: FloatArray, start: number, classes: number): boolean {
  let zero = 0;
  for (let i = start; i < start + classes; i++) zero += 0 * (x[i] as number);
  return zero === 0;
}

/** The hinges of class j against the others, and their slopes. Strictly: one that is exactly 0 has no slope. */
type Hinges = (x: FloatArray, start: number, j: number, margin: number, square: boolean, open: Float64Array, row: Float64Array) => number;

/** Of finite scores, without a jump that they would mispredict. */
const hinges: Hinges = (x, start, j, margin, square, open, row) => {
  const offset = margin - (x[start + j] as number);
  let value = 0;
  let slopes = 0;
  if (square) {
    for (let i = 0; i < row.length; i++) {
      const z = offset + (x[start + i] as number);
      const slope = (z + Math.abs(z)) * (open[i] as number);
      value += 0.25 * slope * slope;
      slopes += slope;
      row[i] = (row[i] as number) + slope;
    }
  } else {
    for (let i = 0; i < row.length; i++) {
      const z = offset + (x[start + i] as number);
      const slope = Number(z > 0) * (open[i] as number);
      value += slope * z;
      slopes += slope;
      row[i] = (row[i] as number) + slope;
    }
  }
  row[j] = (row[j] as number) - slopes;
  return value;
};

const anyHinges: Hinges = (x, start, j, margin, square, open, row) => {
  const offset = margin - (x[start + j] as number);
  let value = 0;
  for (let i = 0; i < row.length; i++) {
    const z = offset + (x[start + i] as number);
    if (!(z > 0) || open[i] === 0) continue;
    value += square ? z * z : z;
    const slope = square ? 2 * z : 1;
    row[i] = (row[i] as number) + slope;
    row[j] = (row[j] as number) - slope;
  }
  return value;
};
