import { margins } from "../backend/js/classes.js";
import type { Backend, FloatArray } from "../backend/seam.js";
import { rangeError, shapeText } from "../call/errors.js";
import { checkClassWeight, checkIntegers, classLayout, readClasses, rowWeights } from "../families/classes.js";
import { equalShapes, type Frame } from "../call/frame.js";
import { fillElements, type Operand } from "../call/operand.js";
import { differentiable, type LossSpec, number, REDUCTIONS, tensorOption } from "../call/spec.js";
import type { Classes, Loss, Tensor } from "../types.js";

export interface MultiMarginOptions {
  /** The power of the hinges: 1 or 2. */
  p?: 1 | 2 | undefined;
  /** By how much the target's score must lead. */
  margin?: number | undefined;
  /** One weight per class, (C). */
  weight?: Tensor | undefined;
}

export type MultiLabelMarginOptions = Record<never, never>;

/**
 * Multi-class margin: w_y / C Σ_{i ≠ y} max(0, margin − x_y + x_i)^p, the multi-class hinge loss. PyTorch: `F.multi_margin_loss`.
 *
 * Shapes: input (C) or (N, C), target classes () or (N) in any integer array; an input without a shape is (N, length / N). Options: `p` = 1 (or 2),
 * `margin` = 1, `weight` (C), `reduction` = "mean" (over samples).
 * Gradient: only where the hinge is above 0, not at 0: unlike the losses that PyTorch makes of clamps. NaN adds nothing. An empty batch: mean NaN, sum 0.
 * Throws RangeError for a class outside [0, C), p other than 1 and 2, and shapes that do not fit.
 * Source: ATen/native/LossMultiMargin.cpp.
 */
export const multiMarginLoss: LossSpec<Loss<[input: 1, target: Classes], MultiMarginOptions, "input", "input">> = {
  name: "multiMarginLoss",
  arguments: [differentiable("input"), { name: "target", classes: true }],
  options: [number("p", 1, "1 or 2", (value) => value === 1 || value === 2), number("margin", 1), tensorOption("weight")],
  reductions: REDUCTIONS,
  javascript: { margins },
  run: (frame, backend) => {
    const [input, target] = frame.operands as [Operand, Operand];
    const [p, margin] = frame.options as [number, number];
    if (input.shape.length > 2) throw rangeError(frame.loss, input.place, "shape (C) or (N, C)", shapeText(input.shape));
    const { outer: rows, classes } = classLayout(frame, input, target);
    checkClassWeight(frame, classes);
    frame.prepareOutputs(rows);
    const { index } = readClasses(frame, target, classes);
    return compute(frame, backend, rows, classes, index, 1, rowWeights(frame, index, rows, 1), p === 2, margin);
  },
};

/**
 * Multi-label margin: 1 / C Σ_{j ∈ T} Σ_{i ∉ T} max(0, 1 − x_j + x_i) for the set T of a sample's classes. PyTorch: `F.multilabel_margin_loss`.
 *
 * Shapes: input (C) or (N, C); target alike, integers: each row a list of classes that the first −1 ends, what follows is not looked at.
 * Options: `reduction` = "mean" (over samples).
 * Gradient: ±1 / C per pair whose hinge is above 0, not at 0. NaN adds nothing.
 * Throws RangeError for a class outside [−1, C) and shapes that differ.
 * Source: ATen/native/LossMultiLabelMargin.cpp.
 */
export const multiLabelMarginLoss: LossSpec<Loss<[input: 1, target: Classes], MultiLabelMarginOptions, "input", "input">> = {
  name: "multiLabelMarginLoss",
  arguments: [differentiable("input"), { name: "target", classes: true }],
  options: [],
  reductions: REDUCTIONS,
  javascript: { margins },
  run: (frame, backend) => {
    const [input, target] = frame.operands as [Operand, Operand];
    const { shape } = input;
    if (shape.length !== 1 && shape.length !== 2) throw rangeError(frame.loss, input.place, "shape (C) or (N, C)", shapeText(shape));
    if (!equalShapes(target.shape, shape))
      throw rangeError(frame.loss, target.place, `the shape of ${input.place}, ${shapeText(shape)}`, shapeText(target.shape));
    const classes = shape[shape.length - 1] as number;
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
  for (let row = 0; row < rows; row++) {
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

function compute(
  frame: Frame,
  backend: () => Backend,
  rows: number,
  classes: number,
  index: Int32Array,
  listed: number,
  rowWeight: Float64Array | null,
  square: boolean,
  margin: number,
): number | FloatArray {
  const denominator = frame.reduction === "mean" ? rows : 1;
  const values = frame.outValue;
  let sum = 0;
  if (rows * classes > 0) {
    sum = backend().margins({
      dtype: frame.dtype,
      x: (frame.operands[0] as Operand).data,
      rows,
      classes,
      index,
      listed,
      rowWeight,
      square,
      margin,
      scale: frame.upstream / denominator,
      gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
      values,
      grad: frame.outs[0] ?? null,
    });
  } else if (values) fillElements.call(values, 0);
  return frame.value(sum, denominator);
}
