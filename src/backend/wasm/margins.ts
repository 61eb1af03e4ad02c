// The multi-margin losses on WebAssembly.

import { BYTES } from "../../array/typed.js";
import { MarginsBlock } from "../../generated/layouts.js";
import { margins as reference } from "../js/margins.js";
import type { Backend, MarginsCall } from "../seam.js";
import type { Machine } from "./machine.js";
import { A, B, batchOf, GRAD_A, GRAD_OUTPUT, INDEX, ROW_BYTES, VALUES, WEIGHT } from "./window.js";

const { i32: I, f64: F } = MarginsBlock;

export function margins(machine: Machine): Pick<Backend, "margins"> {
  return { margins: (call) => run(machine, call) };
}

function run(machine: Machine, call: MarginsCall): number {
  const { dtype, classes, listed } = call;
  const { stream, window } = machine;
  const { i32, f64, b4, b8 } = window;
  // a row that does not fit is left to the reference, which only adds and multiplies: the same bits on every engine
  if (classes * BYTES[dtype] > ROW_BYTES || listed * 16 > ROW_BYTES) return reference(call);
  const kernel = machine.kernel("margins", dtype);
  stream.begin(dtype, classes);
  const x = stream.input(A, call.x);
  const y = stream.integers(INDEX, call.index, listed);
  const w = call.rowWeight && stream.factors(WEIGHT, call.rowWeight);
  const g = call.gradOutput && stream.factors(GRAD_OUTPUT, call.gradOutput);
  const values = call.values && stream.values(VALUES, call.values);
  const grad = call.grad && stream.output(GRAD_A, call.grad);
  i32[b4 + I.n] = classes;
  i32[b4 + I.listed] = listed;
  i32[b4 + I.square] = call.square ? 1 : 0;
  f64[b8 + F.margin] = call.margin;
  f64[b8 + F.scale] = call.scale;
  i32[b4 + I.y] = y.address;
  i32[b4 + I.w] = w ? w.address : 0;
  i32[b4 + I.g] = g ? g.address : 0;
  i32[b4 + I.scores] = window.address(B);
  stream.start(call.rows, 0, Math.max(1, Math.min(batchOf(dtype, classes), Math.floor(ROW_BYTES / 4 / listed))));
  while (stream.next()) {
    i32[b4 + I.rows] = stream.rows;
    i32[b4 + I.x] = x.at;
    i32[b4 + I.value] = values ? values.at : 0;
    i32[b4 + I.grad] = grad ? grad.at : 0;
    stream.sum += kernel(window.block);
  }
  return stream.sum;
}
