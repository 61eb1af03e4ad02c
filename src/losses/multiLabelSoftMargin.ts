import { Broadcast } from "../array/broadcast.js";
import { rowsOf } from "../array/shape.js";
import { pointwiseOf } from "../backend/js/pointwise.js";
import { rangeError } from "../call/errors.js";
import { broadcastOptions } from "../call/fit.js";
import type { Operand } from "../call/operand.js";
import { differentiable, labels, REDUCTIONS, tensorOption } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { evaluate } from "../families/pointwise.js";
import type { Loss, Tensor } from "../types.js";
import { logitsOp } from "./bceWithLogits.js";

export interface MultiLabelSoftMarginOptions {
  /** Factor of each element, broadcast to the input's shape: typically one per class, (C). */
  weight?: Tensor | undefined;
}

/**
 * Multi-label soft margin: the mean over the classes of −t log σ(x) − (1 − t) log σ(−x), bceWithLogitsLoss per sample. PyTorch:
 * `F.multilabel_soft_margin_loss`.
 *
 * Shapes: input and target alike, (C) or (…, C), target also integers or booleans; "none" gives the shape without the last axis. Options: `weight` (broadcasts to the input's shape),
 * `reduction` = "mean" (of the samples' means).
 * Gradient: weight (σ(x) − t) / C. Smooth.
 * Throws RangeError where the shapes differ.
 * Source: torch/nn/functional.py multilabel_soft_margin_loss.
 * @example
 * multiLabelSoftMarginLoss(tensor([1, -1, 2], [1, 3]), tensor([1, 0, 1], [1, 3])); // 0.25115
 */
export const multiLabelSoftMarginLoss: LossSpec<Loss<[input: 1, target: "labels"], MultiLabelSoftMarginOptions, "input", "input">> = {
  name: "multiLabelSoftMarginLoss",
  module: "likelihoods",
  arguments: [differentiable("input"), labels("target")],
  options: [tensorOption("weight")],
  reductions: REDUCTIONS,
  javascript: pointwiseOf({ bceWithLogits: logitsOp }),
  run: (frame, backend) => {
    const [input, , weight] = frame.operands as [Operand, Operand, Operand];
    const { shape, size } = input;
    if (shape.length === 0) throw rangeError(frame.loss, input.place, "at least one axis, of classes", "a 0-D tensor");
    const { rows, dims } = rowsOf(broadcastOptions(frame));
    frame.prepareOutputs(rows);
    const { outValue, gradOutput } = frame;
    const denominator = dims * frame.divisor(rows);
    const each = outValue && new Float64Array(size);
    const perRow = gradOutput.given ? { data: gradOutput.data, broadcast: new Broadcast([rows, 1], [rows, dims]) } : null;
    const sum = evaluate(frame, backend(), ["bceWithLogits", 0, 0], size, denominator, each, weight.given ? weight : null, null, perRow);
    if (each && outValue) {
      for (let row = 0, at = 0; row < rows; row++) {
        let total = 0;
        for (let c = 0; c < dims; c++) total += each[at++] as number;
        outValue[row] = total / dims;
      }
    }
    return frame.value(sum, denominator);
  },
};
