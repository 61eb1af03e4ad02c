import type { PointwiseOp } from "../backend/js/pointwise.js";
import { differentiable, onDemand, tensorOption } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss, Tensor } from "../types.js";

export interface MseOptions {
  /** Factor of each element, of the input's shape exactly; mean divides by its sum. */
  weight?: Tensor | undefined;
}

const op: PointwiseOp = {
  loop(x, t, _, n, _p, _q, scale, values, gradX, gradT) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const value = d * d;
      sum += value;
      values[i] = value;
      gradX[i] = d * (2 * scale);
      gradT[i] = -d * (2 * scale);
    }
    return sum;
  },
  fused(x, t, _, n, _p, _q, scale, gradX) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      sum += d * d;
      gradX[i] = d * (2 * scale);
    }
    return sum;
  },
  sum(x, t, _, n) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      sum += d * d;
    }
    return sum;
  },
};

/**
 * Mean squared error, L2: d², d = input − target. For regression; large errors dominate. PyTorch: `F.mse_loss`.
 *
 * Shapes: input and target alike, any. Options: `weight` (the input's shape exactly; mean then divides by its sum), `reduction` = "mean".
 * Gradient: 2d; target's, with `wrt: ["target"]`, is the negative. Smooth everywhere.
 * Throws RangeError where the shapes differ: PyTorch warns and broadcasts, which is nearly always a bug.
 * Source: torch/nn/functional.py mse_loss, ATen Loss.cpp.
 * @example
 * mseLoss([1, 2, 4], [1, 1, 1]); // 3.3333
 * mseLoss.valueAndGrad([1, 2, 4], [1, 1, 1]); // { value: 3.3333, grad: { input: [0, 0.66667, 2] } }
 */
export const mseLoss: LossSpec<Loss<[input: 1, target: 2], MseOptions, "input" | "target", "input">> = pointwise({
  name: "mseLoss",
  module: "pointwise",
  arguments: [differentiable("input"), onDemand("target")],
  options: [tensorOption("weight")],
  meanByWeight: true,
  ops: { mse: op },
  choose: () => ["mse", 0, 0],
  weight: 2,
});
