import { inBatch } from "../backend/js/inBatch.js";
import { SIG_LIP } from "../backend/protocol.js";
import { differentiable, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { compute, fitSides, readScalar } from "../families/inBatch.js";
import type { Loss, Tensor } from "../types.js";

type Names = "image" | "text" | "logitScale" | "logitBias";

/**
 * SigLIP: Σ_j −log σ(z_ij (logitScale · image_i · text_j + logitBias)), z = 1 for j = i, else −1: each pair on its own. PyTorch: none; open_clip's `SigLipLoss`.
 *
 * Shapes: image and text (N, D), not normalised here; logitScale and logitBias a number, 0-D or (1). The losses are (N). Option: `reduction` = "mean" (over N, not
 * over the N² pairs).
 * Gradient: of image, text, logitScale and logitBias (arrays of one element), smooth.
 * Throws RangeError where the shapes differ or logitScale or logitBias is not one number.
 * Source: Zhai et al., Sigmoid Loss for Language Image Pre-Training, ICCV 2023; open_clip.
 * @example
 * sigLipLoss(tensor([1, 0, 0, 1], [2, 2]), tensor([1, 0, 0, 1], [2, 2]), 10, -10); // 0.69319
 */
export const sigLipLoss: LossSpec<Loss<[image: 1, text: 2, logitScale: 3, logitBias: Tensor], Record<never, never>, Names, Names>> = {
  name: "sigLipLoss",
  module: "inBatch",
  arguments: [differentiable("image"), differentiable("text"), differentiable("logitScale"), differentiable("logitBias")],
  options: [],
  reductions: REDUCTIONS,
  javascript: { inBatch },
  run: (frame, backend) => {
    const sides = fitSides(frame);
    const factor = readScalar(frame, 2);
    const bias = readScalar(frame, 3);
    frame.prepareOutputs(sides.rows);
    return compute(frame, backend, { ...sides, kind: SIG_LIP, labels: null, factor, bias }, sides.rows);
  },
};
