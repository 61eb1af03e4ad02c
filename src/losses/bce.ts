import type { PointwiseOp } from "../backend/js/pointwise.js";
import type { Backend } from "../backend/seam.js";
import { rangeError } from "../call/errors.js";
import { broadcastOptions } from "../call/fit.js";
import type { Frame } from "../call/frame.js";
import { differentiable, labels, tensorOption } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss, Tensor } from "../types.js";

export interface BceOptions {
  /** Factor of each element, broadcast to the input's shape; mean still divides by the number of elements. */
  weight?: Tensor | undefined;
}

/** 1e-12 rounded to float32, in double precision too: ATen/native/Loss.cpp. */
const EPS = 9.999999960041972e-13;
/** Where PyTorch clamps the logarithms. */
const LOWEST = -100;

const op: PointwiseOp = {
  loop(x, t, _, n, eps, lowest, scale, values, gradX) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const p = x[i] as number;
      const target = t[i] as number;
      const other = 1 - p;
      // log1p(-p): the logarithm of what 1 - p was rounded to, and what the rounding took, which counts where p is small
      const value = (target - 1) * Math.max(Math.log(other) - (other - 1 + p), lowest) - target * Math.max(Math.log(p), lowest);
      sum += value;
      values[i] = value;
      gradX[i] = ((p - target) / Math.max(other * p, eps)) * scale;
    }
    return sum;
  },
  // both logarithms for every element, and no branch: for labels one of them is not needed, but to jump around it costs as much
  fused(x, t, _, n, eps, lowest, scale, gradX) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const p = x[i] as number;
      const target = t[i] as number;
      const other = 1 - p;
      sum += (target - 1) * Math.max(Math.log(other) - (other - 1 + p), lowest) - target * Math.max(Math.log(p), lowest);
      gradX[i] = ((p - target) / Math.max(other * p, eps)) * scale;
    }
    return sum;
  },
};

/** Both operands must lie in [0, 1]. */
function probabilities(frame: Frame, backend: Backend): void {
  for (const operand of frame.operands.slice(0, 2)) {
    operand.unshare();
    const at = backend.outside({ data: operand.data, n: operand.size, low: 0, high: 1 });
    if (at >= 0) throw rangeError(frame.loss, `${operand.place}[${at}]`, "a probability in [0, 1]", String(operand.data[at]));
  }
}

/**
 * Binary cross entropy of probabilities: −t log x − (1 − t) log(1 − x), each logarithm at least −100. For logits take bceWithLogitsLoss,
 * which is exact where this one saturates. PyTorch: `F.binary_cross_entropy`.
 *
 * Shapes: input and target alike, any; target may be integers or booleans. Options: `weight` (broadcasts to the input's shape), `reduction` = "mean" (over elements, not weights).
 * Gradient: (x − t) / max((1 − x) x, 1e-12): finite, up to 1e12 at the ends. The clamp of the value does not zero it.
 * Throws RangeError where the shapes differ or an element of input or target is outside [0, 1] or NaN.
 * Source: ATen/native/Loss.cpp binary_cross_entropy.
 * @example
 * bceLoss([0.9, 0.2], [1, 0]); // 0.16425
 * bceLoss.valueAndGrad([0.9, 0.2], [true, false], { reduction: "sum" }); // { value: 0.3285, grad: { input: [-1.1111, 1.25] } }
 */
export const bceLoss: LossSpec<Loss<[input: 1, target: "labels"], BceOptions, "input", "input">> = pointwise({
  name: "bceLoss",
  module: "likelihoods",
  arguments: [differentiable("input"), labels("target")],
  options: [tensorOption("weight")],
  fit: broadcastOptions,
  check: probabilities,
  ops: { bce: op },
  choose: () => ["bce", EPS, LOWEST],
  weight: 2,
});
