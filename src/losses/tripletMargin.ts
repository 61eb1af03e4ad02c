import { distances } from "../backend/js/vectors.js";
import { type Backend, type FloatArray, TRIPLET_MARGIN, TRIPLET_RATIO } from "../backend/seam.js";
import { rangeError } from "../call/errors.js";
import { broadcastVectors, compute, rowsOf, type VectorsOptions } from "../families/vectors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { boolean, differentiable, type LossSpec, nonNegative, number, positive, REDUCTIONS } from "../call/spec.js";
import type { Loss } from "../types.js";

export interface TripletMarginOptions {
  /** By how much the negative must be farther than the positive. */
  margin?: number | undefined;
  /** The norm: any number >= 0, or Infinity. */
  p?: number | undefined;
  /** Added to every component of a difference. */
  eps?: number | undefined;
  /** Whether the negative's distance to the positive counts where it is smaller than that to the anchor. */
  swap?: boolean | undefined;
}

export type TripletRatioOptions = Pick<TripletMarginOptions, "eps" | "swap">;

const tensors = [differentiable("anchor"), differentiable("positive"), differentiable("negative")];
type Names = "anchor" | "positive" | "negative";

/**
 * Triplet margin: max(0, margin + d(a, p) − d(a, n)), d(u, v) = ‖u − v + eps‖_p. For embeddings. PyTorch: `F.triplet_margin_loss`.
 *
 * Shapes: (D) or (…, D), as many axes each, which broadcast: one loss for each vector of the last axis. Options: `margin` = 1 (> 0), `p` = 2
 * (0 … Infinity), `eps` = 1e-6, `swap` = false (anchor swap: min(d(a, n), d(p, n)) in place of d(a, n)), `reduction` = "mean".
 * Gradient: passes where the hinge is at least 0, 0 included; half to each on a tie of the swap. eps keeps the distance of equal points above 0:
 * there it is 1/√D per coordinate for p = 2. p = 0 has none; p = Infinity shares it among the largest coordinates.
 * Throws RangeError where the shapes do not broadcast, margin is not positive, p is negative.
 * Source: Balntas et al., Learning local feature descriptors with triplets, BMVC 2016; torch/nn/functional.py triplet_margin_loss.
 */
export const tripletMarginLoss: LossSpec<Loss<[anchor: 1, positive: 2, negative: 3], TripletMarginOptions, Names, Names>> = {
  name: "tripletMarginLoss",
  arguments: tensors,
  options: [positive("margin", 1), nonNegative("p", 2), number("eps", 1e-6), boolean("swap", false)],
  reductions: REDUCTIONS,
  javascript: { distances },
  run: (frame, backend) => {
    const [margin, p, eps, swap] = frame.options as [number, number, number, boolean];
    return triplet(frame, backend, { run: "distances", kind: TRIPLET_MARGIN, margin, p, eps, swap });
  },
};

/**
 * Triplet ratio: 2 σ(d(a, p) − d(a, n))², the softmax of the two distances against (0, 1); d(u, v) = ‖u − v + eps‖₂. The loss beside the triplet
 * margin loss in its paper: no margin, in (0, 2), ½ where both distances are equal. PyTorch has none.
 *
 * Shapes: (D) or (…, D), as many axes each, which broadcast. Options: `eps` = 1e-6 (0 is the formula as published), `swap` = false, `reduction` = "mean".
 * Gradient: 4 s² (1 − s) along the unit vectors of both distances, s = σ(d(a, p) − d(a, n)); half to each on a tie of the swap; 0 along a distance of 0.
 * Throws RangeError where the shapes do not broadcast.
 * Source: Balntas et al., Learning local feature descriptors with triplets and shallow convolutional neural networks, BMVC 2016.
 */
export const tripletRatioLoss: LossSpec<Loss<[anchor: 1, positive: 2, negative: 3], TripletRatioOptions, Names, Names>> = {
  name: "tripletRatioLoss",
  arguments: tensors,
  options: [number("eps", 1e-6), boolean("swap", false)],
  reductions: REDUCTIONS,
  javascript: { distances },
  run: (frame, backend) => {
    const [eps, swap] = frame.options as [number, boolean];
    return triplet(frame, backend, { run: "distances", kind: TRIPLET_RATIO, eps, swap });
  },
};

function triplet(frame: Frame, backend: () => Backend, options: VectorsOptions): number | FloatArray {
  const anchor = frame.operands[0] as Operand;
  if (anchor.shape.length === 0) throw rangeError(frame.loss, anchor.place, "at least one axis, of dimensions", "a 0-D tensor");
  const { rows, dims } = rowsOf(broadcastVectors(frame, 3, true));
  frame.prepareOutputs(rows);
  return compute(frame, backend, rows, dims, 3, options);
}
