// Losses and operations of rows of vectors on WebAssembly: rows in batches, and rows that do not fit in pieces.

import { view } from "../../call/operand.js";
import { APPLY, BEGIN, COUNT, FINISH, type Machine, REDUCE, REDUCED } from "./machine.js";
import { BYTES, type CdistCall, DISTANCE, type Dtype, type VectorsCall } from "../seam.js";
import { A, address, B, C, GRAD_A, GRAD_B, GRAD_C, GRAD_OUTPUT, ROW_BYTES, SINK, TILE_BYTES, VALUES, WEIGHT } from "./window.js";

// no string is made in a small call
const NAMES: Record<string, string> = { "2": "triplet2", "1": "triplet1", Inf: "tripletInf", "0": "triplet0", P: "tripletP" };

export function distances(machine: Machine, call: VectorsCall): number {
  const { p } = call;
  const [suffix, dtype] = norm(p, call.dtype);
  const kernel = machine.kernel(NAMES[suffix] as string, dtype);
  const { c, gradOutput, values, gradA, gradB, gradC } = call;
  const apply = gradA !== null || gradB !== null || gradC !== null;
  return vectors(machine, call, dtype, apply ? APPLY | (p === Number.POSITIVE_INFINITY ? COUNT : 0) : 0, (phases, rows, dims, bytes, at) =>
    kernel(
      phases,
      call.kind,
      at.a,
      at.b,
      c ? at.c : 0,
      rows,
      dims,
      p,
      call.eps,
      call.margin,
      call.swap ? 1 : 0,
      gradOutput ? address(GRAD_OUTPUT) : 0,
      call.scale,
      values ? at.values : 0,
      at.gradA,
      at.gradB,
      at.gradC,
      gradA ? bytes : 0,
      gradB ? bytes : 0,
      gradC ? bytes : 0,
    ),
  );
}

export function cosine(machine: Machine, call: VectorsCall): number {
  const { dtype, sign, gradOutput, values, gradA, gradB } = call;
  const kernel = machine.kernel("cosine", dtype);
  return vectors(machine, call, dtype, gradA !== null || gradB !== null ? APPLY : 0, (phases, rows, dims, bytes, at) =>
    kernel(
      phases,
      at.a,
      at.b,
      rows,
      dims,
      sign ? address(WEIGHT) : 0,
      call.margin,
      call.eps,
      gradOutput ? address(GRAD_OUTPUT) : 0,
      call.scale,
      values ? at.values : 0,
      at.gradA,
      at.gradB,
      gradA ? bytes : 0,
      gradB ? bytes : 0,
    ),
  );
}

/** Where a kernel finds the rows of a call, and where it writes: in the slots, or where `alloc` put them. */
class Places {
  a: number = address(A);
  b: number = address(B);
  c: number = address(C);
  values: number = address(VALUES);
  gradA: number = address(SINK);
  gradB: number = address(SINK);
  gradC: number = address(SINK);
}

/** Whole rows in batches; rows that do not fit one at a time, in pieces, a pass of pieces for each phase that looks at the operands. */
function vectors(
  machine: Machine,
  call: VectorsCall,
  dtype: Dtype,
  gradient: number,
  kernel: (phases: number, rows: number, dims: number, bytes: number, at: Places) => number,
): number {
  const { rows, dims } = call;
  const size = BYTES[dtype];
  const bytes = dims * size;
  const places = new Places();
  let sum = 0;
  if (bytes <= ROW_BYTES) {
    const batch = Math.max(1, Math.min(rows, Math.floor(TILE_BYTES / Math.max(bytes, size))));
    for (let row = 0; row < rows; row += batch) {
      const count = Math.min(batch, rows - row);
      putFactors(machine, call, row, count);
      putVectors(machine, call, places, dtype, row * dims, count * dims);
      if (call.values) places.values = machine.window.target(VALUES, dtype, call.values, row);
      sum += kernel(REDUCED | gradient, count, dims, bytes, places);
      if (call.values) machine.window.get(VALUES, dtype, call.values, row, count);
      if (gradient) getVectors(machine, call, dtype, row * dims, count * dims);
    }
    return sum;
  }
  const piece = TILE_BYTES / size;
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * dims;
    putFactors(machine, call, row, 1);
    const pass = (phases: number): void => {
      for (let at = row * dims, first = BEGIN; at < end; at += piece, first = 0) {
        const count = Math.min(piece, end - at);
        putVectors(machine, call, places, dtype, at, count);
        kernel(phases === REDUCE ? phases | first : phases, 1, count, 0, places);
        if (phases === APPLY) getVectors(machine, call, dtype, at, count);
      }
    };
    pass(REDUCE);
    if (call.values) places.values = machine.window.target(VALUES, dtype, call.values, row);
    sum += kernel(FINISH, 1, 0, 0, places);
    if (call.values) machine.window.get(VALUES, dtype, call.values, row, 1);
    if (gradient & COUNT) pass(COUNT);
    if (gradient) pass(APPLY);
  }
  return sum;
}

function putFactors(machine: Machine, call: VectorsCall, row: number, count: number): void {
  if (call.sign) machine.window.putFactors(WEIGHT, call.sign, row, count);
  if (call.gradOutput) machine.window.putFactors(GRAD_OUTPUT, call.gradOutput, row, count);
}

function putVectors({ window }: Machine, call: VectorsCall, places: Places, dtype: Dtype, start: number, count: number): void {
  places.a = window.place(A, dtype, call.a, start, count);
  places.b = window.place(B, dtype, call.b, start, count);
  if (call.c) places.c = window.place(C, dtype, call.c, start, count);
  if (call.gradA) places.gradA = window.target(GRAD_A, dtype, call.gradA, start);
  if (call.gradB) places.gradB = window.target(GRAD_B, dtype, call.gradB, start);
  if (call.gradC) places.gradC = window.target(GRAD_C, dtype, call.gradC, start);
}

function getVectors(machine: Machine, call: VectorsCall, dtype: Dtype, start: number, count: number): void {
  if (call.gradA) machine.window.get(GRAD_A, dtype, call.gradA, start, count);
  if (call.gradB) machine.window.get(GRAD_B, dtype, call.gradB, start, count);
  if (call.gradC) machine.window.get(GRAD_C, dtype, call.gradC, start, count);
}

/** The kernel of a norm, and the dtype it works in: norms that need a power exist in double precision only, and staging converts. */
function norm(p: number, dtype: Dtype): [suffix: string, dtype: Dtype] {
  if (p === 2 || p === 1) return [String(p), dtype];
  if (p === Number.POSITIVE_INFINITY) return ["Inf", dtype];
  return [p === 0 ? "0" : "P", "float64"];
}

/** Vectors on each side of a block that the kernel is called with: enough to use each of them often, few enough to stay in the cache. */
const SIDE = 128;

export function cdist(machine: Machine, call: CdistCall): void {
  const { a, b, startA, startB, rows, cols, dims, p, into, at } = call;
  const [suffix, dtype] = norm(p, call.dtype);
  const { window } = machine;
  const size = BYTES[dtype];
  if (dims * size > ROW_BYTES) {
    longPairs(machine, call);
    return;
  }
  const kernel = machine.kernel(`cdist${suffix}`, dtype);
  const side = Math.max(1, Math.min(SIDE, Math.floor((4 * TILE_BYTES) / Math.max(size, dims * size))));
  // whole rows of results, so that they are copied out at once; where a row does not fit, strips of it
  const strip = Math.min(cols, ROW_BYTES / size);
  const tall = Math.max(1, Math.min(side, Math.floor(ROW_BYTES / (size * strip))));
  for (let from = 0; from < cols; from += strip) {
    const step = Math.min(strip, cols - from);
    for (let i = 0; i < rows; i += tall) {
      const height = Math.min(tall, rows - i);
      const x = window.place(A, dtype, a, startA + i * dims, height * dims);
      for (let j = 0; j < step; j += side) {
        const width = Math.min(side, step - j);
        const y = window.place(B, dtype, b, startB + (from + j) * dims, width * dims);
        kernel(x, y, height, width, dims, p, address(VALUES) + j * size, step);
      }
      // a strip is one row tall
      window.get(VALUES, dtype, into, at + i * cols + from, height * step);
    }
  }
}

/** Vectors that do not fit: pair by pair through the streaming distance. */
function longPairs(machine: Machine, call: CdistCall): void {
  const { rows, cols, dims } = call;
  const values = call.dtype === "float32" ? new Float32Array(1) : new Float64Array(1);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      distances(machine, {
        dtype: call.dtype,
        rows: 1,
        dims,
        a: view(call.a, call.startA + i * dims, dims),
        b: view(call.b, call.startB + j * dims, dims),
        c: null,
        kind: DISTANCE,
        p: call.p,
        eps: 0,
        margin: 0,
        swap: false,
        sign: null,
        scale: 1,
        gradOutput: null,
        values,
        gradA: null,
        gradB: null,
        gradC: null,
      });
      call.into[call.at + i * cols + j] = values[0] as number;
    }
  }
}
