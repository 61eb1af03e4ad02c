import { crossEntropy } from "../backend/js/classes.js";
import type { LossSpec } from "../call/spec.js";
import { dimOption, normalised } from "../families/axes.js";
import type { Operation1 } from "../types.js";

export interface SoftmaxOptions {
  /** The axis; negative counts from the end. */
  dim: number;
}

/**
 * e^x / Σ e^x along an axis, the largest subtracted first. PyTorch: `F.softmax`.
 *
 * Shape of the input, flat. Option `dim`, required: the axis, negative from the end. A slice that is all −infinity, or has NaN or +infinity, is NaN.
 * Throws RangeError for an axis that is none.
 * @example
 * softmax(tensor([2, 1, 0, 0, 3, 0], [2, 3]), { dim: -1 }); // [0.66524, 0.24473, 0.090031, 0.045279, 0.90944, 0.045279]
 */
export const softmax: LossSpec<Operation1<SoftmaxOptions>> = {
  name: "softmax",
  module: "classes",
  arguments: [{ name: "input" }],
  options: [dimOption(false)],
  reductions: [],
  javascript: { crossEntropy },
  run: (frame, backend) => normalised(frame, backend, false),
};
