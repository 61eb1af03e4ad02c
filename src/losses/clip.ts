import { inBatch } from "../backend/js/inBatch.js";
import { INFO_NCE } from "../backend/protocol.js";
import { differentiable, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { compute, fitSides, readScalar } from "../families/inBatch.js";
import type { Loss } from "../types.js";

/**
 * CLIP: ½ (lse over row i + lse over column i) − s_ii, s_ij = logitScale · image_i · text_j. No matrix of N × N is made. PyTorch: none; open_clip's `ClipLoss`.
 *
 * Shapes: image and text (N, D), not normalised here (open_clip's model does that before); logitScale a number, 0-D or (1): the factor itself, e^s where a model
 * learns its logarithm s. The losses are (N). Option: `reduction` = "mean" (over N).
 * Gradient: of image, text and logitScale (an array of one element), smooth.
 * Throws RangeError where the shapes differ or logitScale is not one number.
 * Source: Radford et al., Learning Transferable Visual Models From Natural Language Supervision, 2021; open_clip.
 * @example
 * clipLoss(tensor([1, 0, 0, 1], [2, 2]), tensor([1, 0, 0, 1], [2, 2]), 2); // 0.12693
 */
export const clipLoss: LossSpec<
  Loss<[image: 1, text: 2, logitScale: 3], Record<never, never>, "image" | "text" | "logitScale", "image" | "text" | "logitScale">
> = {
  name: "clipLoss",
  module: "inBatch",
  arguments: [differentiable("image"), differentiable("text"), differentiable("logitScale")],
  options: [],
  reductions: REDUCTIONS,
  javascript: { inBatch },
  run: (frame, backend) => {
    const sides = fitSides(frame);
    const factor = readScalar(frame, 2);
    frame.prepareOutputs(sides.rows);
    return compute(frame, backend, { ...sides, kind: INFO_NCE, labels: null, factor, symmetric: true }, sides.rows);
  },
};
