// Masks and boxes: losses that measure how much two areas have in common.

import { choice, define, names, range } from "./descriptor.js";

const tex = String.raw;

/** Four pixels: the first one moves, of the others one belongs to the mask; their predictions are right with this probability. */
const pixels = (x: number, others: number) => ({ data: [x, others, 1 - others, 1 - others], shape: [1, 1, 4] });
const mask = (target: number) => ({ data: [target, 1, 0, 0], shape: [1, 1, 4] });
const FOUR =
  "Four pixels; the target of the first has a menu, those of the others are 1, 0 and 0. The prediction of the first moves, the others are as right as the slider says.";
const overlap = { title: "A disc over a disc", load: () => import("../views/mask.js") };
const masked = {
  target: choice("target of that pixel", names("0", "1"), 1),
  others: range("how right the others are", 0.5, 1, 0.05, 0.8),
  smooth: range("smooth", 0, 2, 0.1, 1),
};
const pixel = range("predicted probability of a pixel", 0, 1, 0.01, 0.3);

const boxes = { title: "Boxes, by hand", load: () => import("../views/boxes.js") };
const TARGET = [0, 0, 2, 2];
const moved = (x: number, y: number, width: number) => [x, y, x + width, y + 1.5];
const BOX =
  "The target is the square from (0, 0) to (2, 2). A box of height 1.5 moves from left to right; the gradient is that of its place, the sum over both of its edges.";
const boxed = { y: range("its upper edge", -2, 2.5, 0.1, 0.3), width: range("its width", 0.5, 4, 0.1, 2) };
const place = range("left edge of the box", -5, 5, 0.05, 1.2);
const ofPlace = { wrt: "input", read: (g: Float64Array) => g[0]! + g[2]!, readCode: "grad.input[0] + grad.input[2]" };

export const overlaps = [
  define({
    name: "diceLoss",
    torch: "",
    formula: tex`\ell = 1 - \frac{2\,TP + 2s}{2\,TP + FP + FN + 2s} \qquad TP = \sum p\,t`,
    use: "For masks, where most pixels are background: it measures the overlap itself, so that a small organ counts as much as a large one and an empty prediction is no cheap success. The gradient of a pixel depends on all others. Often added to a cross entropy, which has the smoother start.",
    note: FOUR,
    controls: masked,
    axis: pixel,
    heights: { value: [0, 1], gradient: [-0.8, 0.8] },
    call: (x, { target, others, smooth }) => ({ args: [pixels(x, others), mask(target)], options: { smooth }, wrt: "input" }),
    kind: "mask",
    extra: overlap,
  }),
  define({
    name: "tverskyLoss",
    torch: "",
    formula: tex`\ell = 1 - \frac{TP + s}{TP + \alpha\,FP + \beta\,FN + s}`,
    use: "Dice with two weights: alpha for what is predicted but not there, beta for what is there but missed. With a larger beta a tumour is rather drawn too large than overlooked. Alpha = beta = 0.5 is Dice, alpha = beta = 1 the Jaccard loss.",
    note: FOUR,
    controls: { ...masked, alpha: range("alpha, of false positives", 0, 1, 0.05, 0.3), beta: range("beta, of false negatives", 0, 1, 0.05, 0.7) },
    axis: pixel,
    heights: { value: [0, 1], gradient: [-0.8, 0.8] },
    call: (x, { target, others, smooth, alpha, beta }) => ({ args: [pixels(x, others), mask(target)], options: { alpha, beta, smooth }, wrt: "input" }),
    kind: "mask",
    beside: "diceLoss",
    extra: overlap,
  }),
  define({
    name: "generalizedBoxIouLoss",
    torch: "",
    formula: tex`\ell = 1 - \frac{I}{U} + \frac{A - U}{A}`,
    use: "For boxes, by the area they share: I of the intersection, U of the union, A of the smallest box around both. Plain intersection over union is flat once two boxes no longer meet; the last term still pulls them together then. In torchvision it is generalized_box_iou_loss.",
    note: BOX,
    controls: boxed,
    axis: place,
    heights: { value: [0, 2], gradient: [-1.2, 1.2] },
    call: (x, { y, width }) => ({ args: [moved(x, y, width), TARGET], ...ofPlace }),
    kind: "box",
    extra: boxes,
  }),
  define({
    name: "distanceBoxIouLoss",
    torch: "",
    formula: tex`\ell = 1 - \frac{I}{U} + \frac{\rho^2}{c^2}`,
    use: "Adds the distance of the centres, ρ, over the diagonal of the box around both, c. It pulls centre to centre, where the generalised one first stretches the box until it meets the target: fewer steps to learn. In torchvision it is distance_box_iou_loss.",
    note: BOX,
    controls: boxed,
    axis: place,
    heights: { value: [0, 2], gradient: [-1.2, 1.2] },
    call: (x, { y, width }) => ({ args: [moved(x, y, width), TARGET], ...ofPlace }),
    kind: "box",
    beside: "generalizedBoxIouLoss",
    extra: boxes,
  }),
  define({
    name: "completeBoxIouLoss",
    torch: "",
    formula: tex`\ell = 1 - \frac{I}{U} + \frac{\rho^2}{c^2} + \alpha v \qquad v = \frac{4}{\pi^2} \Bigl( \arctan \tfrac{w_t}{h_t} - \arctan \tfrac{w}{h} \Bigr)^2`,
    use: "The distance loss with a word on the shape: v compares the proportions of the two boxes, α lets it count the more the better they overlap. No gradient passes through α. In torchvision it is complete_box_iou_loss.",
    note: BOX,
    controls: { ...boxed, width: range("its width", 0.5, 4, 0.1, 3) },
    axis: place,
    heights: { value: [0, 2], gradient: [-1.2, 1.2] },
    call: (x, { y, width }) => ({ args: [moved(x, y, width), TARGET], ...ofPlace }),
    kind: "box",
    beside: "distanceBoxIouLoss",
    extra: boxes,
  }),
];
