import { bufferOf } from "../array/typed.js";
import { type PointwiseLoop, pointwiseOf } from "../backend/js/pointwise.js";
import type { Operand } from "../call/operand.js";
import { nonNegative } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { evaluate } from "../families/pointwise.js";
import type { ArrayOf, Tensor } from "../types.js";

export interface SoftshrinkOptions {
  /** How much is taken off. */
  lambda?: number | undefined;
}

const loop: PointwiseLoop = (x, _t, _c, n, lambda, _q, _scale, values) => {
  if (bufferOf.call(x) !== bufferOf.call(values)) {
    // without jumps that data would mispredict; an infinity makes NaN of it
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const above = (x[i] as number) - lambda;
      const below = (x[i] as number) + lambda;
      const value = 0.5 * (above + Math.abs(above) + (below - Math.abs(below)));
      sum += value;
      values[i] = value;
    }
    if (!Number.isNaN(sum)) return 0;
  }
  for (let i = 0; i < n; i++) {
    const value = x[i] as number;
    values[i] = value > lambda ? value - lambda : value < -lambda ? value + lambda : Number.isNaN(value) ? value : 0;
  }
  return 0;
};

/**
 * Soft shrinkage: x − lambda where x > lambda, x + lambda where x < −lambda, else 0; NaN passes. PyTorch: `F.softshrink`.
 *
 * Shape of the input, flat. Option `lambda` = 0.5 (>= 0).
 * Throws RangeError for a negative lambda.
 * @example
 * softshrink([-2, -0.25, 0.25, 2]); // [-1.5, 0, 0, 1.5]
 */
export const softshrink: LossSpec<<T extends Tensor>(input: T, options?: SoftshrinkOptions) => ArrayOf<T>> = {
  name: "softshrink",
  arguments: [{ name: "input" }],
  options: [nonNegative("lambda", 0.5)],
  reductions: [],
  module: "pointwise",
  javascript: pointwiseOf({ softshrink: { loop } }),
  run: (frame, backend) => {
    const { size } = frame.operands[0] as Operand;
    frame.reduction = "none";
    frame.prepareOutputs(size);
    evaluate(frame, backend(), ["softshrink", frame.options[0] as number, 0], size, 1, frame.outValue);
    return frame.value(0, 1);
  },
};
