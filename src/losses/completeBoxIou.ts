import { complete } from "../backend/js/boxes.js";
import { BOX_COMPLETE } from "../backend/protocol.js";
import type { LossSpec } from "../call/spec.js";
import { type BoxesOptions, boxes } from "../families/boxes.js";
import type { Loss } from "../types.js";

export type CompleteBoxIouOptions = BoxesOptions;

/**
 * Complete intersection over union of boxes: distanceBoxIouLoss + α v, v = 4 / π² (atan(w / h of target) − atan(w / h of input))²,
 * α = v / (1 − iou + v + eps). PyTorch has none; torchvision: `complete_box_iou_loss` (whose default reduction is none).
 *
 * I is the area of the intersection, U that of the union. Shapes: input and target alike, (…, 4): boxes x1 y1 x2 y2.
 * Options: `eps` = 1e-7 (added to the denominators), `reduction` = "mean" (over boxes).
 * Gradient: of the formula, but none passes through α; a box without height or area gives NaN as torchvision does; half where two edges coincide.
 * Throws RangeError where the shapes differ or are not (…, 4), and where x2 < x1 or y2 < y1, with the row.
 * Source: Zheng et al., Distance-IoU Loss, AAAI 2020; torchvision/ops/ciou_loss.py.
 * @example
 * completeBoxIouLoss(tensor([0, 0, 2, 2], [1, 4]), tensor([1, 1, 3, 4], [1, 4])); // 1.0192
 */
export const completeBoxIouLoss: LossSpec<Loss<[input: 1, target: 2], CompleteBoxIouOptions, "input", "input">> = boxes({
  name: "completeBoxIouLoss",
  module: "boxes",
  kind: BOX_COMPLETE,
  loop: complete,
});
