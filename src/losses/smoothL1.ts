import { FAR, type PointwiseOp } from "../backend/js/pointwise.js";
import { differentiable, nonNegative, onDemand } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss } from "../types.js";
import { l1Op } from "./l1.js";

export interface SmoothL1Options {
  /** Where the square ends and the line begins; 0 is L1. */
  beta?: number | undefined;
}

const op: PointwiseOp = {
  // p = 1 / beta, q = beta / 2
  loop(x, t, _, n, p, q, scale, values, gradX, gradT) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const u = Math.max(-1, Math.min(d * p, 1));
      const value = u * (d - u * q); // both pieces: d² / (2 beta) where u is d / beta, |d| − beta / 2 where it is ±1
      sum += value;
      values[i] = value;
      const grad = u * scale;
      gradX[i] = grad;
      gradT[i] = -grad;
    }
    return sum;
  },
  fused(x, t, _, n, p, q, scale, gradX) {
    let sum = 0;
    let distance = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const v = d * p;
      const above = v - 1;
      const below = v + 1;
      const u = v - 0.5 * (above + Math.abs(above) + below - Math.abs(below));
      distance += Math.abs(v);
      sum += u * (d - u * q);
      gradX[i] = u * scale;
    }
    return distance <= FAR ? sum : Number.NaN;
  },
  sum(x, t, _, n, p, q) {
    let sum = 0;
    let distance = 0;
    for (let i = 0; i < n; i++) {
      const d = (x[i] as number) - (t[i] as number);
      const v = d * p;
      const above = v - 1;
      const below = v + 1;
      const u = v - 0.5 * (above + Math.abs(above) + below - Math.abs(below));
      distance += Math.abs(v);
      sum += u * (d - u * q);
    }
    return distance <= FAR ? sum : Number.NaN;
  },
};

// Below this 1 / beta is no float32 any more, and the square is narrower than any float32 rounding: L1.
const LARGEST = { float32: 2 ** 126, float64: 2 ** 1022 };
const SMALLEST = { float32: 2 ** -126, float64: 2 ** -1022 };

/**
 * Smooth L1: d² / (2 beta) where |d| < beta, else |d| − beta / 2; d = input − target. Huber's loss divided by beta. PyTorch: `F.smooth_l1_loss`.
 *
 * Shapes: input and target alike, any. Options: `beta` = 1 (>= 0; 0 is exactly L1), `reduction` = "mean".
 * Gradient: d / beta inside, sgn(d) outside, ±1 at |d| = beta; target's, with `wrt: ["target"]`, is the negative.
 * Throws RangeError where the shapes differ or beta is negative or NaN.
 * Source: Girshick, Fast R-CNN, 2015; torch/nn/functional.py smooth_l1_loss.
 * @example
 * smoothL1Loss([1, 1.5, 4], [1, 1, 1], { beta: 1, reduction: "none" }); // [0, 0.125, 2.5]
 */
export const smoothL1Loss: LossSpec<Loss<[input: 1, target: 2], SmoothL1Options, "input" | "target", "input">> = pointwise({
  name: "smoothL1Loss",
  module: "pointwise",
  arguments: [differentiable("input"), onDemand("target")],
  options: [nonNegative("beta", 1)],
  ops: { smoothL1: op, l1: l1Op },
  choose: (frame) => {
    const beta = frame.options[0] as number;
    // so wide that everything lies inside it, at a value of 0: 0 · infinity would be NaN
    if (beta > LARGEST[frame.dtype]) return ["smoothL1", 0, 0];
    return beta < SMALLEST[frame.dtype] ? ["l1", 1, -0] : ["smoothL1", 1 / beta, beta / 2];
  },
});
