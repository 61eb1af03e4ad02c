import { inBatch } from "../backend/js/inBatch.js";
import { INFO_NCE } from "../backend/protocol.js";
import type { Operand } from "../call/operand.js";
import { boolean, differentiable, integersOption, positive, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { compute, fitSides, readLabels } from "../families/inBatch.js";
import type { Classes, Loss } from "../types.js";

export interface InfoNceOptions {
  /** What the products of query and key are divided by. */
  temperature?: number | undefined;
  /** Whether rows are divided by their norms first. */
  normalize?: boolean | undefined;
  /** Whether the loss is the mean of that from query to key and that from key to query; then M = N. */
  symmetric?: boolean | undefined;
  /** An integer for each key: a key of the same group as a query's own is no negative of it. */
  groups?: Classes | undefined;
}

/**
 * InfoNCE with the rest of the batch as negatives: lse_j s_ij − s_ii, s_ij = query_i · key_j / temperature. Key i is query i's own; keys beyond N (a queue, hard
 * negatives) are negatives of every query. No matrix of N × M is made. PyTorch: `F.cross_entropy(q @ k.T / temperature, arange(N))` after `F.normalize`.
 *
 * Shapes: query (N, D), key (M, D), M ≥ N; the losses are (N). Options: `temperature` = 0.07 (> 0), `normalize` = true (rows over max(‖·‖, 1e-12)), `symmetric` = false
 * (the mean of it and of the same from key to query; wants M = N), `groups` (M integers: key j ≠ i with groups[j] = groups[i] is left out of row i),
 * `reduction` = "mean" (over N).
 * Gradient: of query and of key, smooth; through the norm too, but not where it is below 1e-12.
 * Throws RangeError for shapes that do not fit, fewer keys than queries, a temperature that is not above 0; TypeError for groups that are no integers.
 * Source: van den Oord, Li, Vinyals, Representation Learning with Contrastive Predictive Coding, 2018; groups as in Khosla et al., 2020.
 * @example
 * infoNceLoss(tensor([1, 0, 0, 2], [2, 2]), tensor([3, 0, 0, 1], [2, 2]), { temperature: 0.5 }); // 0.12693
 */
export const infoNceLoss: LossSpec<Loss<[query: 1, key: 2], InfoNceOptions, "query" | "key", "query" | "key">> = {
  name: "infoNceLoss",
  module: "inBatch",
  arguments: [differentiable("query"), differentiable("key")],
  options: [positive("temperature", 0.07), boolean("normalize", true), boolean("symmetric", false), integersOption("groups")],
  reductions: REDUCTIONS,
  javascript: { inBatch },
  run: (frame, backend) => {
    const [temperature, normalize, symmetric] = frame.options as [number, boolean, boolean];
    const sides = fitSides(frame, !symmetric);
    const groups = frame.operands[2] as Operand;
    const labels = groups.given ? readLabels(frame, groups, sides.cols) : null;
    frame.prepareOutputs(sides.rows);
    return compute(frame, backend, { ...sides, kind: INFO_NCE, labels, factor: 1 / temperature, normalize, symmetric }, sides.rows);
  },
};
