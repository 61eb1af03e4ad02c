import type { PointwiseOp } from "../backend/js/pointwise.js";
import { broadcastOptions } from "../call/fit.js";
import { differentiable, labels, tensorOption } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss, Tensor } from "../types.js";

export interface BceWithLogitsOptions {
  /** Factor of each element, broadcast to the input's shape; mean still divides by the number of elements. */
  weight?: Tensor | undefined;
  /** Weight of the positives, broadcast to the input's shape: typically one per class, (C). */
  posWeight?: Tensor | undefined;
}

/** Places among the operands. */
const WEIGHT = 2;
const POS_WEIGHT = 3;

/** Also the loss of each class in multiLabelSoftMarginLoss. */
export const logitsOp: PointwiseOp = {
  loop(x, t, _, n, _p, _q, scale, values, gradX, gradT) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const logit = x[i] as number;
      const target = t[i] as number;
      const e = Math.exp(-Math.abs(logit));
      const factor = (logit >= 0 ? 1 : 0) - target;
      const value = logit * factor + Math.log1p(e);
      sum += value;
      values[i] = value;
      const tail = e / (1 + e); // sigma(-|x|)
      gradX[i] = (logit >= 0 ? factor - tail : factor + tail) * scale;
      gradT[i] = -logit * scale;
    }
    return sum;
  },
  fused(x, t, _, n, _p, _q, scale, gradX) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const logit = x[i] as number;
      const e = Math.exp(-Math.abs(logit));
      const positive = Number(logit >= 0);
      const factor = positive - (t[i] as number);
      sum += logit * factor + Math.log1p(e);
      gradX[i] = (factor + (1 - 2 * positive) * (e / (1 + e))) * scale;
    }
    return sum;
  },
};

const weighted: PointwiseOp = {
  loop(x, t, w, n, _p, _q, scale, values, gradX, gradT) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const logit = x[i] as number;
      const target = t[i] as number;
      const positive = w[i] as number;
      const e = Math.exp(-Math.abs(logit));
      const soft = Math.log1p(e);
      const minus = soft - (logit > 0 ? 0 : logit); // -log sigma(x)
      // where x < 0 has no more e^x, an infinite weight has its say in the factor
      const rest = logit < 0 && soft === 0 ? 0 : (1 + (positive - 1) * target) * soft;
      const value = logit * (logit >= 0 ? 1 - target : -positive * target) + rest;
      sum += value;
      values[i] = value;
      const term = (positive * target + (1 - target)) * (e / (1 + e)); // sigma(-|x|)
      gradX[i] = (logit >= 0 ? 1 - target - term : term - positive * target) * scale;
      gradT[i] = (positive * minus - (soft + (logit < 0 ? 0 : logit))) * scale;
    }
    return sum;
  },
};

/**
 * Binary cross entropy of logits: (1 − t) x − (1 + (posWeight − 1) t) log σ(x), stable for any x. PyTorch: `F.binary_cross_entropy_with_logits`.
 *
 * Shapes: input and target alike, any; target may be integers or booleans. Options: `weight` and `posWeight` (both broadcast to the input's shape), `reduction` = "mean" (over
 * elements, not weights). target is not checked: soft labels are fine, labels outside [0, 1] give negative losses.
 * Gradient: σ(x) − t, with posWeight (posWeight t + 1 − t) σ(x) − posWeight t; target's with `wrt: ["target"]`. Smooth everywhere.
 * Throws RangeError where the shapes differ.
 * Source: torch/nn/functional.py, ATen/native/Loss.cpp binary_cross_entropy_with_logits.
 * @example
 * bceWithLogitsLoss([2, -1], [1, 0]); // 0.22009
 * bceWithLogitsLoss([2, -1], [true, false], { posWeight: 3, reduction: "none" }); // [0.38078, 0.31326]
 */
export const bceWithLogitsLoss: LossSpec<Loss<[input: 1, target: "labels"], BceWithLogitsOptions, "input" | "target", "input">> = pointwise({
  name: "bceWithLogitsLoss",
  module: "likelihoods",
  arguments: [differentiable("input"), labels("target", true)],
  options: [tensorOption("weight"), tensorOption("posWeight")],
  fit: broadcastOptions,
  ops: { bceWithLogits: logitsOp, bceWithLogitsPos: weighted },
  choose: (frame) => [frame.operands[POS_WEIGHT]?.given ? "bceWithLogitsPos" : "bceWithLogits", 0, 0],
  weight: WEIGHT,
  third: POS_WEIGHT,
});
