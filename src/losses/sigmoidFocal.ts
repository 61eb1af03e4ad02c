import type { PointwiseOp } from "../backend/js/pointwise.js";
import { differentiable, labels, nonNegative, number } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss } from "../types.js";

export interface SigmoidFocalOptions {
  /** Weight of the positives, in [0, 1]; the negatives have 1 − alpha. −1: no weights. */
  alpha?: number | undefined;
  /** How much less the easy examples count: the exponent of 1 − p_t. */
  gamma?: number | undefined;
}

const op: PointwiseOp = {
  loop(x, t, _, n, alpha, gamma, scale, values, grad) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const logit = x[i] as number;
      const target = t[i] as number;
      const e = Math.exp(-Math.abs(logit));
      // flags, since branches on signs and labels are mispredicted
      const up = Number(logit >= 0);
      const down = 1 - up;
      const near = up * (1 - target) + down * target; // what the target lacks on the logit's side
      const far = 1 - near;
      const bce = Math.abs(logit) * near + Math.log1p(e);
      const wrong = near + e * far; // 1 − p_t, but for 1 / (1 + e)
      const factor = (alpha < 0 ? 1 : alpha * target + (1 - alpha) * (1 - target)) * (wrong / (1 + e)) ** gamma;
      const value = factor * bce;
      sum += value;
      values[i] = value;
      // σ − t, and the logarithmic derivative of 1 − p_t, whose quotient is 1 where near is 0, even if e is 0, too
      const outer = (up - down) * (near - e * far);
      const none = Number(wrong === 0);
      const inner = gamma * (1 - 2 * target) * ((e + none) / (wrong + none)) * bce;
      grad[i] = ((factor * (inner + outer)) / (1 + e)) * scale;
    }
    return sum;
  },
};

/**
 * Sigmoid focal: α_t (1 − p_t)^γ · binary cross entropy of logits, p_t the probability of the target, so that easy examples count less. torchvision:
 * `sigmoid_focal_loss` (whose default reduction is none); PyTorch itself has none. With γ = 0 and alpha = −1 it is bceWithLogitsLoss.
 *
 * Shapes: input and target alike, any; target may be integers or booleans. Options: `alpha` = 0.25 (in [0, 1], or −1: off), `gamma` = 2 (≥ 0), `reduction` = "mean" (over elements).
 * p_t = p t + (1 − p)(1 − t), α_t = alpha t + (1 − alpha)(1 − t), p = σ(x). target is not checked; soft labels in [0, 1] are fine.
 * Gradient: smooth for γ ≥ 1. Nothing cancels or overflows for large |x|.
 * Throws RangeError where the shapes differ, where alpha is neither in [0, 1] nor −1, where gamma is negative.
 * Source: Lin, Goyal, Girshick, He, Dollár, Focal Loss for Dense Object Detection, ICCV 2017; torchvision/ops/focal_loss.py.
 * @example
 * sigmoidFocalLoss([2, -1], [1, 0]); // 0.0087222
 */
export const sigmoidFocalLoss: LossSpec<Loss<[input: 1, target: "labels"], SigmoidFocalOptions, "input", "input">> = pointwise({
  name: "sigmoidFocalLoss",
  module: "logistic",
  arguments: [differentiable("input"), labels("target")],
  options: [number("alpha", 0.25, "a number in [0, 1], or -1", (alpha) => alpha === -1 || (alpha >= 0 && alpha <= 1)), nonNegative("gamma", 2)],
  ops: { sigmoidFocal: op, sigmoidFocalSquare: op },
  choose: (frame) => {
    const [alpha, gamma] = frame.options as [number, number];
    return [gamma === 2 ? "sigmoidFocalSquare" : "sigmoidFocal", alpha, gamma];
  },
});
