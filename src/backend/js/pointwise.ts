// The JavaScript backend (this folder): the fallback, and the reference that the kernels are compared with. Everything is computed in double
// precision and rounded once, when it is written. Each loss names the part it needs (`javascript` in its spec), so that a bundle holds no other.

import { type FloatArray, overlap, view } from "../../array/typed.js";
import type { Backend, PointwiseCall, RangeCall, Source } from "../seam.js";

/**
 * The loop of an op: returns the sum of the values, writes values and gradients. An output that nobody wants is an empty array, of which a store
 * beyond the end is nothing: cheaper than to ask at every position.
 */
export type PointwiseLoop = (
  a: FloatArray,
  b: FloatArray,
  c: FloatArray,
  n: number,
  p: number,
  q: number,
  scale: number,
  values: FloatArray,
  gradA: FloatArray,
  gradB: FloatArray,
  gradC: FloatArray,
) => number;

/**
 * The same for the usual call: float32, no values, the gradient of a and, if the op has a `second`, that one, too. Without a branch and without a store
 * that goes nowhere: either keeps V8 from moving loads of addresses and lengths out of the loop, and branches on data are mispredicted. So Math.min and
 * Math.max, which V8 compiles to jumps, are written with Math.abs. What is infinite or far apart may come out wrong: the sum has to be NaN then, and
 * `loop` is asked.
 */
export type PointwiseFused = (
  a: FloatArray,
  b: FloatArray,
  c: FloatArray,
  n: number,
  p: number,
  q: number,
  scale: number,
  gradA: FloatArray,
  second: FloatArray,
) => number;

/** An op in JavaScript. */
export interface PointwiseOp {
  readonly loop: PointwiseLoop;
  readonly fused?: PointwiseFused;
  /** The value alone in the manner of `fused`, where what that does for gradients is much of its time. */
  readonly sum?: (a: FloatArray, b: FloatArray, c: FloatArray, n: number, p: number, q: number) => number;
  /** Which gradient `fused` writes beside that of a. */
  readonly second?: "gradB" | "gradC";
}

/** How far from the bend, in units of where it is, float32's digits are sure to be there: differences are taken in doubles, which have 29 more. */
export const FAR: number = 2 ** 29;

/** Positions that are worked on at a time where a loss has weights or repeated operands. */
const TILE = 4096;

/** Outputs that nobody wants. */
const NOTHING = { float32: new Float32Array(0), float64: new Float64Array(0) };

/** The part of the backend that computes these ops. */
export function pointwiseOf(ops: Readonly<Record<string, PointwiseOp>>): Pick<Backend, "pointwise" | "outside"> {
  return { pointwise: (call) => pointwise(ops[call.op] as PointwiseOp, call), outside };
}

function pointwise(op: PointwiseOp, call: PointwiseCall): number {
  const { loop } = op;
  const { a, b, c, n, p, q, scale, gradA } = call;
  if (call.weight || call.gradOutput || a.broadcast || b.broadcast || c?.broadcast) return tiled(loop, call);
  const third = c ? c.data : a.data;
  if (op.fused && call.dtype === "float32" && !call.values) {
    const sum = usual(op, op.fused, call, third);
    if (!Number.isNaN(sum)) return sum;
  }
  const none = NOTHING[call.dtype];
  return loop(a.data, b.data, third, n, p, q, scale, call.values ?? none, gradA ?? none, call.gradB ?? none, call.gradC ?? none);
}

/** Gradients that nobody wants, of a tile. */
let spare: Float32Array | undefined;

/** The usual call, or NaN. */
function usual({ second, sum: alone }: PointwiseOp, fused: PointwiseFused, call: PointwiseCall, third: FloatArray): number {
  const { n, p, q, scale, gradA, gradB, gradC } = call;
  const [a, b] = [call.a.data, call.b.data];
  const other = second && call[second];
  const others = Number(gradB !== null) + Number(gradC !== null);
  if (others !== Number(!!(gradA && second)) || (others && !other)) return Number.NaN;
  if (!gradA && alone) return alone(a, b, third, n, p, q);
  if (gradA) {
    // a gradient that replaces its own operand cannot be computed again
    for (const data of [a, b, third]) if (overlap(gradA, data) || (other && overlap(other, data))) return Number.NaN;
    return fused(a, b, third, n, p, q, scale, gradA, other ?? gradA);
  }
  spare ??= new Float32Array(TILE);
  let sum = 0;
  for (let start = 0; start < n; start += TILE) {
    const count = Math.min(TILE, n - start);
    sum += fused(view(a, start, count), view(b, start, count), view(third, start, count), count, p, q, scale, spare, spare);
  }
  return sum;
}

/** Tile by tile: the op on doubles, then the factors of each position. */
function tiled(loop: PointwiseLoop, call: PointwiseCall): number {
  const scratch = (): Float64Array => new Float64Array(Math.min(TILE, call.n));
  const [a, b, c, w, g] = [scratch(), scratch(), scratch(), scratch(), scratch()];
  const [values, gradA, gradB, gradC] = [scratch(), scratch(), scratch(), scratch()];
  let sum = 0;
  for (let start = 0; start < call.n; start += TILE) {
    const count = Math.min(TILE, call.n - start);
    fill(call.a, start, count, a);
    fill(call.b, start, count, b);
    if (call.c) fill(call.c, start, count, c);
    if (call.weight) fill(call.weight, start, count, w);
    else w.fill(1);
    if (call.gradOutput) fill(call.gradOutput, start, count, g);
    else g.fill(1);
    loop(a, b, c, count, call.p, call.q, call.scale, values, gradA, gradB, gradC);
    for (let i = 0; i < count; i++) {
      const weight = w[i] as number;
      const value = (values[i] as number) * weight;
      sum += value;
      if (call.values) call.values[start + i] = value;
      if (call.gradA) call.gradA[start + i] = (gradA[i] as number) * weight * (g[i] as number);
      if (call.gradB) call.gradB[start + i] = (gradB[i] as number) * weight * (g[i] as number);
      if (call.gradC) call.gradC[start + i] = (gradC[i] as number) * weight * (g[i] as number);
    }
  }
  return sum;
}

function fill(source: Source, start: number, count: number, into: Float64Array): void {
  if (source.broadcast) source.broadcast.fill(source.data, start, count, into, 0);
  else for (let i = 0; i < count; i++) into[i] = source.data[start + i] as number;
}

function outside({ data, n, low, high }: RangeCall): number {
  for (let i = 0; i < n; i++) {
    const value = data[i] as number;
    if (!(value >= low && value <= high)) return i;
  }
  return -1;
}
