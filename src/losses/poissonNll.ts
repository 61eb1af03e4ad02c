import type { PointwiseFused, PointwiseLoop } from "../backend/js/pointwise.js";
import { anyRank } from "../call/fit.js";
import { boolean, differentiable, labels, number } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { pointwise } from "../families/pointwise.js";
import type { Loss } from "../types.js";

export interface PoissonNllOptions {
  /** Whether input is the logarithm of the rate. */
  logInput?: boolean | undefined;
  /** Whether to add Stirling's approximation of log t!. */
  full?: boolean | undefined;
  /** Added to the rate before its logarithm, where input is no logarithm. */
  eps?: number | undefined;
}

const HALF_LOG_2PI: number = 0.5 * Math.log(2 * Math.PI);

/** t log t - t + log(2 pi t) / 2 */
function stirling(t: number): number {
  return t > 1 ? (t + 0.5) * Math.log(t) - t + HALF_LOG_2PI : 0;
}

/** q is 1 for `full`. */
const loopOfLog: PointwiseLoop = (x, t, _, n, _p, full, scale, values, grad) => {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const input = x[i] as number;
    const target = t[i] as number;
    const rate = Math.exp(input);
    const value = rate - target * input + (full ? stirling(target) : 0);
    sum += value;
    values[i] = value;
    grad[i] = (rate - target) * scale;
  }
  return sum;
};

const fusedOfLog: PointwiseFused = (x, t, _, n, _p, _q, scale, grad) => {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const input = x[i] as number;
    const target = t[i] as number;
    const rate = Math.exp(input);
    sum += rate - target * input;
    grad[i] = (rate - target) * scale;
  }
  return sum;
};

const loopOfRate: PointwiseLoop = (x, t, _, n, eps, full, scale, values, grad) => {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const input = x[i] as number;
    const target = t[i] as number;
    const value = input - target * Math.log(input + eps) + (full ? stirling(target) : 0);
    sum += value;
    values[i] = value;
    grad[i] = (1 - target / (input + eps)) * scale;
  }
  return sum;
};

/**
 * Poisson negative log-likelihood of counts t: e^x − t x, or x − t log(x + eps) with `logInput: false`. PyTorch: `F.poisson_nll_loss`.
 *
 * Shapes: input and target broadcast; target may be integers. Options: `logInput` = true, `full` = false (adds t log t − t + ½ log 2πt where t > 1), `eps` = 1e-8,
 * `reduction` = "mean" (over the broadcast elements).
 * Gradient: e^x − t, or 1 − t / (x + eps). Smooth.
 * Throws RangeError where the shapes do not broadcast.
 * Source: ATen/native/Loss.cpp poisson_nll_loss.
 * @example
 * poissonNllLoss([0.5, 1], [2, 3]); // 0.1835
 */
export const poissonNllLoss: LossSpec<Loss<[input: 1, target: "labels"], PoissonNllOptions, "input", "input">> = pointwise({
  name: "poissonNllLoss",
  module: "likelihoods",
  arguments: [differentiable("input"), labels("target")],
  options: [boolean("logInput", true), boolean("full", false), number("eps", 1e-8)],
  fit: anyRank,
  ops: {
    poisson: { loop: loopOfRate },
    poissonFull: { loop: loopOfRate },
    poissonLog: { loop: loopOfLog, fused: fusedOfLog },
    poissonLogFull: { loop: loopOfLog },
  },
  choose: (frame) => {
    const [logInput, full, eps] = frame.options as [boolean, boolean, number];
    return [`poisson${logInput ? "Log" : ""}${full ? "Full" : ""}`, eps, full ? 1 : 0];
  },
});
