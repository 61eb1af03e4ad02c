import { type FloatArray, fillElements } from "../array/typed.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { differentiable, integer, REDUCTIONS, tensorOption } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { checkClassWeight, classDim, classLayout, readClasses } from "../families/classes.js";
import type { Classes, Loss, Tensor } from "../types.js";

export interface NllOptions {
  /** One weight per class, (C). */
  weight?: Tensor | undefined;
  /** Samples of this class count for nothing; any integer, a class or not. */
  ignoreIndex?: number | bigint | undefined;
  /** The axis of the classes; negative counts from the end. */
  dim?: number | undefined;
}

/**
 * Negative log-likelihood of log-probabilities: −w_y x_y. Together with logSoftmax it is crossEntropyLoss. PyTorch: `F.nll_loss`.
 *
 * Shapes: input (C), (N, C) or (N, C, d1 … dk), target classes () or (1), (N) or (N, d1 … dk) in any integer array; an input without a shape is
 * (N, length / N). Options: `weight` (C), `ignoreIndex` = −100, `dim` = 1 (the axis of the classes: −1 for (B, T, V) with (B, T)), `reduction` = "mean" (divides by the sum of the weights of the targets).
 * Gradient: −w_y at the target, 0 elsewhere and for ignored samples, of which the input is not even read. All ignored: mean NaN, gradient 0.
 * Throws RangeError for a class outside [0, C) that is not ignoreIndex, a dim that is no axis, and shapes that do not fit.
 * Source: torch/nn/functional.py nll_loss, ATen/native/LossNLL.cpp.
 * @example
 * nllLoss(logSoftmax(tensor([2, 1, 0, 0, 3, 0], [2, 3]), { dim: 1 }), [0, 1]); // 0.25126
 * nllLoss(tensor([-0.5, -1, -3, -2, -0.25, -2], [2, 3]), [0, 1], { reduction: "none" }); // [0.5, 0.25]
 */
export const nllLoss: LossSpec<Loss<[input: 1, target: Classes], NllOptions, "input", "input">> = {
  name: "nllLoss",
  arguments: [differentiable("input"), { name: "target", classes: true }],
  options: [tensorOption("weight"), integer("ignoreIndex", -100), classDim()],
  reductions: REDUCTIONS,
  // One element of each row is read and one written: a gather and a scatter, which no kernel could do faster than the copy to it takes.
  javascript: {},
  run: gather,
};

function gather(frame: Frame): number | FloatArray {
  const [input, target, weight] = frame.operands as [Operand, Operand, Operand];
  const { outer, classes, inner } = classLayout(frame, input, target, frame.options[2] as number);
  checkClassWeight(frame, weight, classes);
  frame.prepareOutputs(outer * inner);
  const usual = inner === 1 && target.tag === "Int32Array" && !weight.given && !frame.outValue && !frame.outs[0];
  if (usual && input.data instanceof Float32Array) {
    const sum = usualSum(input.data, target.raw as Int32Array, outer, classes, Number(frame.options[1]));
    if (counted >= 0) return frame.value(sum, frame.divisor(counted));
  }
  const { index, weightSum } = readClasses(frame, target, classes, weight, frame.options[1] as number | bigint);
  const x = input.data;
  const weights = weight.given ? weight.data : null;
  const values = frame.outValue;
  const grad = frame.outs[0];
  const gradOutput = frame.gradOutput.given ? frame.gradOutput.data : null;
  const denominator = frame.divisor(weightSum);
  const scale = frame.upstream / denominator;
  const sum = inner === 1 && !weights && !values ? plainSum(x, index, outer, classes) : weightedSum(x, index, outer, classes, inner, weights, values);
  if (grad) {
    fillElements.call(grad, 0);
    let sample = 0;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++, sample++) {
        const y = index[sample] as number;
        if (y < 0) continue;
        const upstream = gradOutput ? scale * (gradOutput[sample] as number) : scale;
        grad[(o * classes + y) * inner + i] = -(weights ? (weights[y] as number) * upstream : upstream);
      }
    }
  }
  return frame.value(sum, denominator);
}

/** How many samples the last pass counted; -1 where it met what is no class: who reads the classes one by one says which. */
let counted = 0;

/** The usual value, by functions that only ever see these two kinds of array. */
function usualSum(x: Float32Array, y: Int32Array, rows: number, classes: number, ignore: number): number {
  // what is neither negative nor beyond the last: no sign bit in either
  const last = classes - 1;
  let signs = 0;
  for (let row = 0; row < rows; row++) signs |= (y[row] as number) | (last - (y[row] as number));
  if (signs < 0 || (ignore >= 0 && ignore < classes)) return checkedSum(x, y, rows, classes, ignore);
  counted = rows;
  // nearly each load misses the cache: nothing else in the loop, so that many of them are under way
  let even = 0;
  let odd = 0;
  let base = 0;
  let row = 0;
  for (; row < rows - 1; row += 2, base += 2 * classes) {
    even -= x[base + (y[row] as number)] as number;
    odd -= x[base + classes + (y[row + 1] as number)] as number;
  }
  if (row < rows) even -= x[base + (y[row] as number)] as number;
  return even + odd;
}

function checkedSum(x: Float32Array, y: Int32Array, rows: number, classes: number, ignore: number): number {
  let sum = 0;
  let ignored = 0;
  for (let row = 0, base = 0; row < rows; row++, base += classes) {
    const c = y[row] as number;
    if (c === ignore) ignored++;
    else if (c >>> 0 < classes) sum -= x[base + c] as number;
    else {
      counted = -1;
      return 0;
    }
  }
  counted = rows - ignored;
  return sum;
}

/** The same where a gradient is wanted too, one load per row. */
function plainSum(x: FloatArray, index: Int32Array, rows: number, classes: number): number {
  let sum = 0;
  for (let row = 0, base = 0; row < rows; row++, base += classes) {
    const y = index[row] as number;
    if (y >= 0) sum -= x[base + y] as number;
  }
  return sum;
}

function weightedSum(
  x: FloatArray,
  index: Int32Array,
  outer: number,
  classes: number,
  inner: number,
  weights: FloatArray | null,
  values: FloatArray | null,
): number {
  let sum = 0;
  let sample = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++, sample++) {
      const y = index[sample] as number;
      let value = 0;
      if (y >= 0) {
        value = -(x[(o * classes + y) * inner + i] as number);
        if (weights) value *= weights[y] as number;
      }
      sum += value;
      if (values) values[sample] = value;
    }
  }
  return sum;
}
