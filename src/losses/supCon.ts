import { inBatch } from "../backend/js/inBatch.js";
import { SUP_CON } from "../backend/protocol.js";
import type { Operand } from "../call/operand.js";
import { boolean, differentiable, positive, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { compute, fitEmbeddings, othersOf, readLabels } from "../families/inBatch.js";
import type { Classes, Loss } from "../types.js";

export interface SupConOptions {
  /** What the products are divided by. */
  temperature?: number | undefined;
  /** Whether rows are divided by their norms first. */
  normalize?: boolean | undefined;
}

/**
 * Supervised contrastive loss: of each anchor that has a positive −(1 / |P_i|) Σ_p (s_ip − lse_{j ≠ i} s_ij), P_i the other rows of its label, s_ij = e_i · e_j / temperature.
 * The paper's L_out, without its factor temperature / base temperature. No matrix of N × N is made. PyTorch has none.
 *
 * Shapes: embeddings (N, D), labels (N), any integers; the losses are (N), 0 for an anchor without a positive. Options: `temperature` = 0.1 (> 0),
 * `normalize` = true (rows over max(‖·‖, 1e-12)), `reduction` = "mean" (over the anchors that have a positive; without one NaN, and the gradient 0).
 * Gradient: of embeddings, smooth; through the norm too, but not where it is below 1e-12.
 * Throws RangeError for shapes that do not fit and a temperature that is not above 0; TypeError for labels that are no integers.
 * Source: Khosla et al., Supervised Contrastive Learning, NeurIPS 2020.
 * @example
 * supConLoss(tensor([1, 0, 1, 0, 0, 1, 0, 1], [4, 2]), [0, 0, 1, 1], { temperature: 0.5 }); // 0.23954
 */
export const supConLoss: LossSpec<Loss<[embeddings: 1, labels: Classes], SupConOptions, "embeddings", "embeddings">> = {
  name: "supConLoss",
  module: "inBatch",
  arguments: [differentiable("embeddings"), { name: "labels", classes: true }],
  options: [positive("temperature", 0.1), boolean("normalize", true)],
  reductions: REDUCTIONS,
  javascript: { inBatch },
  run: (frame, backend) => {
    const [temperature, normalize] = frame.options as [number, boolean];
    const sides = fitEmbeddings(frame);
    const labels = readLabels(frame, frame.operands[1] as Operand, sides.rows);
    const anchors = othersOf(labels).filter((count) => count > 0).length;
    frame.prepareOutputs(sides.rows);
    if (frame.totals) frame.counted = anchors;
    return compute(frame, backend, { ...sides, kind: SUP_CON, labels, factor: 1 / temperature, normalize }, anchors);
  },
};
