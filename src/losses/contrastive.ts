import { contrastive } from "../backend/js/vectors.js";
import { differentiable, labels, number, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { compute, fitPairs } from "../families/vectors.js";
import type { Loss } from "../types.js";

export interface ContrastiveOptions {
  /** How far apart dissimilar pairs are pushed. */
  margin?: number | undefined;
  /** Added to each difference, as in tripletMarginLoss. */
  eps?: number | undefined;
}

/**
 * Contrastive: d² for target 1, max(0, margin − d)² for target −1, 0 for any other; d = ‖input1 − input2 + eps‖₂. Without the paper's ½. PyTorch has none.
 *
 * Shapes: inputs (N, D) with target (N), or (D), which a flat array is, with a target () or (1); target may be integers. Options: `margin` = 1, `eps` = 1e-6,
 * `reduction` = "mean" (over all pairs, those of another target included).
 * Gradient: 2 (input1 − input2 + eps) for similar pairs, −2 max(0, margin − d) times the direction for others; that of a distance of 0 is 0.
 * Throws RangeError where the shapes do not fit.
 * Source: Hadsell, Chopra, LeCun, Dimensionality Reduction by Learning an Invariant Mapping, CVPR 2006.
 * @example
 * contrastiveLoss(tensor([0, 0, 0, 0], [2, 2]), tensor([0.6, 0.8, 0.3, 0.4], [2, 2]), [1, -1], { reduction: "none" }); // [1, 0.25]
 */
export const contrastiveLoss: LossSpec<Loss<[input1: 1, input2: 2, target: "labels"], ContrastiveOptions, "input1" | "input2", "input1" | "input2">> = {
  name: "contrastiveLoss",
  module: "vectors",
  arguments: [differentiable("input1"), differentiable("input2"), labels("target")],
  options: [number("margin", 1), number("eps", 1e-6)],
  reductions: REDUCTIONS,
  javascript: { contrastive },
  run: (frame, backend) => {
    const { rows, dims, sign } = fitPairs(frame);
    frame.prepareOutputs(rows);
    const [margin, eps] = frame.options as [number, number];
    return compute(frame, backend, rows, dims, 2, { run: "contrastive", margin, eps, sign });
  },
};
