import { equalShapes } from "../array/shape.js";
import { margins } from "../backend/js/margins.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { differentiable, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { checkIntegers } from "../families/classes.js";
import { compute } from "../families/margins.js";
import type { Classes, Loss } from "../types.js";

export type MultiLabelMarginOptions = Record<never, never>;

/**
 * Multi-label margin: 1 / C Σ_{j ∈ T} Σ_{i ∉ T} max(0, 1 − x_j + x_i) for the set T of a sample's classes. PyTorch: `F.multilabel_margin_loss`.
 *
 * Shapes: input (C) or (N, C), a 0-D one is a single class; target alike, integers: each row a list of classes that the first −1 ends, what follows is not looked at.
 * Options: `reduction` = "mean" (over samples).
 * Gradient: ±1 / C per pair whose hinge is above 0, not at 0. NaN adds nothing.
 * Throws RangeError for a class outside [−1, C) and shapes that differ.
 * Source: ATen/native/LossMultiLabelMargin.cpp.
 * @example
 * multiLabelMarginLoss(tensor([0.1, 0.2, 0.4, 0.8], [1, 4]), tensor([3, 0, -1, 1], [1, 4])); // 0.85
 */
export const multiLabelMarginLoss: LossSpec<Loss<[input: 1, target: Classes], MultiLabelMarginOptions, "input", "input">> = {
  name: "multiLabelMarginLoss",
  module: "margins",
  arguments: [differentiable("input"), { name: "target", classes: true }],
  options: [],
  reductions: REDUCTIONS,
  javascript: { margins },
  run: (frame, backend) => {
    const [input, target] = frame.operands as [Operand, Operand];
    const { shape } = input;
    if (shape.length > 2) throw rangeError(frame.loss, input.place, "shape (C) or (N, C)", shapeText(shape));
    // one class has an axis or none, in the target as in the input
    const single = input.size === 1 && target.size === 1 && shape.length < 2 && target.shape.length < 2;
    if (!single && !equalShapes(target.shape, shape))
      throw rangeError(frame.loss, target.place, `the shape of ${input.place}, ${shapeText(shape)}`, shapeText(target.shape));
    const classes = shape.length === 0 ? 1 : (shape[shape.length - 1] as number);
    const rows = shape.length === 2 ? (shape[0] as number) : 1;
    frame.prepareOutputs(rows);
    return compute(frame, backend, rows, classes, readLists(frame, target, rows, classes), classes, null, false, 1);
  },
};

/** The lists of all rows, each ended by -1. */
function readLists(frame: Frame, target: Operand, rows: number, classes: number): Int32Array {
  checkIntegers(frame, target, "class indices (integers)");
  const given = target.raw as ArrayLike<number | bigint>;
  const lists = new Int32Array(rows * classes).fill(-1);
  for (let row = 0; row < rows && classes > 0; row++) {
    for (let i = row * classes; i < (row + 1) * classes; i++) {
      const y = Number(given[i]);
      if (y === -1) break;
      if (!(Number.isInteger(y) && y >= 0 && y < classes))
        throw rangeError(frame.loss, `${target.place}[${i}]`, `a class in [0, ${classes}), or -1`, String(given[i]));
      lists[i] = y;
    }
  }
  return lists;
}
