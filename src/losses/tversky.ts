import { overlap } from "../backend/js/overlap.js";
import { boolean, differentiable, labels, nonNegative, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { overlapOf } from "../families/overlap.js";
import type { Loss } from "../types.js";

export interface TverskyOptions {
  /** Weight of what is predicted but not there. */
  alpha?: number | undefined;
  /** Weight of what is there but not predicted. */
  beta?: number | undefined;
  /** Added above and below: without it an empty group is 0 / 0. */
  smooth?: number | undefined;
  /** Whether input holds logits, whose sigmoid is the probability. */
  fromLogits?: boolean | undefined;
}

/**
 * Tversky: diceLoss with weights of its own, 1 − (TP + s) / (TP + alpha FP + beta FN + s) of each (n, c). PyTorch has none.
 *
 * Shapes: input and target alike, (N, C, d1 …), target also integers or booleans; the losses are (N, C). Options: `alpha` = 0.5, `beta` = 0.5, `smooth` = 1 (s; all ≥ 0),
 * `fromLogits` = false (p = σ(input)), `reduction` = "mean" (over N·C). alpha = beta = 1 is the Jaccard loss.
 * Gradient: that of the formula, smooth where the denominator is not 0.
 * Throws RangeError where the shapes differ or have less than two axes, or an option is negative.
 * Source: Salehi, Erdogmus, Gholipour, Tversky loss function for image segmentation, MLMI 2017.
 * @example
 * tverskyLoss(tensor([0.9, 0.8, 0.1, 0.2], [1, 1, 4]), tensor([1, 1, 0, 0], [1, 1, 4]), { alpha: 0.3, beta: 0.7 }); // 0.1
 */
export const tverskyLoss: LossSpec<Loss<[input: 1, target: "labels"], TverskyOptions, "input", "input">> = {
  name: "tverskyLoss",
  module: "overlap",
  arguments: [differentiable("input"), labels("target")],
  options: [nonNegative("alpha", 0.5), nonNegative("beta", 0.5), nonNegative("smooth", 1), boolean("fromLogits", false)],
  reductions: REDUCTIONS,
  javascript: { overlap },
  run: (frame, backend) => {
    const [alpha, beta, smooth, fromLogits] = frame.options as [number, number, number, boolean];
    return overlapOf(frame, backend, alpha, beta, smooth, fromLogits);
  },
};
