import { FAR, type PointwiseOp } from "../backend/js/pointwise.js";
import { differentiable, onDemand, positive, tensorOption } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss, Tensor } from "../types.js";

export interface HuberOptions {
  /** Where the square ends and the line begins. */
  delta?: number | undefined;
  /** Factor of each element, of the input's shape exactly; mean still divides by the number of elements. */
  weight?: Tensor | undefined;
}

const op: PointwiseOp = {
  loop(x, t, _, n, delta, _q, scale, values, gradX, gradT) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const c = Math.max(-delta, Math.min(d, delta));
      const value = c * (d - 0.5 * c); // both pieces: d² / 2 where c is d, delta (|d| − delta / 2) where it is ±delta
      sum += value;
      values[i] = value;
      const grad = c * scale;
      gradX[i] = grad;
      gradT[i] = -grad;
    }
    return sum;
  },
  fused(x, t, _, n, delta, _q, scale, gradX) {
    let sum = 0;
    let distance = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const above = d - delta;
      const below = d + delta;
      const c = d - 0.5 * (above + Math.abs(above) + below - Math.abs(below));
      distance += Math.abs(d);
      sum += c * (d - 0.5 * c);
      gradX[i] = c * scale;
    }
    return distance <= FAR * delta ? sum : Number.NaN;
  },
  sum(x, t, _, n, delta) {
    let sum = 0;
    let distance = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const above = d - delta;
      const below = d + delta;
      const c = d - 0.5 * (above + Math.abs(above) + below - Math.abs(below));
      distance += Math.abs(d);
      sum += c * (d - 0.5 * c);
    }
    return distance <= FAR * delta ? sum : Number.NaN;
  },
};

/**
 * Huber: d² / 2 where |d| < delta, else delta (|d| − delta / 2); d = input − target. Beta times smooth L1. PyTorch: `F.huber_loss`.
 *
 * Shapes: input and target alike, any. Options: `delta` = 1 (> 0), `weight` (the input's shape exactly), `reduction` = "mean".
 * With `weight`, mean divides by the number of elements, not by the sum of the weights as mseLoss and l1Loss do: PyTorch's inconsistency, kept.
 * Gradient: d inside, ±delta outside and at |d| = delta; target's, with `wrt: ["target"]`, is the negative.
 * Throws RangeError where the shapes differ or delta is not positive.
 * Source: Huber, Robust Estimation of a Location Parameter, 1964; torch/nn/functional.py huber_loss.
 * @example
 * huberLoss([1, 1.5, 4], [1, 1, 1], { delta: 2, reduction: "none" }); // [0, 0.125, 4]
 */
export const huberLoss: LossSpec<Loss<[input: 1, target: 2], HuberOptions, "input" | "target", "input">> = pointwise({
  name: "huberLoss",
  module: "pointwise",
  arguments: [differentiable("input"), onDemand("target")],
  options: [positive("delta", 1), tensorOption("weight")],
  ops: { huber: op },
  choose: (frame) => ["huber", frame.options[0] as number, -(frame.options[0] as number)],
  weight: 2,
});
