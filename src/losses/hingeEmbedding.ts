import type { PointwiseOp } from "../backend/js/pointwise.js";
import { anyRank } from "../call/fit.js";
import { differentiable, labels, number } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss } from "../types.js";

export interface HingeEmbeddingOptions {
  /** How far dissimilar pairs should be apart. */
  margin?: number | undefined;
}

const op: PointwiseOp = {
  loop(x, y, _, n, margin, _q, scale, values, grad) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const distance = x[i] as number;
      const z = margin - distance;
      const near = y[i] !== -1;
      const far = y[i] !== 1;
      const value = (far ? (z < 0 ? 0 : z) : 0) + (near ? distance : 0);
      sum += value;
      values[i] = value;
      grad[i] = ((near ? 1 : 0) - (far && z >= 0 ? 1 : 0)) * scale;
    }
    return sum;
  },
  fused(x, y, _, n, margin, _q, scale, grad) {
    let sum = 0;
    let others = 0; // targets that are neither 1 nor -1
    for (let i = 0; i < n; i++) {
      const distance = x[i] as number;
      const near = 0.5 + 0.5 * (y[i] as number);
      const far = 1 - near;
      const z = margin - distance;
      const active = Number(z >= 0) * far;
      const odd = near * far;
      others += odd * odd;
      sum += near * distance + active * z;
      grad[i] = (near - active) * scale;
    }
    return others === 0 ? sum : Number.NaN;
  },
  sum(x, y, _, n, margin) {
    let sum = 0;
    let others = 0;
    for (let i = 0; i < n; i++) {
      const distance = x[i] as number;
      const near = 0.5 + 0.5 * (y[i] as number);
      const far = 1 - near;
      const z = margin - distance;
      const odd = near * far;
      others += odd * odd;
      sum += near * distance + 0.5 * far * (z + Math.abs(z));
    }
    return others === 0 ? sum : Number.NaN;
  },
};

/**
 * Hinge embedding of a distance x: x for target 1, max(0, margin − x) for target −1. PyTorch: `F.hinge_embedding_loss`.
 *
 * Shapes: input and target broadcast; target may be integers. Options: `margin` = 1, `reduction` = "mean" (over the broadcast elements).
 * Gradient: 1 for target 1, −1 for target −1 where margin − x is at least 0. A target that is neither gets both terms, in value and gradient.
 * Throws RangeError where the shapes do not broadcast.
 * Source: torch/nn/functional.py hinge_embedding_loss.
 * @example
 * hingeEmbeddingLoss([0.3, 0.4], [1, -1], { reduction: "none" }); // [0.3, 0.6]
 */
export const hingeEmbeddingLoss: LossSpec<Loss<[input: 1, target: "labels"], HingeEmbeddingOptions, "input", "input">> = pointwise({
  name: "hingeEmbeddingLoss",
  module: "pointwise",
  arguments: [differentiable("input"), labels("target")],
  options: [number("margin", 1)],
  fit: anyRank,
  ops: { hingeEmbedding: op },
  choose: (frame) => ["hingeEmbedding", frame.options[0] as number, 1],
});
