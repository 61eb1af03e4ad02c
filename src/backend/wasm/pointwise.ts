// Losses of single positions on WebAssembly: tile by tile, then the factors of each position.

import type { FloatArray } from "../../array/typed.js";
import type { Backend, PointwiseCall, RangeCall, TakeSums } from "../seam.js";
import type { Machine } from "./machine.js";
import { A, B, C, GRAD_A, GRAD_B, GRAD_C, GRAD_OUTPUT, SINK, VALUES, WEIGHT } from "./window.js";

/** What a module of ops and the kernels of assembly/core/positions.ts computes. */
export function positions(machine: Machine): Pick<Backend, "pointwise" | "outside" | "sums"> {
  return {
    pointwise: (call) => pointwise(machine, call),
    sums: (data, take) => sums(machine, data, take),
    outside: (call) => outside(machine, call),
  };
}

function pointwise(machine: Machine, call: PointwiseCall): number {
  const { dtype, p, q, scale } = call;
  const { stream, window } = machine;
  const kernel = machine.kernel(call.op, dtype);
  stream.begin(dtype, 1);
  const a = stream.source(A, call.a);
  const b = stream.source(B, call.b);
  const c = call.c && stream.source(C, call.c);
  const weight = call.weight && stream.source(WEIGHT, call.weight);
  const gradOutput = call.gradOutput && stream.source(GRAD_OUTPUT, call.gradOutput);
  const values = call.values && stream.output(VALUES, call.values);
  const gradA = call.gradA && stream.output(GRAD_A, call.gradA);
  const gradB = call.gradB && stream.output(GRAD_B, call.gradB);
  const gradC = call.gradC && stream.output(GRAD_C, call.gradC);
  // where one of these is wanted the kernel writes every output, and those that nobody wants where nobody reads
  const each = weight !== null || gradOutput !== null || values !== null || gradB !== null || gradC !== null;
  const sink = window.address(SINK);
  // values that nobody wants, by the gradient: unless a weight multiplies them first, or the gradient's place may be an operand's
  const overwritten = weight === null && !gradA?.own;
  stream.start(call.n, 0);
  while (stream.next()) {
    const count = stream.rows;
    const ga = gradA ? gradA.at : each ? sink : 0;
    const unwanted = overwritten ? ga : window.address(VALUES);
    const v = values ? values.at : each ? unwanted : 0;
    let sum = kernel(a.at, b.at, c ? c.at : 0, count, p, q, scale, v, ga, gradB ? gradB.at : sink, gradC ? gradC.at : sink);
    if (weight || gradOutput) {
      const multiply = machine.kernel("multiply", dtype);
      if (weight) sum = multiply(v, weight.at, count);
      for (const factor of [weight, gradOutput]) {
        if (!factor) continue;
        if (gradA) multiply(gradA.at, factor.at, count);
        if (gradB) multiply(gradB.at, factor.at, count);
        if (gradC) multiply(gradC.at, factor.at, count);
      }
    }
    stream.sum += sum;
  }
  return stream.sum;
}

function outside(machine: Machine, { data, n, low, high }: RangeCall): number {
  const dtype = data instanceof Float32Array ? "float32" : "float64";
  const within = machine.kernel("within", dtype);
  const { stream } = machine;
  stream.begin(dtype, 1);
  const port = stream.input(A, data);
  stream.start(n, 0);
  while (stream.next()) {
    const { row, rows } = stream;
    const i = within(port.at, rows, low, high);
    let found = i < rows ? row + i : -1;
    if (found >= 0) while ((data[found] as number) >= low && (data[found] as number) <= high) found++; // which lane it is
    if (found >= 0 && !stream.split) return found;
    stream.sum = found; // of a batch that others look for
  }
  return -1;
}

function sums(machine: Machine, data: FloatArray, take: TakeSums): void {
  const dtype = data instanceof Float32Array ? "float32" : "float64";
  const { stream, window } = machine;
  const kernel = machine.kernel("twoSums", dtype);
  const heap = window.heap(dtype);
  const out = window.address(SINK);
  stream.begin(dtype, 1);
  const port = stream.input(A, data, true);
  stream.start(data.length, 0);
  while (stream.next()) {
    const { row, rows } = stream;
    const end = port.at / heap.BYTES_PER_ELEMENT + rows;
    heap.fill(0, end, end + 4); // no term beyond the last
    const found = kernel(port.at, rows, out) !== 0;
    take(row, row + rows, found ? [window.f64[out / 8] as number, window.f64[out / 8 + 1] as number] : null);
  }
}
