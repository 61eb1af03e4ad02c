import { Broadcast } from "../array/broadcast.js";
import { equalShapes } from "../array/shape.js";
import type { PointwiseOp } from "../backend/js/pointwise.js";
import type { Backend } from "../backend/seam.js";
import { rangeError, shapeText } from "../call/errors.js";
import { broadcastShapes } from "../call/fit.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { boolean, differentiable, onDemand, positive } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss } from "../types.js";

export interface GaussianNllOptions {
  /** Whether to add the constant ½ log 2π. */
  full?: boolean | undefined;
  /** Least variance. */
  eps?: number | undefined;
}

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

const op: PointwiseOp = {
  // p = eps, q = the constant
  loop(x, t, v, n, eps, constant, scale, values, gradX, gradT, gradV) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const given = v[i] as number;
      const variance = given < eps ? eps : given;
      const value = 0.5 * (Math.log(variance) + (d * d) / variance) + constant;
      sum += value;
      values[i] = value;
      const slope = d / variance;
      gradX[i] = slope * scale;
      gradT[i] = -slope * scale;
      gradV[i] = 0.5 * (1 / variance - slope * slope) * scale;
    }
    return sum;
  },
  second: "gradC",
  fused(x, t, v, n, eps, constant, scale, gradX, gradV) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const variance = Math.max(v[i] as number, eps);
      const inverse = 1 / variance;
      const slope = d * inverse;
      sum += Math.log(variance) + d * slope;
      gradX[i] = slope * scale;
      gradV[i] = 0.5 * (inverse - slope * slope) * scale;
    }
    return 0.5 * sum + n * constant;
  },
};

/** The shapes that PyTorch lets the variance have, seen from the input's; one number is one variance for all. */
function fit(frame: Frame): readonly number[] {
  const shape = broadcastShapes(frame, 2, false);
  const [input, , variance] = frame.operands as [Operand, Operand, Operand];
  const own = variance.shape;
  const of = input.shape;
  const same = equalShapes(own, of);
  const withoutLast = equalShapes(own, of.slice(0, -1));
  const differing = own.length === of.length ? own.filter((axis, i) => axis !== of[i]) : [];
  let fitted: readonly number[];
  if (same || own.length === 0 || (differing.length === 1 && differing[0] === 1)) fitted = own;
  else if (withoutLast) fitted = [...own, 1];
  else {
    throw rangeError(
      frame.loss,
      variance.place,
      `the shape of "input", ${shapeText(of)}, or it without its last axis, or with one axis of length 1`,
      shapeText(own),
    );
  }
  variance.broadcast = equalShapes(fitted, shape) ? null : new Broadcast(fitted, shape);
  return shape;
}

/** No variance is negative; NaN is none that is. */
function check(frame: Frame, backend: Backend): void {
  const variance = frame.operands[2] as Operand;
  variance.unshare();
  const { data, size } = variance;
  let at = backend.outside({ data, n: size, low: 0, high: Number.POSITIVE_INFINITY });
  if (at < 0) return;
  while (at < size && !((data[at] as number) < 0)) at++; // what it found may have been a NaN
  if (at < size) throw rangeError(frame.loss, `${variance.place}[${at}]`, "a number >= 0", String(data[at]));
}

/**
 * Gaussian negative log-likelihood: ½ (log v + d² / v), d = input − target, v = max(var, eps). PyTorch: `F.gaussian_nll_loss`.
 *
 * Shapes: input and target broadcast; var has the input's shape, or that without its last axis, or with one axis of length 1, or is one number.
 * Options: `full` = false (adds ½ log 2π), `eps` = 1e-6 (> 0), `reduction` = "mean" (over the broadcast elements).
 * Gradient: d / v; of var ½ (1 / v − d² / v²), also where it was clamped, at the clamped value; of target, with `wrt`, −d / v.
 * Throws RangeError for a negative variance and for shapes that do not fit.
 * Source: torch/nn/functional.py gaussian_nll_loss.
 * @example
 * gaussianNllLoss([1, 2], [1.5, 2], [0.25, 1]); // -0.096574
 */
export const gaussianNllLoss: LossSpec<Loss<[input: 1, target: 2, variance: 3], GaussianNllOptions, "input" | "target" | "var", "input" | "var">> = pointwise({
  name: "gaussianNllLoss",
  module: "likelihoods",
  arguments: [differentiable("input"), onDemand("target"), differentiable("var")],
  options: [boolean("full", false), positive("eps", 1e-6)],
  fit,
  check,
  ops: { gaussianNll: op },
  choose: (frame) => ["gaussianNll", frame.options[1] as number, frame.options[0] ? HALF_LOG_2PI : 0],
  third: 2,
});
