// Losses and operations of rows of vectors on WebAssembly.

import { BYTES, type Dtype, make, view } from "../../array/typed.js";
import { CdistBlock, VectorsBlock } from "../../generated/layouts.js";
import { APPLY, COUNT, DISTANCE } from "../protocol.js";
import type { Backend, CdistCall, VectorsCall } from "../seam.js";
import type { Machine } from "./machine.js";
import type { Kernel } from "./stream.js";
import { A, B, C, GRAD_A, GRAD_B, GRAD_C, GRAD_OUTPUT, ROW_BYTES, SINK, TILE_BYTES, VALUES, WEIGHT } from "./window.js";

const { i32: I, f64: F } = VectorsBlock;
const { i32: PairsI, f64: PairsF } = CdistBlock;

export function rows(machine: Machine): Pick<Backend, "distances" | "cosine" | "contrastive" | "cdist"> {
  const distances = (call: VectorsCall): number => {
    const [norm, dtype] = normOf(call.p, call.dtype);
    return run(machine, machine.kernel(TRIPLET[norm], dtype), dtype, call, call.p === Number.POSITIVE_INFINITY ? APPLY | COUNT : APPLY);
  };
  return {
    distances,
    cosine: (call) => run(machine, machine.kernel("cosine", call.dtype), call.dtype, call, APPLY),
    contrastive: (call) => run(machine, machine.kernel("contrastive", call.dtype), call.dtype, call, APPLY),
    cdist: (call) => (call.dims * BYTES[call.dtype] > ROW_BYTES ? longPairs(distances, call) : cdist(machine, call)),
  };
}

/** By the names of the norms in assembly/core/vectors.ts; no string is made in a small call. */
const TRIPLET = {
  Euclidean: "tripletEuclidean",
  Manhattan: "tripletManhattan",
  Chebyshev: "tripletChebyshev",
  Minkowski: "tripletMinkowski",
  Hamming: "tripletHamming",
} as const;

/** The norm of an exponent, and the dtype it is computed in: those that need a power exist in double precision only, and the stream converts. */
function normOf(p: number, dtype: Dtype): readonly [norm: keyof typeof TRIPLET, dtype: Dtype] {
  if (p === 2) return ["Euclidean", dtype];
  if (p === 1) return ["Manhattan", dtype];
  if (p === Number.POSITIVE_INFINITY) return ["Chebyshev", dtype];
  return [p === 0 ? "Hamming" : "Minkowski", "float64"];
}

function run(machine: Machine, kernel: Kernel, dtype: Dtype, call: VectorsCall, gradient: number): number {
  const { dims } = call;
  const { stream, window } = machine;
  const { i32, f64, b4, b8 } = window;
  stream.begin(dtype, dims);
  const a = stream.input(A, call.a);
  const b = stream.input(B, call.b);
  const c = call.c && stream.input(C, call.c);
  const y = call.sign && stream.factors(WEIGHT, call.sign);
  const g = call.gradOutput && stream.factors(GRAD_OUTPUT, call.gradOutput);
  const values = call.values && stream.values(VALUES, call.values);
  const gradA = call.gradA && stream.output(GRAD_A, call.gradA);
  const gradB = call.gradB && stream.output(GRAD_B, call.gradB);
  const gradC = call.gradC && stream.output(GRAD_C, call.gradC);
  const sink = window.address(SINK);
  const bytes = dims * BYTES[dtype];
  i32[b4 + I.kind] = call.kind;
  i32[b4 + I.swap] = call.swap ? 1 : 0;
  f64[b8 + F.p] = call.p;
  f64[b8 + F.eps] = call.eps;
  f64[b8 + F.margin] = call.margin;
  f64[b8 + F.scale] = call.scale;
  i32[b4 + I.y] = y ? y.address : 0;
  i32[b4 + I.g] = g ? g.address : 0;
  // what nobody wants is written all the same, every row to the same place
  i32[b4 + I.stepA] = gradA ? bytes : 0;
  i32[b4 + I.stepB] = gradB ? bytes : 0;
  i32[b4 + I.stepC] = gradC ? bytes : 0;
  stream.start(call.rows, gradA || gradB || gradC ? gradient : 0);
  while (stream.next()) {
    i32[b4 + I.phases] = stream.phases;
    i32[b4 + I.rows] = stream.rows;
    i32[b4 + I.n] = stream.count;
    i32[b4 + I.a] = a.at;
    i32[b4 + I.b] = b.at;
    i32[b4 + I.c] = c ? c.at : b.at;
    i32[b4 + I.value] = values ? values.at : 0;
    i32[b4 + I.ga] = gradA ? gradA.at : sink;
    i32[b4 + I.gb] = gradB ? gradB.at : sink;
    i32[b4 + I.gc] = gradC ? gradC.at : sink;
    stream.sum += kernel(window.block);
  }
  return stream.sum;
}

/** Vectors on each side of a block that the kernel is called with: enough to use each of them often, few enough to stay in the cache. */
const SIDE = 128;

function sideOf(bytes: number): number {
  return Math.max(1, Math.min(SIDE, Math.floor((4 * TILE_BYTES) / Math.max(1, bytes))));
}

/** Rows of a that the kernel is called with at once. */
export function tallOf({ p, dtype, dims, cols }: CdistCall): number {
  const size = BYTES[normOf(p, dtype)[1]];
  return Math.max(1, Math.min(sideOf(dims * size), Math.floor(ROW_BYTES / (size * Math.min(cols, ROW_BYTES / size)))));
}

function cdist(machine: Machine, call: CdistCall): void {
  const { a, b, startA, startB, rows, cols, dims, p, into, at } = call;
  const [norm, dtype] = normOf(p, call.dtype);
  const kernel = machine.kernel(`cdist${norm}`, dtype);
  const { stream, window } = machine;
  const { i32, f64, b4, b8 } = window;
  const size = BYTES[dtype];
  const side = sideOf(dims * size);
  // whole rows of results, so that they are copied out at once; where a row does not fit, strips of it
  const strip = Math.min(cols, ROW_BYTES / size);
  const tall = tallOf(call);
  stream.begin(dtype, dims);
  const x = stream.input(A, a);
  const y = stream.input(B, b);
  const out = stream.output(VALUES, into);
  i32[b4 + PairsI.n] = dims;
  f64[b8 + PairsF.p] = p;
  for (let from = 0; from < cols; from += strip) {
    const step = Math.min(strip, cols - from);
    i32[b4 + PairsI.step] = step;
    for (let i = 0; i < rows; i += tall) {
      const height = Math.min(tall, rows - i);
      x.stage(window, startA + i * dims, height * dims);
      // a strip is one row tall, so that rows of results follow each other
      const to = at + i * cols + from;
      out.stage(window, to, height * step);
      for (let j = 0; j < step; j += side) {
        const width = Math.min(side, step - j);
        y.stage(window, startB + (from + j) * dims, width * dims);
        i32[b4 + PairsI.a] = x.at;
        i32[b4 + PairsI.b] = y.at;
        i32[b4 + PairsI.rows] = height;
        i32[b4 + PairsI.cols] = width;
        i32[b4 + PairsI.out] = out.at + j * size;
        kernel(window.block);
      }
      out.collect(window, to, height * step);
    }
  }
}

/** Vectors that do not fit: pair by pair through the streaming distance. */
function longPairs(distances: Backend["distances"], call: CdistCall): void {
  const { rows, cols, dims } = call;
  const values = make(call.dtype, 1);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const pair: VectorsCall = {
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
      };
      distances(pair);
      let distance = values[0] as number;
      // p = 0 counts NaN as any other difference, but not here (assembly/losses/vectors/cdist.ts)
      if (call.p === 0 && Number.isNaN(distances({ ...pair, p: 1 }))) distance = Number.NaN;
      call.into[call.at + i * cols + j] = distance;
    }
  }
}
