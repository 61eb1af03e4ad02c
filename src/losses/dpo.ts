import { make } from "../array/typed.js";
import { type PointwiseOp, pointwiseOf } from "../backend/js/pointwise.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Operand } from "../call/operand.js";
import { differentiable, number, positive, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { evaluate } from "../families/pointwise.js";
import type { Loss, Tensor } from "../types.js";

export interface DpoOptions {
  /** How strongly the policy is held to the reference. */
  beta?: number | undefined;
  /** How many of the preferences are taken to be the wrong way round. */
  labelSmoothing?: number | undefined;
}

const op: PointwiseOp = {
  loop(chosen, rejected, reference, n, beta, smoothing, scale, values, gradChosen, gradRejected) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const u = beta * ((chosen[i] as number) - (rejected[i] as number) - (reference[i] as number));
      const e = Math.exp(-Math.abs(u));
      const factor = u > 0 ? smoothing : 1 - smoothing;
      const value = Math.log1p(e) + (factor === 0 ? 0 : factor * Math.abs(u));
      sum += value;
      values[i] = value;
      const slope = u > 0 ? smoothing - (1 - smoothing) * e : smoothing * e - (1 - smoothing);
      const grad = ((beta * slope) / (1 + e)) * scale;
      gradChosen[i] = grad;
      gradRejected[i] = -grad;
    }
    return sum;
  },
};

/**
 * Direct preference optimisation, of sums of log-probabilities: −(1 − ε) log σ(u) − ε log σ(−u),
 * u = beta ((policyChosen − policyRejected) − (referenceChosen − referenceRejected)). PyTorch has none; TRL's DPOTrainer, `loss_type="sigmoid"`.
 *
 * Shapes: all four (N). Options: `beta` = 0.1 (> 0), `labelSmoothing` = 0 (ε, in [0, 0.5)), `reduction` = "mean" (over pairs).
 * Gradient: beta (ε σ(u) − (1 − ε) σ(−u)) for policyChosen, the negative for policyRejected. Smooth, stable for any u. The reference has none.
 * Throws RangeError where the shapes differ or are not (N), and for options out of range.
 * Source: Rafailov et al., Direct Preference Optimization, NeurIPS 2023; Mitchell, A note on DPO with noisy preferences, 2023.
 * @example
 * dpoLoss([-1, -2], [-3, -2], [-1.5, -2], [-2, -2]); // 0.65705
 */
export const dpoLoss: LossSpec<
  Loss<
    [policyChosen: 1, policyRejected: 2, referenceChosen: 3, referenceRejected: Tensor],
    DpoOptions,
    "policyChosen" | "policyRejected",
    "policyChosen" | "policyRejected"
  >
> = {
  name: "dpoLoss",
  module: "logistic",
  arguments: [differentiable("policyChosen"), differentiable("policyRejected"), { name: "referenceChosen" }, { name: "referenceRejected" }],
  options: [positive("beta", 0.1), number("labelSmoothing", 0, "a number in [0, 0.5)", (smoothing) => smoothing >= 0 && smoothing < 0.5)],
  reductions: REDUCTIONS,
  javascript: pointwiseOf({ dpo: op }),
  run: (frame, backend) => {
    const [first, , chosen, rejected] = frame.operands as [Operand, Operand, Operand, Operand];
    if (first.shape.length !== 1) throw rangeError(frame.loss, first.place, "shape (N)", shapeText(first.shape));
    frame.sameShapes();
    const n = first.size;
    frame.prepareOutputs(n);
    // two operands of four enter by their difference alone, so that the op has three
    const data = make(frame.dtype, n);
    for (let i = 0; i < n; i++) data[i] = (chosen.data[i] as number) - (rejected.data[i] as number);
    const [beta, smoothing] = frame.options as [number, number];
    const denominator = frame.divisor(n);
    const sum = evaluate(frame, backend(), ["dpo", beta, smoothing], n, denominator, frame.outValue, null, { data, broadcast: null });
    return frame.value(sum, denominator);
  },
};
