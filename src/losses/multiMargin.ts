import type { Layout } from "../array/shape.js";
import { margins } from "../backend/js/margins.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { differentiable, number, REDUCTIONS, tensorOption } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { checkClassWeight, classLayout, readClasses, rowWeights } from "../families/classes.js";
import { compute } from "../families/margins.js";
import type { Classes, Loss, Tensor } from "../types.js";

export interface MultiMarginOptions {
  /** The power of the hinges: 1 or 2. */
  p?: 1 | 2 | undefined;
  /** By how much the target's score must lead. */
  margin?: number | undefined;
  /** One weight per class, (C). */
  weight?: Tensor | undefined;
}

/**
 * Multi-class margin: w_y / C Σ_{i ≠ y} max(0, margin − x_y + x_i)^p, the multi-class hinge loss. PyTorch: `F.multi_margin_loss`.
 *
 * Shapes: input (C) or (N, C), a 0-D one is a single class; target classes (N) in any integer array, () or (1) for one sample; an input without a
 * shape is (N, length / N). Options: `p` = 1 (or 2), `margin` = 1, `weight` (C), `reduction` = "mean" (over samples).
 * Gradient: only where the hinge is above 0, not at 0: unlike the losses that PyTorch makes of clamps. NaN adds nothing. An empty batch: mean NaN, sum 0.
 * Throws RangeError for a class outside [0, C), p other than 1 and 2, and shapes that do not fit.
 * Source: ATen/native/LossMultiMargin.cpp.
 * @example
 * multiMarginLoss(tensor([0.1, 0.2, 0.4, 0.8], [1, 4]), [3]); // 0.325
 */
export const multiMarginLoss: LossSpec<Loss<[input: 1, target: Classes], MultiMarginOptions, "input", "input">> = {
  name: "multiMarginLoss",
  module: "margins",
  arguments: [differentiable("input"), { name: "target", classes: true }],
  options: [number("p", 1, "1 or 2", (value) => value === 1 || value === 2), number("margin", 1), tensorOption("weight")],
  reductions: REDUCTIONS,
  javascript: { margins },
  run: (frame, backend) => {
    const [input, target, weight] = frame.operands as [Operand, Operand, Operand];
    const [p, margin] = frame.options as [number, number];
    if (input.shape.length > 2) throw rangeError(frame.loss, input.place, "shape (C) or (N, C)", shapeText(input.shape));
    const { outer: rows, classes } = input.shaped ? layoutOf(frame, input, target) : classLayout(frame, input, target);
    checkClassWeight(frame, weight, classes);
    frame.prepareOutputs(rows);
    const { index } = readClasses(frame, target, classes, weight);
    return compute(frame, backend, rows, classes, index, 1, rowWeights(weight, index, rows, 1), p === 2, margin);
  },
};

/** One sample's class has an axis or none, as in PyTorch; elsewhere in losses of classes it has none. */
function layoutOf(frame: Frame, input: Operand, target: Operand): Layout {
  const { shape } = input;
  const rows = shape.length === 2 ? (shape[0] as number) : 1;
  if (target.size !== rows || target.shape.length > 1) {
    const expected = `shape ${rows === 1 ? "() or (1)" : shapeText([rows])} for ${input.place} of shape ${shapeText(shape)}`;
    throw rangeError(frame.loss, target.place, expected, shapeText(target.shape));
  }
  return { outer: rows, classes: shape.length === 0 ? 1 : (shape[shape.length - 1] as number), inner: 1 };
}
