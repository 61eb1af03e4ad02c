import { distances } from "../backend/js/vectors.js";
import { TRIPLET_MARGIN } from "../backend/protocol.js";
import { boolean, nonNegative, number, positive, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { TRIPLET, type TripletNames, triplet } from "../families/triplets.js";
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

/**
 * Triplet margin: max(0, margin + d(a, p) − d(a, n)), d(u, v) = ‖u − v + eps‖_p. For embeddings. PyTorch: `F.triplet_margin_loss`.
 *
 * Shapes: (D) or (…, D), as many axes each, which broadcast, each pair to a D of its own: one loss for each vector of the last axis. A flat array is one
 * vector (D), however long: for N of them give `tensor(data, [N, D])`. Options:
 * `margin` = 1 (> 0), `p` = 2 (0 … Infinity), `eps` = 1e-6, `swap` = false (anchor swap: min(d(a, n), d(p, n)) in place of d(a, n)), `reduction` = "mean".
 * Gradient: passes where the hinge is at least 0, 0 included; half to each on a tie of the swap. eps keeps the distance of equal points above 0:
 * there it is 1/√D per coordinate for p = 2. p = 0 has none; p = Infinity shares it among the largest coordinates.
 * Throws RangeError where the shapes do not broadcast, margin is not positive, p is negative.
 * Source: Balntas et al., Learning local feature descriptors with triplets, BMVC 2016; torch/nn/functional.py triplet_margin_loss.
 * @example
 * tripletMarginLoss(tensor([0, 0], [1, 2]), tensor([0, 1], [1, 2]), tensor([1, 1], [1, 2])); // 0.58579
 */
export const tripletMarginLoss: LossSpec<Loss<[anchor: 1, positive: 2, negative: 3], TripletMarginOptions, TripletNames, TripletNames>> = {
  name: "tripletMarginLoss",
  module: "vectors",
  arguments: TRIPLET,
  options: [positive("margin", 1), nonNegative("p", 2), number("eps", 1e-6), boolean("swap", false)],
  reductions: REDUCTIONS,
  javascript: { distances },
  run: (frame, backend) => {
    const [margin, p, eps, swap] = frame.options as [number, number, number, boolean];
    return triplet(frame, backend, { run: "distances", kind: TRIPLET_MARGIN, margin, p, eps, swap });
  },
};
