import type { PointwiseOp } from "../backend/js/pointwise.js";
import { differentiable, labels } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss } from "../types.js";

export type SoftMarginOptions = Record<never, never>;

const op: PointwiseOp = {
  loop(x, y, _, n, _p, _q, scale, values, grad) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const target = y[i] as number;
      const z = -target * (x[i] as number);
      const e = Math.exp(-Math.abs(z));
      const value = (z < 0 ? 0 : z) + Math.log1p(e);
      sum += value;
      values[i] = value;
      grad[i] = ((-target * (z >= 0 ? 1 : e)) / (1 + e)) * scale;
    }
    return sum;
  },
};

/**
 * Soft margin, the logistic loss of labels ±1: log(1 + e^(−t x)). PyTorch: `F.soft_margin_loss`.
 *
 * Shapes: input and target alike, any; target may be integers. Options: `reduction` = "mean".
 * Gradient: −t σ(−t x), smooth. Computed as a softplus: large −t x stays finite, where PyTorch overflows to infinity and NaN.
 * Throws RangeError where the shapes differ.
 * Source: ATen/native/Loss.cpp soft_margin_loss.
 * @example
 * softMarginLoss([2, -1], [1, -1]); // 0.22009
 */
export const softMarginLoss: LossSpec<Loss<[input: 1, target: "labels"], SoftMarginOptions, "input", "input">> = pointwise({
  name: "softMarginLoss",
  module: "likelihoods",
  arguments: [differentiable("input"), labels("target")],
  ops: { softMargin: op },
  choose: () => ["softMargin", 0, 0],
});
