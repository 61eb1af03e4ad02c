// Losses of single positions on WebAssembly: tile by tile, then the factors of each position.

import type { Machine } from "./machine.js";
import { BYTES, type FloatArray, type PointwiseCall } from "../seam.js";
import { A, address, B, C, GRAD_A, GRAD_B, GRAD_C, GRAD_OUTPUT, SINK, TILE_BYTES, VALUES, WEIGHT } from "./window.js";

export function pointwise(machine: Machine, call: PointwiseCall): number {
  const { dtype, n, c, weight, gradOutput, values, gradA, gradB, gradC } = call;
  const { window } = machine;
  const kernel = machine.kernel(call.kernel, dtype);
  const multiply = machine.kernel("multiply", dtype);
  const tile = TILE_BYTES / BYTES[dtype];
  const each = weight !== null || gradOutput !== null || values !== null || gradB !== null || gradC !== null;
  let sum = 0;
  for (let start = 0; start < n; start += tile) {
    const count = Math.min(tile, n - start);
    const x = window.placeSource(A, dtype, call.a, start, count);
    const t = window.placeSource(B, dtype, call.b, start, count);
    const u = c ? window.placeSource(C, dtype, c, start, count) : 0;
    const sink = address(SINK);
    const v = values ? window.target(VALUES, dtype, values, start) : each ? address(VALUES) : 0;
    const ga = gradA ? window.target(GRAD_A, dtype, gradA, start) : each ? sink : 0;
    const gb = gradB ? window.target(GRAD_B, dtype, gradB, start) : sink;
    const gc = gradC ? window.target(GRAD_C, dtype, gradC, start) : sink;
    let part = kernel(x, t, u, count, call.p, call.q, call.scale, v, ga, gb, gc);
    if (weight) {
      const by = window.placeSource(WEIGHT, dtype, weight, start, count);
      part = multiply(v, by, count);
      if (gradA) multiply(ga, by, count);
      if (gradB) multiply(gb, by, count);
      if (gradC) multiply(gc, by, count);
    }
    if (gradOutput) {
      const by = window.placeSource(GRAD_OUTPUT, dtype, gradOutput, start, count);
      if (gradA) multiply(ga, by, count);
      if (gradB) multiply(gb, by, count);
      if (gradC) multiply(gc, by, count);
    }
    if (values) window.get(VALUES, dtype, values, start, count);
    if (gradA) window.get(GRAD_A, dtype, gradA, start, count);
    if (gradB) window.get(GRAD_B, dtype, gradB, start, count);
    if (gradC) window.get(GRAD_C, dtype, gradC, start, count);
    sum += part;
  }
  return sum;
}

export function outside(machine: Machine, data: FloatArray, n: number, low: number, high: number): number {
  const dtype = data instanceof Float32Array ? "float32" : "float64";
  const within = machine.kernel("within", dtype);
  const tile = TILE_BYTES / BYTES[dtype];
  for (let start = 0; start < n; start += tile) {
    const count = Math.min(tile, n - start);
    let i = within(machine.window.place(A, dtype, data, start, count), count, low, high);
    if (i >= count) continue;
    for (i += start; (data[i] as number) >= low && (data[i] as number) <= high; i++); // which lane it is
    return i;
  }
  return -1;
}
