import type { PointwiseOp } from "../backend/js/pointwise.js";
import { anyRank } from "../call/fit.js";
import { boolean, differentiable, onDemand, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss, Reduction } from "../types.js";

export interface KlDivOptions {
  /** Whether target, too, is given as log-probabilities. */
  logTarget?: boolean | undefined;
}

const probabilities: PointwiseOp = {
  loop(x, t, _, n, _p, _q, scale, values, gradX, gradT) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const target = t[i] as number;
      const log = Math.log(target);
      const value = (target === 0 ? 0 : target * log) - target * (x[i] as number);
      sum += value;
      values[i] = value;
      // PyTorch has 0 / 0 in the gradient of xlogy at 0
      const gradTarget = target === 0 ? Number.NaN : (log + 1 - (x[i] as number)) * scale;
      gradX[i] = -target * scale;
      gradT[i] = gradTarget;
    }
    return sum;
  },
  fused(x, t, _, n, _p, _q, scale, gradX) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const target = t[i] as number;
      // what is too small to change any float32 keeps the logarithm of 0 finite
      sum += target * Math.log(target + Number.MIN_VALUE) - target * (x[i] as number);
      gradX[i] = -target * scale;
    }
    return sum;
  },
};

const logProbabilities: PointwiseOp = {
  loop(x, t, _, n, _p, _q, scale, values, gradX, gradT) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = (t[i] as number) - (x[i] as number);
      const target = Math.exp(t[i] as number);
      const value = target * d;
      sum += value;
      values[i] = value;
      gradX[i] = -target * scale;
      gradT[i] = target * (d + 1) * scale;
    }
    return sum;
  },
};

/**
 * Kullback-Leibler divergence of log-probabilities input from target: t (log t − x), or e^t (t − x) with `logTarget`. PyTorch: `F.kl_div`.
 *
 * Shapes: input and target broadcast. Options: `logTarget` = false, `reduction` = "mean" (over all elements; "batchmean" divides by the first
 * axis of the input and is the divergence of the mathematicians).
 * Gradient: −t or −e^t; target's, with `wrt: ["target"]`, is log t + 1 − x or e^t (t − x + 1).
 * Kinks: t = 0 contributes 0 (NaN where x = −infinity), its target gradient is NaN; t < 0 gives NaN. input is not checked to be log-probabilities.
 * Throws RangeError where the shapes do not broadcast.
 * Source: Kullback and Leibler, On Information and Sufficiency, 1951; torch/nn/functional.py kl_div.
 * @example
 * klDivLoss(tensor([-0.5, -1, -3], [1, 3]), tensor([0.7, 0.2, 0.1], [1, 3]), { reduction: "batchmean" }); // 0.048181
 */
export const klDivLoss: LossSpec<Loss<[input: 1, target: 2], KlDivOptions, "input" | "target", "input", Reduction | "batchmean">> = pointwise({
  name: "klDivLoss",
  module: "likelihoods",
  arguments: [differentiable("input"), onDemand("target")],
  options: [boolean("logTarget", false)],
  reductions: [...REDUCTIONS, "batchmean"],
  fit: anyRank,
  ops: { klDiv: probabilities, klDivLog: logProbabilities },
  choose: (frame) => [frame.options[0] ? "klDivLog" : "klDiv", 0, 0],
});
