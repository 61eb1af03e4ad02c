// The multi-margin losses on WebAssembly.

import { margins as reference } from "../js/classes.js";
import type { Machine } from "./machine.js";
import { BYTES, type MarginsCall } from "../seam.js";
import { A, address, B, GRAD_A, GRAD_OUTPUT, INDEX, ROW_BYTES, TILE_BYTES, VALUES, WEIGHT } from "./window.js";

export function margins(machine: Machine, call: MarginsCall): number {
  const { dtype, classes, listed, index, rowWeight, gradOutput, values, grad } = call;
  const { window } = machine;
  const size = BYTES[dtype];
  // a row that does not fit is left to the reference, which only adds and multiplies: the same bits on every engine
  if (classes * size > ROW_BYTES || listed * 16 > ROW_BYTES) return reference(call);
  const batch = Math.max(1, Math.min(Math.floor(TILE_BYTES / (classes * size)), Math.floor(ROW_BYTES / 4 / listed)));
  let sum = 0;
  for (let row = 0; row < call.rows; row += batch) {
    const rows = Math.min(batch, call.rows - row);
    const x = window.place(A, dtype, call.x, row * classes, rows * classes);
    window.putIndex(index, row * listed, rows * listed);
    if (rowWeight) window.putFactors(WEIGHT, rowWeight, row, rows);
    if (gradOutput) window.putFactors(GRAD_OUTPUT, gradOutput, row, rows);
    sum += machine.kernel("margins", dtype)(
      x,
      rows,
      classes,
      address(INDEX),
      listed,
      rowWeight ? address(WEIGHT) : 0,
      gradOutput ? address(GRAD_OUTPUT) : 0,
      call.square ? 1 : 0,
      call.margin,
      call.scale,
      address(B),
      values ? window.target(VALUES, dtype, values, row) : 0,
      grad ? window.target(GRAD_A, dtype, grad, row * classes) : 0,
    );
    if (values) window.get(VALUES, dtype, values, row, rows);
    if (grad) window.get(GRAD_A, dtype, grad, row * classes, rows * classes);
  }
  return sum;
}
