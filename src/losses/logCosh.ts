import type { PointwiseOp } from "../backend/js/pointwise.js";
import { differentiable } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss } from "../types.js";

export type LogCoshOptions = Record<never, never>;

const op: PointwiseOp = {
  loop(x, t, _, n, _p, _q, scale, values, grad) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const size = Math.abs(d);
      const less = Math.expm1(-size);
      const e = 1 + less; // of −|d|: one exponential for both results
      // cosh d − 1 = (1 − e)² / 2e: near 0 the other form cancels
      const value = size > 1 ? size - Math.LN2 + Math.log1p(e * e) : Math.log1p((less * less) / (2 * e));
      sum += value;
      values[i] = value;
      const sign = 1 - 2 * Number(d < 0);
      grad[i] = ((-sign * less * (1 + e)) / (1 + e * e)) * scale;
    }
    return sum;
  },
};

/**
 * Log-cosh: log cosh d = |d| + log1p(e^(−2|d|)) − log 2, d = input − target: d² / 2 near 0, |d| − log 2 far from it. PyTorch has none.
 *
 * Shapes: input and target alike, any. Options: `reduction` = "mean" (over elements).
 * Gradient: tanh d, smooth. Neither cancels near 0, neither overflows.
 * Throws RangeError where the shapes differ.
 * Source: Saleh, Saleh, Statistical Properties of the log-cosh Loss Function, 2022; Keras LogCosh.
 * @example
 * logCoshLoss([1, 2, 4], [1, 1, 1]); // 0.91437
 */
export const logCoshLoss: LossSpec<Loss<[input: 1, target: 2], LogCoshOptions, "input", "input">> = pointwise({
  name: "logCoshLoss",
  module: "logistic",
  arguments: [differentiable("input"), { name: "target" }],
  ops: { logCosh: op },
  choose: () => ["logCosh", 0, 0],
});
