import { fillElements } from "../array/typed.js";
import { hardest } from "../backend/js/hardest.js";
import type { Operand } from "../call/operand.js";
import { boolean, differentiable, number, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { fitEmbeddings, othersOf, readLabels } from "../families/inBatch.js";
import type { Classes, Loss } from "../types.js";

export interface BatchHardTripletOptions {
  /** How much nearer than the nearest negative the farthest positive has to be. */
  margin?: number | undefined;
  /** log(1 + e^difference) instead of the hinge; the margin is then not used. */
  soft?: boolean | undefined;
}

/**
 * Batch-hard triplets: of each anchor max(0, d⁺ − d⁻ + margin), d⁺ the distance of the farthest row of its label, d⁻ that of the nearest of another; or
 * log(1 + e^(d⁺ − d⁻)) if `soft`. d_ij = ‖e_i − e_j‖₂, of the differences themselves, so that rows that are alike are at 0. No matrix of N × N is made. PyTorch has none.
 *
 * Shapes: embeddings (N, D), labels (N), any integers; the losses are (N), 0 for an anchor without a positive or without a negative. Options: `margin` = 1 (any
 * number), `soft` = false, `reduction` = "mean" (over the anchors that have both; without one NaN, and the gradient 0).
 * Gradient: of embeddings, through the two distances of each anchor; of equal distances the row of the lower index has it. The hinge passes it at 0, a distance of
 * 0 has none.
 * Throws RangeError for shapes that do not fit; TypeError for labels that are no integers.
 * Source: Hermans, Beyer, Leibe, In Defense of the Triplet Loss for Person Re-Identification, 2017.
 * @example
 * batchHardTripletLoss(tensor([0, 1, 3, 5], [4, 1]), [0, 0, 1, 1]); // 0.25
 */
export const batchHardTripletLoss: LossSpec<Loss<[embeddings: 1, labels: Classes], BatchHardTripletOptions, "embeddings", "embeddings">> = {
  name: "batchHardTripletLoss",
  module: "inBatch",
  arguments: [differentiable("embeddings"), { name: "labels", classes: true }],
  options: [number("margin", 1), boolean("soft", false)],
  reductions: REDUCTIONS,
  javascript: { hardest },
  run: (frame, backend) => {
    const [margin, soft] = frame.options as [number, boolean];
    const { rows, dims } = fitEmbeddings(frame);
    const [embeddings, target] = frame.operands as [Operand, Operand];
    const labels = readLabels(frame, target, rows);
    const others = othersOf(labels);
    // a positive, and a row that is of no label but another
    const anchors = others.filter((count) => count > 0 && count < rows - 1).length;
    frame.prepareOutputs(rows);
    if (frame.totals) frame.counted = anchors;
    const denominator = frame.divisor(anchors);
    if (anchors === 0) {
      frame.zeroGradients();
      if (frame.outValue) fillElements.call(frame.outValue, 0);
      return frame.value(0, denominator);
    }
    const sum = backend().hardest({
      dtype: frame.dtype,
      rows,
      dims,
      x: embeddings.data,
      labels,
      soft,
      margin,
      scale: frame.upstream / denominator,
      gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
      values: frame.outValue,
      grad: frame.outs[0] ?? null,
    });
    return frame.value(sum, denominator);
  },
};
