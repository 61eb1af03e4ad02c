import { equalShapes } from "../array/shape.js";
import type { FloatArray } from "../array/typed.js";
import { crossEntropy } from "../backend/js/classes.js";
import type { Backend } from "../backend/seam.js";
import { rangeError, shapeText, typeError } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { differentiable, integer, number, positive, REDUCTIONS, tensorOption } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { checkClassWeight, classDim, classLayout, countOf, evaluate, layoutOf, readClasses, rowWeights } from "../families/classes.js";
import type { Loss, Targets, Tensor } from "../types.js";

export interface CrossEntropyOptions {
  /** One weight per class, (C). */
  weight?: Tensor | undefined;
  /** Samples of this class count for nothing; any integer, a class or not. Only for class targets. */
  ignoreIndex?: number | bigint | undefined;
  /** How much of each target is spread evenly over all classes, in [0, 1]. */
  labelSmoothing?: number | undefined;
  /** The axis of the classes; negative counts from the end: −1 for a language model's (B, T, V) with targets (B, T). */
  dim?: number | undefined;
  /** Logits count as c tanh(x / c), c > 0; a mask of −infinity stays one. */
  softcap?: number | undefined;
  /** Adds this times lse² for each sample that counts, never weighted; its mean is over their number. */
  zLoss?: number | undefined;
}

/**
 * Cross entropy of logits: w_y (lse − x_y), lse = log Σ e^x, for class targets; −Σ w_c t_c log p_c for probabilities. PyTorch: `F.cross_entropy`.
 *
 * Shapes: input (C), (N, C) or (N, C, d1 … dk); target is classes () or (1), (N) or (N, d1 … dk) in any integer array, or probabilities of the input's
 * shape in a float array; an input without a shape is (N, length / N). Options: `weight` (C), `ignoreIndex` = −100, `labelSmoothing` = 0, `dim` = 1,
 * `softcap` (none: x as it is; else c tanh(x / c)), `zLoss` = 0 (adds that times lse²), `reduction` = "mean" (over the weights of
 * the targets that are not ignored; with probabilities over samples).
 * Gradient: w_y (p − onehot(y)), of probability targets, with `wrt: ["target"]`, −w_c log p_c; zLoss k adds 2 k lse p. Rows that are
 * ignored get exactly 0, whatever they hold.
 * Kinks: masked logits (−infinity) are fine unless they are the target, or get some of it by smoothing: then the loss is infinite. All ignored,
 * or of weight 0: NaN.
 * Throws RangeError for classes outside [0, C), shapes that do not fit, a dim that is no axis, softcap <= 0, zLoss < 0, labelSmoothing outside
 * [0, 1], ignoreIndex >= 0 with probabilities.
 * Source: torch/nn/functional.py, ATen/native/LossNLL.cpp cross_entropy_loss; Szegedy et al., Rethinking the Inception Architecture, 2016 (smoothing).
 * @example
 * crossEntropyLoss(tensor([2, 1, 0, 0, 3, 0], [2, 3]), [0, 1]); // 0.25126
 * crossEntropyLoss.valueAndGrad(tensor([2, 1, 0], [1, 3]), [0]); // { value: 0.40761, grad: { input: [-0.33476, 0.24473, 0.090031] } }
 * crossEntropyLoss(tensor([2, 1, 0], [1, 3]), tensor([0.7, 0.2, 0.1], [1, 3])); // 0.80761
 */
export const crossEntropyLoss: LossSpec<Loss<[input: 1, target: Targets], CrossEntropyOptions, "input" | "target", "input">> = {
  name: "crossEntropyLoss",
  module: "classes",
  arguments: [differentiable("input"), { name: "target", differentiable: true, classes: true }],
  options: [
    tensorOption("weight"),
    integer("ignoreIndex", -100),
    number("labelSmoothing", 0, "a number in [0, 1]", (value) => value >= 0 && value <= 1),
    classDim(),
    // 0, which cannot be given, is none
    positive("softcap", 0),
    number("zLoss", 0, "a finite number >= 0", (value) => value >= 0 && value < Number.POSITIVE_INFINITY),
  ],
  reductions: REDUCTIONS,
  javascript: { crossEntropy },
  run: (frame, backend) => {
    const [input, target] = frame.operands as [Operand, Operand];
    const soft = target.isFloat || (target.tag === "" && equalShapes(target.shape, input.shape));
    return soft ? againstProbabilities(frame, input, target, backend) : againstClasses(frame, input, target, backend);
  },
};

/**
 * What smoothing leaves where it is, and what it gives each class. One class alone gets neither: its loss is 0 whatever its target, and without one no
 * rounding is left beside zLoss in the gradient.
 */
function shares(classes: number, smoothing: number): [keep: number, uniform: number] {
  return classes === 1 ? [0, 0] : [1 - smoothing, smoothing / classes];
}

function againstClasses(frame: Frame, input: Operand, target: Operand, backend: () => Backend): number | FloatArray {
  const { options, outs } = frame;
  const weight = frame.operands[2] as Operand;
  if (frame.wanted[1]) throw typeError(frame.loss, 'option "wrt"', "differentiable names", '"target", which is classes here');
  const layout = classLayout(frame, input, target, options[3] as number);
  const samples = layout.outer * layout.inner;
  checkClassWeight(frame, weight, layout.classes);
  frame.prepareOutputs(samples);
  const [keep, uniform] = shares(layout.classes, options[2] as number);
  const zLoss = options[5] as number;
  if (zLoss > 0 && weight.given && frame.totals) {
    throw rangeError(frame.loss, 'option "zLoss"', "no weight beside it: the mean of both has two denominators, totals one", String(zLoss));
  }
  const { index, weightSum } = readClasses(frame, target, layout.classes, weight, options[1] as number | bigint);
  const denominator = frame.divisor(weightSum);
  const targets = {
    index,
    rowWeight: rowWeights(weight, index, samples, keep),
    dense: uniform > 0,
    target: null,
    keep: 0,
    uniform,
    classWeight: weight.given ? weight.data : null,
    softcap: options[4] as number,
    // the mean of lse² is over samples, that of the rest may be over their weights: what stands before the division makes up for it
    zLoss: zLoss > 0 && weight.given ? (zLoss * denominator) / frame.divisor(countOf(index, samples)) : zLoss,
  };
  // without weight the mean of what smoothing adds is none either, infinite as the quotient would be
  const none = denominator === 0 ? Number.NaN : 1;
  const sum = evaluate(frame, backend, layout, targets, (none * frame.upstream) / denominator, frame.outValue, outs[0] ?? null, null);
  return frame.value(none * sum, denominator);
}

function againstProbabilities(frame: Frame, input: Operand, target: Operand, backend: () => Backend): number | FloatArray {
  const { loss, options, outs } = frame;
  const weight = frame.operands[2] as Operand;
  target.convert(loss, frame.dtype);
  if (!equalShapes(target.shape, input.shape)) {
    throw rangeError(loss, target.place, `probabilities of shape ${shapeText(input.shape)}, or integers`, shapeText(target.shape));
  }
  if ((options[1] as number | bigint) >= 0)
    throw rangeError(loss, 'option "ignoreIndex"', "a negative number with probabilities as target", String(options[1]));
  const layout = layoutOf(frame, input, options[3] as number);
  const samples = layout.outer * layout.inner;
  checkClassWeight(frame, weight, layout.classes);
  frame.prepareOutputs(samples);
  const [keep, uniform] = shares(layout.classes, options[2] as number);
  const targets = {
    index: null,
    rowWeight: null,
    dense: true,
    target: target.data,
    keep,
    uniform,
    classWeight: weight.given ? weight.data : null,
    softcap: options[4] as number,
    zLoss: options[5] as number,
  };
  const denominator = frame.divisor(samples);
  const sum = evaluate(frame, backend, layout, targets, frame.upstream / denominator, frame.outValue, outs[0] ?? null, outs[1] ?? null);
  return frame.value(sum, denominator);
}
