// Losses of pairs of boxes on WebAssembly.

import { BoxesBlock } from "../../generated/layouts.js";
import type { Backend, BoxesCall } from "../seam.js";
import type { Machine } from "./machine.js";
import { A, B, GRAD_A, GRAD_OUTPUT, SINK, VALUES } from "./window.js";

const { i32: I, f64: F } = BoxesBlock;

export function overlaps(machine: Machine): Pick<Backend, "boxes"> {
  return { boxes: (call) => run(machine, call) };
}

function run(machine: Machine, call: BoxesCall): number {
  const { dtype } = call;
  const { stream, window } = machine;
  const { i32, f64, b4, b8 } = window;
  const kernel = machine.kernel("boxes", dtype);
  stream.begin(dtype, 4);
  const a = stream.input(A, call.a);
  const b = stream.input(B, call.b);
  const g = call.gradOutput && stream.factors(GRAD_OUTPUT, call.gradOutput);
  const values = call.values && stream.values(VALUES, call.values);
  const grad = call.grad && stream.output(GRAD_A, call.grad);
  i32[b4 + I.kind] = call.kind;
  i32[b4 + I.g] = g ? g.address : 0;
  i32[b4 + I.angles] = window.address(SINK);
  f64[b8 + F.eps] = call.eps;
  f64[b8 + F.scale] = call.scale;
  stream.start(call.rows, 0);
  while (stream.next()) {
    i32[b4 + I.rows] = stream.rows;
    i32[b4 + I.a] = a.at;
    i32[b4 + I.b] = b.at;
    i32[b4 + I.value] = values ? values.at : 0;
    i32[b4 + I.grad] = grad ? grad.at : 0;
    stream.sum += kernel(window.block);
  }
  return stream.sum;
}
