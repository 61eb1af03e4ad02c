import { overlap } from "../backend/js/overlap.js";
import { boolean, differentiable, labels, nonNegative, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { overlapOf } from "../families/overlap.js";
import type { Loss } from "../types.js";

export interface DiceOptions {
  /** Added above and below: without it an empty group is 0 / 0. */
  smooth?: number | undefined;
  /** Whether input holds logits, whose sigmoid is the probability. */
  fromLogits?: boolean | undefined;
}

/**
 * Dice: 1 − (TP + s) / (TP + ½ FP + ½ FN + s) of each (n, c), TP = Σ p t, FP = Σ p (1 − t), FN = Σ (1 − p) t over the other axes. PyTorch has none.
 *
 * Shapes: input and target alike, (N, C, d1 …), target also integers or booleans; the losses are (N, C), for (N, C) alone of one element each. Options: `smooth` = 1 (s, ≥ 0),
 * `fromLogits` = false (p = σ(input)), `reduction` = "mean" (over N·C).
 * Gradient: that of the formula, smooth where the denominator is not 0.
 * Throws RangeError where the shapes differ or have less than two axes, or smooth is negative.
 * Source: Milletari, Navab, Ahmadi, V-Net, 3DV 2016.
 * @example
 * diceLoss(tensor([0.9, 0.8, 0.1, 0.2], [1, 1, 4]), tensor([1, 1, 0, 0], [1, 1, 4])); // 0.1
 */
export const diceLoss: LossSpec<Loss<[input: 1, target: "labels"], DiceOptions, "input", "input">> = {
  name: "diceLoss",
  module: "overlap",
  arguments: [differentiable("input"), labels("target")],
  options: [nonNegative("smooth", 1), boolean("fromLogits", false)],
  reductions: REDUCTIONS,
  javascript: { overlap },
  run: (frame, backend) => overlapOf(frame, backend, 0.5, 0.5, frame.options[0] as number, frame.options[1] as boolean),
};
