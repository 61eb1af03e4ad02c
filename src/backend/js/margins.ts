// The multi-margin losses in JavaScript.

import { type FloatArray, overlap } from "../../array/typed.js";
import type { MarginsCall } from "../seam.js";

export function margins(call: MarginsCall): number {
  const { x, classes, listed, index, square, margin, grad, values } = call;
  // what replaces its own operand could not be computed again
  const single = listed === 1 && Number.isFinite(margin) && !(grad && overlap(grad, x));
  const others = several(call);
  let sum = 0;
  for (let r = 0; r < call.rows; r++) {
    const weight = (call.rowWeight ? (call.rowWeight[r] as number) : 1) / classes;
    const factor = weight * call.scale * (call.gradOutput ? (call.gradOutput[r] as number) : 1);
    const label = index[r * listed] as number;
    let value = single && label >= 0 ? one(x, r * classes, label, classes, margin, square, factor, grad) : Number.NaN;
    if (Number.isNaN(value)) value = others(r, factor);
    value *= weight;
    sum += value;
    if (values) values[r] = value;
  }
  return sum;
}

/** Slopes of a part of a row, besides its value. */
let slopes = 0;

/** The usual row: one listed class, finite scores, without a jump that they would mispredict. NaN where scores are not finite: `several` knows. */
function one(x: FloatArray, start: number, label: number, classes: number, margin: number, square: boolean, factor: number, grad: FloatArray | null): number {
  const own = start + label;
  const offset = margin - (x[own] as number);
  const part = grad ? (square ? squares : lines) : square ? squareValues : lineValues;
  let value = part(x, start, own, offset, factor, grad as FloatArray);
  const before = slopes;
  value += part(x, own + 1, start + classes, offset, factor, grad as FloatArray);
  if (grad) grad[own] = (0 - before - slopes) * factor;
  return value;
}

/** Some scores of a row: their value; their gradients, and the sum of their slopes. */
type Part = (x: FloatArray, start: number, end: number, offset: number, factor: number, grad: FloatArray) => number;

const lines: Part = (x, start, end, offset, factor, grad) => {
  let value = 0;
  let count = 0;
  for (let i = start; i < end; i++) {
    const z = offset + (x[i] as number);
    const slope = Number(z > 0);
    value += slope * z;
    count += slope;
    grad[i] = slope * factor;
  }
  slopes = count;
  return value;
};

const lineValues: Part = (x, start, end, offset) => {
  let value = 0;
  for (let i = start; i < end; i++) {
    const z = offset + (x[i] as number);
    value += z + Math.abs(z);
  }
  return 0.5 * value;
};

const squares: Part = (x, start, end, offset, factor, grad) => {
  let value = 0;
  let sum = 0;
  for (let i = start; i < end; i++) {
    const z = offset + (x[i] as number);
    const slope = z + Math.abs(z);
    value += slope * slope;
    sum += slope;
    grad[i] = slope * factor;
  }
  slopes = sum;
  return 0.25 * value;
};

const squareValues: Part = (x, start, end, offset) => {
  let value = 0;
  for (let i = start; i < end; i++) {
    const z = offset + (x[i] as number);
    const slope = z + Math.abs(z);
    value += slope * slope;
  }
  return 0.25 * value;
};

/** Any row: one listed class after the other over the classes that are not listed. */
function several({ x, classes, listed, index, square, margin, grad }: MarginsCall): (r: number, factor: number) => number {
  const open = new Float64Array(classes).fill(1); // 0 for what is listed
  // slopes in doubles, rounded once
  const row = new Float64Array(classes);
  return (r, factor) => {
    const start = r * classes;
    let count = 0;
    while (count < listed && (index[r * listed + count] as number) >= 0) open[index[r * listed + count++] as number] = 0;
    row.fill(0);
    const loop = Number.isFinite(margin) && allFinite(x, start, classes) ? hinges : anyHinges;
    let value = 0;
    for (let k = 0; k < count; k++) value += loop(x, start, index[r * listed + k] as number, margin, square, open, row);
    for (let k = 0; k < count; k++) open[index[r * listed + k] as number] = 1;
    if (grad) for (let i = 0; i < classes; i++) grad[start + i] = (row[i] as number) * factor;
    return value;
  };
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
