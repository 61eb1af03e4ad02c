// Losses of the overlap of groups on WebAssembly.

import { OverlapBlock } from "../../generated/layouts.js";
import { APPLY } from "../protocol.js";
import type { Backend, OverlapCall } from "../seam.js";
import type { Machine } from "./machine.js";
import { A, B, GRAD_A, GRAD_OUTPUT, VALUES } from "./window.js";

const { i32: I, f64: F } = OverlapBlock;

export function groups(machine: Machine): Pick<Backend, "overlap"> {
  return { overlap: (call) => run(machine, call) };
}

function run(machine: Machine, call: OverlapCall): number {
  const { dtype } = call;
  const { stream, window } = machine;
  const { i32, f64, b4, b8 } = window;
  const kernel = machine.kernel("overlap", dtype);
  stream.begin(dtype, call.length);
  const x = stream.input(A, call.x);
  const t = stream.input(B, call.t);
  const g = call.gradOutput && stream.factors(GRAD_OUTPUT, call.gradOutput);
  const values = call.values && stream.values(VALUES, call.values);
  const grad = call.grad && stream.output(GRAD_A, call.grad);
  i32[b4 + I.logits] = call.fromLogits ? 1 : 0;
  i32[b4 + I.g] = g ? g.address : 0;
  f64[b8 + F.alpha] = call.alpha;
  f64[b8 + F.beta] = call.beta;
  f64[b8 + F.smooth] = call.smooth;
  f64[b8 + F.scale] = call.scale;
  stream.start(call.groups, grad ? APPLY : 0);
  while (stream.next()) {
    i32[b4 + I.phases] = stream.phases;
    i32[b4 + I.rows] = stream.rows;
    i32[b4 + I.n] = stream.count;
    i32[b4 + I.x] = x.at;
    i32[b4 + I.t] = t.at;
    i32[b4 + I.value] = values ? values.at : 0;
    i32[b4 + I.grad] = grad ? grad.at : 0;
    stream.sum += kernel(window.block);
  }
  return stream.sum;
}
