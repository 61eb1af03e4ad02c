// Distillation on WebAssembly: rows of two sets of logits.

import { DistillationBlock } from "../../generated/layouts.js";
import { APPLY, COUNT } from "../protocol.js";
import type { Backend, DistillationCall } from "../seam.js";
import type { Machine } from "./machine.js";
import { A, B, C, GRAD_A, GRAD_OUTPUT, SINK, VALUES } from "./window.js";

const { i32: I, f64: F } = DistillationBlock;

export function divergences(machine: Machine): Pick<Backend, "distillation"> {
  return { distillation: (call) => run(machine, call) };
}

function run(machine: Machine, call: DistillationCall): number {
  const { dtype } = call;
  const { stream, window } = machine;
  const { i32, f64, b4, b8 } = window;
  const kernel = machine.kernel("distillation", dtype);
  stream.begin(dtype, call.width);
  const x = machine.rows(A, call.student);
  const t = machine.rows(B, call.teacher);
  const g = call.gradOutput && stream.factors(GRAD_OUTPUT, call.gradOutput);
  const values = call.values && stream.values(VALUES, call.values);
  const grad = call.grad && stream.output(GRAD_A, call.grad);
  i32[b4 + I.g] = g ? g.address : 0;
  i32[b4 + I.scratch] = window.address(C);
  f64[b8 + F.beta] = call.beta;
  f64[b8 + F.inverse] = 1 / call.temperature;
  f64[b8 + F.scale] = call.scale;
  stream.start(call.rows, grad ? COUNT | APPLY : COUNT);
  while (stream.next()) {
    i32[b4 + I.phases] = stream.phases;
    i32[b4 + I.rows] = stream.rows;
    i32[b4 + I.n] = stream.count;
    i32[b4 + I.x] = x.at;
    i32[b4 + I.t] = t.at;
    i32[b4 + I.value] = values ? values.at : 0;
    i32[b4 + I.grad] = grad ? grad.at : window.address(SINK);
    stream.sum += kernel(window.block);
  }
  return stream.sum;
}
