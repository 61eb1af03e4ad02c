import { distances } from "../backend/js/vectors.js";
import { TRIPLET_RATIO } from "../backend/protocol.js";
import { boolean, number, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { TRIPLET, type TripletNames, triplet } from "../families/triplets.js";
import type { Loss } from "../types.js";

export interface TripletRatioOptions {
  /** Added to every component of a difference; 0 is the formula as published. */
  eps?: number | undefined;
  /** Whether the negative's distance to the positive counts where it is smaller than that to the anchor. */
  swap?: boolean | undefined;
}

/**
 * Triplet ratio: 2 σ(d(a, p) − d(a, n))², the softmax of the two distances against (0, 1); d(u, v) = ‖u − v + eps‖₂. The loss beside the triplet
 * margin loss in its paper: no margin, in (0, 2), ½ where both distances are equal. PyTorch has none.
 *
 * Shapes: (D) or (…, D), as many axes each, which broadcast, each pair to a D of its own. A flat array is one vector (D), however long: for N of them
 * give `tensor(data, [N, D])`. Options: `eps` = 1e-6 (0 is the formula as published),
 * `swap` = false, `reduction` = "mean".
 * Gradient: 4 s² (1 − s) along the unit vectors of both distances, s = σ(d(a, p) − d(a, n)); half to each on a tie of the swap; 0 along a distance of 0.
 * Throws RangeError where the shapes do not broadcast.
 * Source: Balntas et al., Learning local feature descriptors with triplets and shallow convolutional neural networks, BMVC 2016.
 * @example
 * tripletRatioLoss(tensor([0, 0], [1, 2]), tensor([0, 1], [1, 2]), tensor([3, 4], [1, 2])); // 0.00064701
 */
export const tripletRatioLoss: LossSpec<Loss<[anchor: 1, positive: 2, negative: 3], TripletRatioOptions, TripletNames, TripletNames>> = {
  name: "tripletRatioLoss",
  module: "vectors",
  arguments: TRIPLET,
  options: [number("eps", 1e-6), boolean("swap", false)],
  reductions: REDUCTIONS,
  javascript: { distances },
  run: (frame, backend) => {
    const [eps, swap] = frame.options as [number, boolean];
    return triplet(frame, backend, { run: "distances", kind: TRIPLET_RATIO, eps, swap });
  },
};
