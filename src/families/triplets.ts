// What the losses of triplets share, and triplets whose pairs differ in dimensions.

import { Broadcast } from "../array/broadcast.js";
import { product, rowsOf } from "../array/shape.js";
import { type FloatArray, make } from "../array/typed.js";
import { DISTANCE } from "../backend/protocol.js";
import type { Backend } from "../backend/seam.js";
import { rangeError } from "../call/errors.js";
import { broadcastShapes } from "../call/fit.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { type Argument, differentiable } from "../call/signature.js";
import { broadcastVectors, compute, type VectorsOptions } from "./vectors.js";

export const TRIPLET: readonly Argument[] = [differentiable("anchor"), differentiable("positive"), differentiable("negative")];
export type TripletNames = "anchor" | "positive" | "negative";

/** A loss of anchors, positives and negatives, the operands of the frame. */
export function triplet(frame: Frame, backend: () => Backend, options: VectorsOptions): number | FloatArray {
  const anchor = frame.operands[0] as Operand;
  if (anchor.shape.length === 0) throw rangeError(frame.loss, anchor.place, "at least one axis, of dimensions", "a 0-D tensor");
  if (singles(frame) === 2) return pairByPair(frame, backend, options);
  const { rows, dims } = rowsOf(broadcastVectors(frame, 3, true));
  frame.prepareOutputs(rows);
  return compute(frame, backend, rows, dims, 3, options);
}

/** How many operands have vectors of one number. */
function singles(frame: Frame): number {
  let count = 0;
  for (let i = 0; i < 3; i++) {
    const { shape } = frame.operands[i] as Operand;
    if (shape[shape.length - 1] === 1) count++;
  }
  return count;
}

/** Two operands, expanded to a shape of their own, in which rows are those of the result. */
interface Pair {
  readonly operands: readonly [u: number, v: number];
  readonly shape: readonly number[];
  readonly data: readonly [FloatArray, FloatArray];
  readonly distances: FloatArray;
}

/**
 * Two operands of vectors of one number, the third of more: PyTorch broadcasts each pair by itself, so that the distance of those two is one of numbers.
 * The distances pair by pair; the loss of them, which is that of triplets of numbers at 0, d(a, p) and min(d(a, n), d(p, n)); the distances' gradients.
 */
function pairByPair(frame: Frame, backend: () => Backend, options: VectorsOptions): number | FloatArray {
  const { dtype } = frame;
  const lead = broadcastShapes(frame, 3, true).slice(0, -1);
  const rows = product(lead);
  frame.prepareOutputs(rows);
  const denominator = frame.divisor(rows);
  if (rows === 0) {
    frame.zeroGradients();
    return frame.value(0, denominator);
  }
  const near = pairOf(frame, backend, options, lead, rows, 0, 1);
  const far = pairOf(frame, backend, options, lead, rows, 0, 2);
  const other = options.swap ? pairOf(frame, backend, options, lead, rows, 1, 2) : far;
  const least = far.distances.map((d, row) => Math.min(d, other.distances[row] as number));
  const wanted = frame.outs.some((out) => out !== null);
  const byNear = make(dtype, rows);
  const byLeast = make(dtype, rows);
  const sum = backend().distances({
    ...call(frame, rows, 1, make(dtype, rows), near.distances),
    ...{ c: least, kind: options.kind ?? 0, p: 1, margin: options.margin ?? 0, scale: frame.upstream / denominator, values: frame.outValue },
    ...{ gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null, gradB: wanted ? byNear : null, gradC: wanted ? byLeast : null },
  });
  if (wanted) {
    // half to each on a tie
    const share = far.distances.map((d, row) => (other === far || d < (other.distances[row] as number) ? 1 : d > (other.distances[row] as number) ? 0 : 0.5));
    const sums = frame.operands.slice(0, 3).map((operand) => new Float64Array(operand.size));
    const add = (pair: Pair, slopes: FloatArray): void => addGradients(frame, backend, options, pair, rows, slopes, sums);
    add(near, byNear);
    add(
      far,
      byLeast.map((slope, row) => slope * (share[row] as number)),
    );
    if (other !== far) {
      add(
        other,
        byLeast.map((slope, row) => slope * (1 - (share[row] as number))),
      );
    }
    for (let i = 0; i < 3; i++) frame.outs[i]?.set(sums[i] as Float64Array);
  }
  return frame.value(sum, denominator);
}

/** What distances need at least. */
function call(frame: Frame, rows: number, dims: number, a: FloatArray, b: FloatArray): Parameters<Backend["distances"]>[0] {
  const nothing = { sign: null, gradOutput: null, values: null, gradA: null, gradB: null, gradC: null };
  return { dtype: frame.dtype, rows, dims, a, b, c: null, kind: DISTANCE, p: 2, eps: 0, margin: 0, swap: false, scale: 1, ...nothing };
}

function pairOf(frame: Frame, backend: () => Backend, options: VectorsOptions, lead: readonly number[], rows: number, u: number, v: number): Pair {
  const operands = [frame.operands[u] as Operand, frame.operands[v] as Operand];
  const dims = Math.max(...operands.map(({ shape }) => shape[shape.length - 1] as number));
  const shape = [...lead, dims];
  const [a, b] = operands.map((operand) => new Broadcast(operand.shape, shape).expand(operand.data, rows * dims)) as [FloatArray, FloatArray];
  const distances = make(frame.dtype, rows);
  backend().distances({ ...call(frame, rows, dims, a, b), p: options.p ?? 2, eps: options.eps ?? 0, values: distances });
  return { operands: [u, v], shape, data: [a, b], distances };
}

/** Adds to the sums of both operands the gradient of their distances, times `slopes`. */
function addGradients(
  frame: Frame,
  backend: () => Backend,
  options: VectorsOptions,
  { operands, shape, data, distances }: Pair,
  rows: number,
  slopes: FloatArray,
  sums: readonly Float64Array[],
): void {
  const dims = shape[shape.length - 1] as number;
  const full = [make(frame.dtype, rows * dims), make(frame.dtype, rows * dims)] as const;
  backend().distances({
    ...call(frame, rows, dims, ...data),
    ...{ p: options.p ?? 2, eps: options.eps ?? 0, gradOutput: slopes, values: distances, gradA: full[0], gradB: full[1] },
  });
  operands.forEach((index, side) => {
    const { shape: own, size } = frame.operands[index] as Operand;
    const part = new Float64Array(size);
    new Broadcast(own, shape).reduce(full[side] as FloatArray, part, size);
    const sum = sums[index] as Float64Array;
    for (let i = 0; i < size; i++) sum[i] = (sum[i] as number) + (part[i] as number);
  });
}
