import { pointwise } from "../backend/js/pointwise.js";
import type { PointwiseLoop } from "../backend/seam.js";
import type { Operand } from "../call/operand.js";
import { type LossSpec, nonNegative } from "../call/spec.js";
import type { ArrayOf, Tensor } from "../types.js";

export interface SoftshrinkOptions {
  /** How much is taken off. */
  lambda?: number | undefined;
}

const loop: PointwiseLoop = (x, _t, _c, n, lambda, _q, _scale, values) => {
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
 */
export const softshrink: LossSpec<<T extends Tensor>(input: T, options?: SoftshrinkOptions) => ArrayOf<T>> = {
  name: "softshrink",
  arguments: [{ name: "input" }],
  options: [nonNegative("lambda", 0.5)],
  reductions: [],
  javascript: { pointwise },
  run: (frame, backend) => {
    const input = frame.operands[0] as Operand;
    frame.reduction = "none";
    frame.prepareOutputs(input.size);
    const call = {
      kernel: "softshrink",
      loop,
      fused: null,
      dtype: frame.dtype,
      n: input.size,
      a: input,
      b: input,
      c: null,
      p: frame.options[0] as number,
      q: 0,
      weight: null,
    };
    if (input.size > 0) backend().pointwise({ ...call, scale: 1, gradOutput: null, values: frame.outValue, gradA: null, gradB: null, gradC: null });
    return frame.value(0, 1);
  },
};
