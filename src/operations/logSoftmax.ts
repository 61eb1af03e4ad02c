import { crossEntropy } from "../backend/js/classes.js";
import type { LossSpec } from "../call/spec.js";
import { dimOption, normalised } from "../families/axes.js";
import type { Operation1 } from "../types.js";
import type { SoftmaxOptions } from "./softmax.js";

/**
 * x − log Σ e^x along an axis: the logarithm of softmax without its underflow. PyTorch: `F.log_softmax`.
 *
 * Shape of the input, flat. Option `dim`, required: the axis, negative from the end.
 * Throws RangeError for an axis that is none.
 * @example
 * logSoftmax(tensor([2, 1, 0], [1, 3]), { dim: -1 }); // [-0.40761, -1.4076, -2.4076]
 */
export const logSoftmax: LossSpec<Operation1<SoftmaxOptions>> = {
  name: "logSoftmax",
  module: "classes",
  arguments: [{ name: "input" }],
  options: [dimOption(false)],
  reductions: [],
  javascript: { crossEntropy },
  run: (frame, backend) => normalised(frame, backend, true),
};
