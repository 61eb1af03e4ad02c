import type { PointwiseOp } from "../backend/js/pointwise.js";
import { differentiable, number } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss } from "../types.js";

export interface PinballOptions {
  /** The quantile that input is to predict; 0.5 is half of the absolute error. */
  quantile?: number | undefined;
}

const op: PointwiseOp = {
  loop(x, t, _, n, quantile, below, scale, values, grad) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (t[i] as number) - (x[i] as number);
      const value = (d < 0 ? below : quantile) * d;
      sum += value;
      values[i] = value;
      const slope = d > 0 ? quantile : d < 0 ? below : d === 0 ? 0.5 * (quantile + below) : quantile + below;
      grad[i] = -slope * scale;
    }
    return sum;
  },
  fused(x, t, _, n, quantile, _q, scale, grad) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (t[i] as number) - (x[i] as number);
      const slope = 0.5 * (Number(d < 0) + Number(d <= 0)) - quantile; // by the input
      sum -= slope * d;
      grad[i] = slope * scale;
    }
    return sum;
  },
  sum(x, t, _, n, quantile, below) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (t[i] as number) - (x[i] as number);
      const size = Math.abs(d); // size + d is 0 below, size − d above: nothing cancels, however near to 0 or 1 the quantile is
      sum += quantile * (size + d) - below * (size - d);
    }
    return 0.5 * sum;
  },
};

/**
 * Pinball (quantile) loss: max(τ d, (τ − 1) d) with d = target − input, least in the mean where input is the τ-quantile. PyTorch has none.
 *
 * Shapes: input and target alike, any. Options: `quantile` = 0.5 (in (0, 1)), `reduction` = "mean" (over elements).
 * Gradient: −τ where d > 0, 1 − τ where d < 0, half of each, ½ − τ, at d = 0.
 * Throws RangeError where the shapes differ or quantile is not in (0, 1).
 * Source: Koenker, Bassett, Regression Quantiles, Econometrica 1978.
 * @example
 * pinballLoss([1, 2], [2, 1], { quantile: 0.9, reduction: "none" }); // [0.9, 0.1]
 */
export const pinballLoss: LossSpec<Loss<[input: 1, target: 2], PinballOptions, "input", "input">> = pointwise({
  name: "pinballLoss",
  module: "pointwise",
  arguments: [differentiable("input"), { name: "target" }],
  options: [number("quantile", 0.5, "a number in (0, 1)", (quantile) => quantile > 0 && quantile < 1)],
  ops: { pinball: op },
  choose: (frame) => ["pinball", frame.options[0] as number, (frame.options[0] as number) - 1],
});
