// Losses of single positions on WebAssembly: tile by tile, then the factors of each position.

import type { Machine } from "./machine.js";
import type { Dtype, FloatArray, PointwiseCall } from "./seam.js";
import { A, address, B, C, GRAD_A, GRAD_B, GRAD_C, GRAD_OUTPUT, SINK, TILE_BYTES, VALUES, WEIGHT } from "./staging.js";

export function pointwise(machine: Machine, call: PointwiseCall): number {
  const { dtype, n, c, weight, gradOutput, values, gradA, gradB, gradC } = call;
  const { window } = machine;
  const kernel = machine.kernel(call.kernel, dtype);
  const tile = TILE_BYTES / (dtype === "float32" ? 4 : 8);
  const each = weight !== null || gradOutput !== null || values !== null || gradB !== null || gradC !== null;
  const v = each ? address(VALUES) : 0;
  const ga = gradA ? address(GRAD_A) : each ? address(SINK) : 0;
  const gb = address(gradB ? GRAD_B : SINK);
  const gc = address(gradC ? GRAD_C : SINK);
  let sum = 0;
  for (let start = 0; start < n; start += tile) {
    const count = Math.min(tile, n - start);
    window.stage(A, dtype, call.a, start, count);
    window.stage(B, dtype, call.b, start, count);
    if (c) window.stage(C, dtype, c, start, count);
    let part = kernel(address(A), address(B), address(C), count, call.p, call.q, call.scale, v, ga, gb, gc);
    if (weight) {
      window.stage(WEIGHT, dtype, weight, start, count);
      part = multiply(machine, VALUES, WEIGHT, dtype, count);
      if (gradA) multiply(machine, GRAD_A, WEIGHT, dtype, count);
      if (gradB) multiply(machine, GRAD_B, WEIGHT, dtype, count);
      if (gradC) multiply(machine, GRAD_C, WEIGHT, dtype, count);
    }
    if (gradOutput) {
      window.stage(GRAD_OUTPUT, dtype, gradOutput, start, count);
      if (gradA) multiply(machine, GRAD_A, GRAD_OUTPUT, dtype, count);
      if (gradB) multiply(machine, GRAD_B, GRAD_OUTPUT, dtype, count);
      if (gradC) multiply(machine, GRAD_C, GRAD_OUTPUT, dtype, count);
    }
    if (values) window.get(VALUES, dtype, values, start, count);
    if (gradA) window.get(GRAD_A, dtype, gradA, start, count);
    if (gradB) window.get(GRAD_B, dtype, gradB, start, count);
    if (gradC) window.get(GRAD_C, dtype, gradC, start, count);
    sum += part;
  }
  return sum;
}

function multiply(machine: Machine, slot: number, by: number, dtype: Dtype, count: number): number {
  return machine.kernel("multiply", dtype)(address(slot), address(by), count);
}

export function outside(machine: Machine, data: FloatArray, n: number, low: number, high: number): number {
  const dtype = data instanceof Float32Array ? "float32" : "float64";
  const within = machine.kernel("within", dtype);
  const tile = TILE_BYTES / (dtype === "float32" ? 4 : 8);
  for (let start = 0; start < n; start += tile) {
    const count = Math.min(tile, n - start);
    machine.window.put(A, dtype, data, start, count);
    let i = within(address(A), count, low, high);
    if (i >= count) continue;
    for (i += start; (data[i] as number) >= low && (data[i] as number) <= high; i++); // which lane it is
    return i;
  }
  return -1;
}
