import { pointwise } from "../backend/js/pointwise.js";
import type { FloatArray } from "../backend/seam.js";
import { Broadcast, broadcastWeight } from "../call/fit.js";
import { rangeError } from "../call/errors.js";
import { rowsOf } from "../families/vectors.js";
import type { Operand } from "../call/operand.js";
import { differentiable, type LossSpec, REDUCTIONS, tensorOption } from "../call/spec.js";
import type { Loss, Tensor } from "../types.js";
import { plainKernel } from "./bceWithLogits.js";

export interface MultiLabelSoftMarginOptions {
  /** Factor of each element, broadcast to the input's shape: typically one per class, (C). */
  weight?: Tensor | undefined;
}

/**
 * Multi-label soft margin: the mean over the classes of −t log σ(x) − (1 − t) log σ(−x), bceWithLogitsLoss per sample. PyTorch:
 * `F.multilabel_soft_margin_loss`.
 *
 * Shapes: input and target alike, (C) or (…, C); "none" gives the shape without the last axis. Options: `weight` (broadcasts to the input's shape),
 * `reduction` = "mean" (of the samples' means).
 * Gradient: weight (σ(x) − t) / C. Smooth.
 * Throws RangeError where the shapes differ.
 * Source: torch/nn/functional.py multilabel_soft_margin_loss.
 */
export const multiLabelSoftMarginLoss: LossSpec<Loss<[input: 1, target: 2], MultiLabelSoftMarginOptions, "input", "input">> = {
  name: "multiLabelSoftMarginLoss",
  arguments: [differentiable("input"), { name: "target" }],
  options: [tensorOption("weight")],
  reductions: REDUCTIONS,
  javascript: { pointwise },
  run: (frame, backend) => {
    const [input, target] = frame.operands as [Operand, Operand];
    const { shape, size } = input;
    if (shape.length === 0) throw rangeError(frame.loss, input.place, "at least one axis, of classes", "a 0-D tensor");
    frame.sameShapes();
    broadcastWeight(frame, frame.weight);
    const { rows, dims } = rowsOf(shape);
    frame.prepareOutputs(rows);
    const { outValue, gradOutput } = frame;
    const denominator = dims * (frame.reduction === "mean" ? rows : 1);
    const each: FloatArray | null = outValue ? new Float64Array(size) : null;
    const perRow = new Broadcast([rows, 1], [rows, dims]);
    let sum = 0;
    if (size > 0) {
      sum = backend().pointwise({
        kernel: plainKernel.name,
        loop: plainKernel.loop,
        fused: null,
        dtype: frame.dtype,
        n: size,
        a: input,
        b: target,
        c: null,
        p: 0,
        q: 0,
        weight: frame.weight.given ? frame.weight : null,
        scale: frame.upstream / denominator,
        gradOutput: gradOutput.given ? { data: gradOutput.data, broadcast: perRow } : null,
        values: each,
        gradA: frame.outs[0] ?? null,
        gradB: null,
        gradC: null,
      });
    }
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
