import { along } from "../array/shape.js";
import { make } from "../array/typed.js";
import { cosine } from "../backend/js/vectors.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Operand } from "../call/operand.js";
import { nonNegative, number } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { broadcastVectors, computeEach } from "../families/vectors.js";
import type { Operation2 } from "../types.js";

export interface CosineSimilarityOptions {
  /** The axis of the vectors' dimensions; negative counts from the end. */
  dim?: number | undefined;
  /** Least value of a norm in the denominator. */
  eps?: number | undefined;
}

/**
 * x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)) along an axis. PyTorch: `F.cosine_similarity`.
 *
 * Shapes broadcast; result without that axis, flat, length 1 where none is left. Options: `dim` = 1 (of two vectors, 1-D, the only axis), `eps` = 1e-8.
 * Throws RangeError where the shapes do not broadcast or there is no such axis.
 * @example
 * cosineSimilarity([3, 4], [4, 3]); // [0.96]
 * cosineSimilarity(tensor([1, 0, 1, 1], [2, 2]), tensor([1, 1, 1, 0], [2, 2])); // [0.70711, 0.70711]
 */
export const cosineSimilarity: LossSpec<Operation2<CosineSimilarityOptions>> = {
  name: "cosineSimilarity",
  module: "vectors",
  arguments: [{ name: "input1" }, { name: "input2" }],
  options: [number("dim", 1, "an integer", Number.isInteger), nonNegative("eps", 1e-8)],
  reductions: [],
  javascript: { cosine },
  run: (frame, backend) => {
    const [dim, eps] = frame.options as [number, number];
    const [a, b] = frame.operands as [Operand, Operand];
    const shape = broadcastVectors(frame, 2, false);
    const rank = Math.max(shape.length, 1);
    const last = shape.length === 1 && dim === 1; // the default, where there is one axis only
    if (!last && (dim < -rank || dim >= rank))
      throw rangeError(frame.loss, 'option "dim"', `an axis in [${-rank}, ${rank}) for shape ${shapeText(shape)}`, String(dim));
    const axis = last ? 0 : dim < 0 ? dim + rank : dim;
    const { outer, classes: dims, inner } = along(shape.length === 0 ? [1] : shape, axis);
    const rows = outer * inner;
    if (inner > 1) for (const operand of [a, b]) lastAxis(operand, rows * dims, dims, inner);
    return computeEach(frame, backend, rows, dims, { run: "cosine", eps });
  },
};

/** Replaces the elements by a copy in which the compared axis is the last. */
function lastAxis(operand: Operand, size: number, dims: number, inner: number): void {
  const from = operand.data;
  const to = make(from instanceof Float32Array ? "float32" : "float64", size);
  let at = 0;
  for (let base = 0; base < size; base += dims * inner) {
    for (let i = 0; i < inner; i++) for (let d = 0; d < dims; d++) to[at++] = from[base + d * inner + i] as number;
  }
  operand.data = to;
}
