import { distance } from "../backend/js/boxes.js";
import { BOX_DISTANCE } from "../backend/protocol.js";
import type { LossSpec } from "../call/spec.js";
import { type BoxesOptions, boxes } from "../families/boxes.js";
import type { Loss } from "../types.js";

export type DistanceBoxIouOptions = BoxesOptions;

/**
 * Distance intersection over union of boxes: 1 − I / (U + eps) + ρ² / (c² + eps), ρ the distance of the centres, c the diagonal of the smallest box
 * around both. PyTorch has none; torchvision: `distance_box_iou_loss` (whose default reduction is none).
 *
 * I is the area of the intersection, U that of the union. Shapes: input and target alike, (…, 4): boxes x1 y1 x2 y2.
 * Options: `eps` = 1e-7 (added to the denominators), `reduction` = "mean" (over boxes).
 * Gradient: of the formula, also where the boxes do not meet; half where two edges coincide.
 * Throws RangeError where the shapes differ or are not (…, 4), and where x2 < x1 or y2 < y1, with the row.
 * Source: Zheng et al., Distance-IoU Loss, AAAI 2020; torchvision/ops/diou_loss.py.
 * @example
 * distanceBoxIouLoss(tensor([0, 0, 2, 2], [1, 4]), tensor([1, 1, 3, 3], [1, 4])); // 0.96825
 */
export const distanceBoxIouLoss: LossSpec<Loss<[input: 1, target: 2], DistanceBoxIouOptions, "input", "input">> = boxes({
  name: "distanceBoxIouLoss",
  module: "boxes",
  kind: BOX_DISTANCE,
  loop: distance,
});
