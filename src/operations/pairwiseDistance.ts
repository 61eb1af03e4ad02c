import { rowsOf } from "../array/shape.js";
import { distances } from "../backend/js/vectors.js";
import { DISTANCE } from "../backend/protocol.js";
import { rangeError } from "../call/errors.js";
import { nonNegative, number } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { broadcastVectors, computeEach } from "../families/vectors.js";
import type { Operation2 } from "../types.js";

export interface PairwiseDistanceOptions {
  /** The norm: any number >= 0, or Infinity. */
  p?: number | undefined;
  /** Added to every component of a difference. */
  eps?: number | undefined;
}

/**
 * ‖x1 − x2 + eps‖_p over the last axis. PyTorch: `F.pairwise_distance`.
 *
 * Shapes: (D) or (…, D), which broadcast; result (…), flat, length 1 for (D). Options: `p` = 2 (0 … Infinity), `eps` = 1e-6, added to every component.
 * Throws RangeError where the shapes do not broadcast or p is negative.
 * @example
 * pairwiseDistance(tensor([0, 0, 1, 1], [2, 2]), tensor([3, 4, 1, 1], [2, 2]), { eps: 0 }); // [5, 0]
 */
export const pairwiseDistance: LossSpec<Operation2<PairwiseDistanceOptions>> = {
  name: "pairwiseDistance",
  module: "vectors",
  arguments: [{ name: "input1" }, { name: "input2" }],
  options: [nonNegative("p", 2), number("eps", 1e-6)],
  reductions: [],
  javascript: { distances },
  run: (frame, backend) => {
    const [p, eps] = frame.options as [number, number];
    const shape = broadcastVectors(frame, 2, false);
    if (shape.length === 0) throw rangeError(frame.loss, '"input1"', "at least one axis, of dimensions", "a 0-D tensor");
    const { rows, dims } = rowsOf(shape);
    return computeEach(frame, backend, rows, dims, { run: "distances", kind: DISTANCE, p, eps });
  },
};
