import { cosine } from "../backend/js/vectors.js";
import { differentiable, labels, number, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { compute, fitPairs } from "../families/vectors.js";
import type { Loss } from "../types.js";

export interface CosineEmbeddingOptions {
  /** How similar dissimilar pairs may be; 0 to 0.5 are usual. */
  margin?: number | undefined;
}

/**
 * Cosine embedding: 1 − cos for target 1, max(0, cos − margin) for target −1, 0 for any other. For similarity of embeddings. PyTorch: `F.cosine_embedding_loss`.
 *
 * cos = Σ x1 x2 / √((Σ x1² + 1e-12) (Σ x2² + 1e-12)). Shapes: inputs (N, D) with target (N), or (D), which a flat array is, with a target () or (1); target may be integers.
 * Options: `margin` = 0, `reduction` = "mean" (over all pairs, those of another target included).
 * Gradient: −∂cos, or ∂cos where cos − margin is at least 0. A zero vector has cos 0 and a gradient that is finite but huge, near 1e6.
 * Throws RangeError where the shapes do not fit.
 * Source: ATen/native/Loss.cpp cosine_embedding_loss.
 * @example
 * cosineEmbeddingLoss(tensor([1, 0, 1, 1], [2, 2]), tensor([1, 1, 1, 0], [2, 2]), [1, -1]); // 0.5
 */
export const cosineEmbeddingLoss: LossSpec<Loss<[input1: 1, input2: 2, target: "labels"], CosineEmbeddingOptions, "input1" | "input2", "input1" | "input2">> = {
  name: "cosineEmbeddingLoss",
  module: "vectors",
  arguments: [differentiable("input1"), differentiable("input2"), labels("target")],
  options: [number("margin", 0)],
  reductions: REDUCTIONS,
  javascript: { cosine },
  run: (frame, backend) => {
    const { rows, dims, sign } = fitPairs(frame);
    frame.prepareOutputs(rows);
    return compute(frame, backend, rows, dims, 2, { run: "cosine", margin: frame.options[0] as number, sign });
  },
};
