import type { PointwiseOp } from "../backend/js/pointwise.js";
import { differentiable, onDemand, tensorOption } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss, Tensor } from "../types.js";

export interface L1Options {
  /** Factor of each element, of the input's shape exactly; mean divides by its sum. */
  weight?: Tensor | undefined;
}

/** Also what smoothL1Loss is at beta = 0. */
export const l1Op: PointwiseOp = {
  loop(x, t, _, n, _p, _q, scale, values, gradX, gradT) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const value = Math.abs(d);
      sum += value;
      values[i] = value;
      const grad = (Number(d > 0) - Number(d < 0)) * scale;
      gradX[i] = grad;
      gradT[i] = -grad;
    }
    return sum;
  },
  fused(x, t, _, n, _p, _q, scale, gradX) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      sum += Math.abs(d);
      gradX[i] = (Number(d >= 0) + Number(d > 0) - 1) * scale;
    }
    return sum;
  },
  sum(x, t, _, n) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.abs((x[i] as number) - (t[i] as number));
    return sum;
  },
};

/**
 * Mean absolute error, L1: |d|, d = input − target. For regression that outliers must not dominate. PyTorch: `F.l1_loss`.
 *
 * Shapes: input and target alike, any. Options: `weight` (the input's shape exactly; mean then divides by its sum), `reduction` = "mean".
 * Gradient: sgn(d), 0 at d = 0 and for NaN; target's, with `wrt: ["target"]`, is the negative.
 * Throws RangeError where the shapes differ.
 * Source: torch/nn/functional.py l1_loss.
 * @example
 * l1Loss([1, 2, 4], [1, 1, 1]); // 1.3333
 * l1Loss.valueAndGrad([1, 2, 4], [1, 1, 1], { reduction: "sum" }); // { value: 4, grad: { input: [0, 1, 1] } }
 */
export const l1Loss: LossSpec<Loss<[input: 1, target: 2], L1Options, "input" | "target", "input">> = pointwise({
  name: "l1Loss",
  module: "pointwise",
  arguments: [differentiable("input"), onDemand("target")],
  options: [tensorOption("weight")],
  meanByWeight: true,
  ops: { l1: l1Op },
  choose: () => ["l1", 1, -0],
  weight: 2,
});
