// The multi-margin losses in JavaScript.

import type { MarginsCall } from "../seam.js";

/** One listed class after the other over the classes that are not listed. */
export function margins(call: MarginsCall): number {
  const { x, classes, listed, index, square, margin, grad, values } = call;
  const isListed = new Uint8Array(classes);
  // hinges and slopes in doubles, rounded once
  const row = new Float64Array(grad ? classes : 0);
  let sum = 0;
  for (let r = 0; r < call.rows; r++) {
    const start = r * classes;
    let count = 0;
    while (count < listed && (index[r * listed + count] as number) >= 0) isListed[index[r * listed + count++] as number] = 1;
    const weight = (call.rowWeight ? (call.rowWeight[r] as number) : 1) / classes;
    const factor = weight * call.scale * (call.gradOutput ? (call.gradOutput[r] as number) : 1);
    row.fill(0);
    let value = 0;
    for (let k = 0; k < count; k++) {
      const j = index[r * listed + k] as number;
      const offset = margin - (x[start + j] as number);
      for (let i = 0; i < classes; i++) {
        const z = offset + (x[start + i] as number);
        if (!(z > 0) || isListed[i]) continue; // strictly: a hinge that is exactly 0 has no gradient
        value += square ? z * z : z;
        if (!grad) continue;
        const slope = square ? 2 * z : 1;
        row[i] = (row[i] as number) + slope;
        row[j] = (row[j] as number) - slope;
      }
    }
    for (let k = 0; k < count; k++) isListed[index[r * listed + k] as number] = 0;
    if (grad) for (let i = 0; i < classes; i++) grad[start + i] = (row[i] as number) * factor;
    value *= weight;
    sum += value;
    if (values) values[r] = value;
  }
  return sum;
}
