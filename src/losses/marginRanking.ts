import type { PointwiseOp } from "../backend/js/pointwise.js";
import { sameRank } from "../call/fit.js";
import { differentiable, labels, number } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss } from "../types.js";

export interface MarginRankingOptions {
  /** By how much the right one must lead. */
  margin?: number | undefined;
}

const op: PointwiseOp = {
  loop(x1, x2, y, n, margin, _q, scale, values, grad1, grad2) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const sign = y[i] as number;
      const z = margin - sign * ((x1[i] as number) - (x2[i] as number));
      const value = Math.max(0, z);
      sum += value;
      values[i] = value;
      const grad = Number(z >= 0) * sign * scale;
      grad1[i] = -grad;
      grad2[i] = grad;
    }
    return sum;
  },
  second: "gradB",
  fused(x1, x2, y, n, margin, _q, scale, grad1, grad2) {
    let twice = 0;
    for (let i = 0; i < n; i++) {
      const sign = y[i] as number;
      const z = margin - sign * ((x1[i] as number) - (x2[i] as number));
      twice += z + Math.abs(z);
      const grad = Number(z >= 0) * sign * scale;
      grad1[i] = -grad;
      grad2[i] = grad;
    }
    return 0.5 * twice;
  },
  sum(x1, x2, y, n, margin) {
    let twice = 0;
    for (let i = 0; i < n; i++) {
      const z = margin - (y[i] as number) * ((x1[i] as number) - (x2[i] as number));
      twice += z + Math.abs(z);
    }
    return 0.5 * twice;
  },
};

/**
 * Margin ranking: max(0, margin − y (x1 − x2)). y = 1 wants x1 above x2, y = −1 below. For ranking by pairs. PyTorch: `F.margin_ranking_loss`.
 *
 * Shapes: input1, input2 and target have as many axes and broadcast; target may be integers. Options: `margin` = 0, `reduction` = "mean".
 * Gradient: −y and +y where the hinge is at least 0, exactly 0 included: equal scores with margin 0 do receive one.
 * Throws RangeError where the shapes do not broadcast.
 * Source: torch/nn/functional.py margin_ranking_loss.
 * @example
 * marginRankingLoss([0.8, 0.3], [0.5, 0.6], [1, 1], { margin: 0.1 }); // 0.2
 */
export const marginRankingLoss: LossSpec<Loss<[input1: 1, input2: 2, target: "labels"], MarginRankingOptions, "input1" | "input2", "input1" | "input2">> =
  pointwise({
    name: "marginRankingLoss",
    module: "pointwise",
    arguments: [differentiable("input1"), differentiable("input2"), labels("target")],
    options: [number("margin", 0)],
    fit: sameRank,
    ops: { marginRanking: op },
    choose: (frame) => ["marginRanking", frame.options[0] as number, 0],
    third: 2,
  });
