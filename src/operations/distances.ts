import { cosine, distances } from "../backend/js/vectors.js";
import { DISTANCE } from "../backend/seam.js";
import { rangeError, shapeText } from "../call/errors.js";
import { broadcastVectors, compute, rowsOf } from "../families/vectors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { type LossSpec, nonNegative, number } from "../call/spec.js";
import type { Operation2 } from "../types.js";

export interface PairwiseDistanceOptions {
  /** The norm: any number >= 0, or Infinity. */
  p?: number | undefined;
  /** Added to every component of a difference. */
  eps?: number | undefined;
}
export interface CosineSimilarityOptions {
  /** The axis of the vectors' dimensions; negative counts from the end. */
  dim?: number | undefined;
  /** Least value of a norm in the denominator. */
  eps?: number | undefined;
}

/**
 * ‖x1 − x2 + eps‖_p over the last axis. PyTorch: `F.pairwise_distance`.
 *
 * Shapes: (D) or (…, D), which broadcast; result (…), flat, length 1 for (D). Options: `p` = 2 (0 … Infinity), `eps` = 1e-6, added to every component.
 * Throws RangeError where the shapes do not broadcast or p is negative.
 */
export const pairwiseDistance: LossSpec<Operation2<PairwiseDistanceOptions>> = {
  name: "pairwiseDistance",
  arguments: [{ name: "input1" }, { name: "input2" }],
  options: [nonNegative("p", 2), number("eps", 1e-6)],
  reductions: [],
  javascript: { distances },
  run: (frame, backend) => {
    const [p, eps] = frame.options as [number, number];
    const shape = broadcastVectors(frame, 2, false);
    if (shape.length === 0) throw rangeError(frame.loss, '"input1"', "at least one axis, of dimensions", "a 0-D tensor");
    const { rows, dims } = rowsOf(shape);
    return perRow(frame, rows, () => compute(frame, backend, rows, dims, 2, { run: "distances", kind: DISTANCE, p, eps }));
  },
};

/**
 * x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)) along an axis. PyTorch: `F.cosine_similarity`.
 *
 * Shapes broadcast; result without that axis, flat, length 1 where none is left. Options: `dim` = 1, `eps` = 1e-8.
 * Throws RangeError where the shapes do not broadcast or there is no such axis.
 */
export const cosineSimilarity: LossSpec<Operation2<CosineSimilarityOptions>> = {
  name: "cosineSimilarity",
  arguments: [{ name: "input1" }, { name: "input2" }],
  options: [number("dim", 1, "an integer", Number.isInteger), nonNegative("eps", 1e-8)],
  reductions: [],
  javascript: { cosine },
  run: (frame, backend) => {
    const [dim, eps] = frame.options as [number, number];
    const [a, b] = frame.operands as [Operand, Operand];
    const shape = broadcastVectors(frame, 2, false);
    const rank = Math.max(shape.length, 1);
    if (dim < -rank || dim >= rank) throw rangeError(frame.loss, 'option "dim"', `an axis in [${-rank}, ${rank}) for shape ${shapeText(shape)}`, String(dim));
    const axis = dim < 0 ? dim + rank : dim;
    const dims = shape.length === 0 ? 1 : (shape[axis] as number);
    let inner = 1;
    let rows = 1;
    for (let i = 0; i < shape.length; i++) {
      if (i > axis) inner *= shape[i] as number;
      if (i !== axis) rows *= shape[i] as number;
    }
    if (inner > 1) for (const operand of [a, b]) lastAxis(operand, rows * dims, dims, inner);
    return perRow(frame, rows, () => compute(frame, backend, rows, dims, 2, { run: "cosine", eps }));
  },
};

/** Runs a family as an operation: one value per row. */
function perRow<T>(frame: Frame, rows: number, run: () => T): T {
  frame.reduction = "none";
  frame.prepareOutputs(rows);
  return run();
}

/** Replaces the elements by a copy in which the compared axis is the last. */
function lastAxis(operand: Operand, size: number, dims: number, inner: number): void {
  const from = operand.data;
  const to = from instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  let at = 0;
  for (let base = 0; base < size; base += dims * inner) {
    for (let i = 0; i < inner; i++) for (let d = 0; d < dims; d++) to[at++] = from[base + d * inner + i] as number;
  }
  operand.data = to;
}
