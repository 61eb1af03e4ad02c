import { inBatch } from "../backend/js/inBatch.js";
import { NT_XENT } from "../backend/protocol.js";
import type { Operand } from "../call/operand.js";
import { boolean, differentiable, positive } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { compute, fitEmbeddings, othersOf, readLabels } from "../families/inBatch.js";
import type { Classes, Loss } from "../types.js";

export interface NtXentOptions {
  /** What the products are divided by. */
  temperature?: number | undefined;
  /** Whether rows are divided by their norms first. */
  normalize?: boolean | undefined;
}

/**
 * NT-Xent (SimCLR): over all ordered pairs (i, p) of one label, p ≠ i, log(e^s_ip + Σ_n e^s_in) − s_ip, n the rows of other labels; s_ij = e_i · e_j / temperature.
 * Two views of a sample have its label. No matrix of N × N is made. PyTorch: none; as optax's `ntxent` has it.
 *
 * Shapes: embeddings (N, D), labels (N), any integers. Options: `temperature` = 0.07 (> 0), `normalize` = true (rows over max(‖·‖, 1e-12)), `reduction` = "mean"
 * (over the pairs; there is no "none", since the losses are of pairs). Without a pair the mean is NaN and the gradient 0. Totals count anchors that have a pair, and
 * weigh each by its pairs.
 * Gradient: of embeddings, smooth; through the norm too, but not where it is below 1e-12.
 * Throws RangeError for shapes that do not fit, a temperature that is not above 0, reduction "none"; TypeError for labels that are no integers.
 * Source: Chen et al., A Simple Framework for Contrastive Learning of Visual Representations, ICML 2020.
 * @example
 * ntXentLoss(tensor([1, 0, 1, 0, 0, 1, 0, 1], [4, 2]), [0, 0, 1, 1], { temperature: 0.5 }); // 0.23954
 */
export const ntXentLoss: LossSpec<Loss<[embeddings: 1, labels: Classes], NtXentOptions, "embeddings", "embeddings", "mean" | "sum">> = {
  name: "ntXentLoss",
  module: "inBatch",
  arguments: [differentiable("embeddings"), { name: "labels", classes: true }],
  options: [positive("temperature", 0.07), boolean("normalize", true)],
  reductions: ["mean", "sum"],
  javascript: { inBatch },
  run: (frame, backend) => {
    const [temperature, normalize] = frame.options as [number, boolean];
    const sides = fitEmbeddings(frame);
    const labels = readLabels(frame, frame.operands[1] as Operand, sides.rows);
    const others = othersOf(labels);
    frame.prepareOutputs(sides.rows);
    if (frame.totals) {
      frame.counted = others.filter((count) => count > 0).length;
      frame.terms = Float64Array.from(others);
    }
    const pairs = others.reduce((sum, count) => sum + count, 0);
    return compute(frame, backend, { ...sides, kind: NT_XENT, labels, factor: 1 / temperature, normalize }, pairs);
  },
};
