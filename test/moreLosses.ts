/** Rows of the table for the losses beyond PyTorch's; `table.ts` appends them. */

import * as d from "./reference/draw.js";
import * as batch from "./reference/inBatch.js";
import * as reference from "./reference/moreLosses.js";
import type { Random } from "./reference/random.js";
import { classes, type Options, type Tensor, tensor } from "./reference/tensor.js";
import type { LossRow, Variant } from "./table.js";

const REDUCTIONS = ["mean", "sum", "none"] as const;
const plain: Variant = { title: "defaults" };
const fixed = (title: string, options: Options): Variant => ({ title, options: () => options });
const difference = { arguments: ["input", "target"], wrt: ["input"], reductions: REDUCTIONS, shapes: d.line, make: d.normals("input", "target") };
const preferences = ["policyChosen", "policyRejected", "referenceChosen", "referenceRejected"];

/** Boxes with an area, of which some meet. */
function boxes(random: Random, shape: d.Shape): Tensor {
  const from = random.uniform(shape, -1, 1).data;
  const size = random.uniform(shape, 0.25, 2).data;
  return tensor(
    from.map((v, i) => Math.fround(i % 4 < 2 ? v : (from[i - 2] as number) + (size[i] as number))),
    shape,
  );
}

const overlap = {
  ...difference,
  shapes: (length: number): d.Shape[] =>
    length === 0
      ? [[0, 2, 3]]
      : [
          [2, 3, length],
          [length, 2],
        ],
  make: (random: Random, shape: d.Shape) => ({ input: random.uniform(shape, 0, 1), target: random.uniform(shape, 0, 1) }),
};
const logits = (options: Options): Variant => ({
  title: "logits",
  make: (random, shape) => ({ input: random.normal(shape, 3), target: random.uniform(shape, 0, 1) }),
  options: () => ({ ...options, fromLogits: true }),
});

/** Many rows or many dimensions, never both: the references have the whole matrix. */
const batches = (length: number): d.Shape[] =>
  length === 0
    ? [
        [0, 5],
        [3, 0],
      ]
    : length < 100
      ? [
          [length, 3],
          [4, length],
        ]
      : [[4, length]];
const labelsOf = (random: Random, count: number, below = 3): Tensor =>
  classes(
    Array.from({ length: count }, () => random.integer(below)),
    [count],
  );
/** Two sides, the second with `more` rows. */
const sides = (first: string, second: string, more: number) => (random: Random, shape: d.Shape) => ({
  [first]: random.normal(shape),
  [second]: random.normal([(shape[0] as number) + more, shape[1] as number]),
});
const scaled = (random: Random, shape: d.Shape) => ({ ...sides("image", "text", 0)(random, shape), logitScale: tensor([0.75], []) });
const embedded = {
  arguments: ["embeddings", "labels"],
  wrt: ["embeddings"],
  reductions: REDUCTIONS,
  // rows enough for an anchor with a positive and a negative, whose labels come first: without one a mean is NaN, which has no differences
  shapes: (length: number): d.Shape[] => batches(length).map(([rows, dims]) => [rows === length && length > 0 ? length + 2 : (rows as number), dims as number]),
  make: (random: Random, shape: d.Shape) => {
    const labels = labelsOf(random, shape[0] as number);
    return { embeddings: random.normal(shape), labels: classes([0, 0, 1, ...labels.data.slice(3)].slice(0, shape[0]), labels.shape) };
  },
};

export const beyond: readonly LossRow[] = [
  {
    name: "sigmoidFocalLoss",
    ...difference,
    make: (random: Random, shape: d.Shape) => ({ input: random.normal(shape, 3), target: random.uniform(shape, 0, 1) }),
    variants: [
      plain,
      fixed("gamma 1.5, no alpha", { gamma: 1.5, alpha: -1 }),
      fixed("gamma 0", { gamma: 0 }),
      fixed("gamma 3, alpha 0.75", { gamma: 3, alpha: 0.75 }),
    ],
    reference: reference.sigmoidFocal,
  },
  {
    name: "pinballLoss",
    ...difference,
    variants: [plain, fixed("quantile 0.9", { quantile: 0.9 }), fixed("quantile 0.1", { quantile: 0.1 })],
    reference: reference.pinball,
  },
  { name: "logCoshLoss", ...difference, variants: [plain], reference: reference.logCosh },
  {
    name: "contrastiveLoss",
    arguments: ["input1", "input2", "target"],
    wrt: ["input1", "input2"],
    reductions: REDUCTIONS,
    shapes: d.vectorShapes,
    make: d.ofVectors,
    variants: [
      plain,
      fixed("margin 4", { margin: 4 }),
      fixed("margin 40, eps 0.25", { margin: 40, eps: 0.25 }),
      { title: "targets beside ±1", make: d.withUnknownTargets },
    ],
    reference: reference.contrastive,
  },
  ...(["generalized", "distance", "complete"] as const).map((kind) => ({
    name: `${kind}BoxIouLoss`,
    ...difference,
    shapes: (length: number): d.Shape[] => (length === 1 ? [[1, 4], [4]] : [[length, 4]]),
    make: (random: Random, shape: d.Shape) => ({ input: boxes(random, shape), target: boxes(random, shape) }),
    variants: [plain, fixed("eps 0.25", { eps: 0.25 })].map((variant) =>
      kind === "complete" ? { ...variant, notDifferenced: "no gradient passes through alpha" } : variant,
    ),
    reference: reference.boxIou(kind),
  })),
  { name: "diceLoss", ...overlap, variants: [plain, logits({}), fixed("smooth 0.25", { smooth: 0.25 })], reference: reference.tversky },
  {
    name: "tverskyLoss",
    ...overlap,
    variants: [plain, fixed("alpha 0.3, beta 2", { alpha: 0.3, beta: 2 }), logits({ alpha: 0, beta: 1, smooth: 0.5 })],
    reference: reference.tversky,
  },
  {
    name: "distillationLoss",
    arguments: ["student", "teacher"],
    wrt: ["student"],
    reductions: REDUCTIONS,
    shapes: (length) => (length === 0 ? [[0, 5]] : [[length], [2, length], [length, 3]]),
    make: (random: Random, shape: d.Shape) => ({ student: random.normal(shape, 2), teacher: random.normal(shape, 2) }),
    variants: [plain, fixed("beta 0", { beta: 0 }), fixed("beta 1", { beta: 1 }), fixed("beta 0.1, temperature 2", { beta: 0.1, temperature: 2 })],
    reference: reference.distillation,
  },
  {
    name: "dpoLoss",
    arguments: preferences,
    wrt: ["policyChosen", "policyRejected"],
    reductions: REDUCTIONS,
    shapes: (length) => [[length]],
    make: d.normals(...preferences),
    variants: [plain, fixed("beta 2, smoothing 0.2", { beta: 2, labelSmoothing: 0.2 })],
    reference: reference.dpo,
  },
  {
    name: "infoNceLoss",
    arguments: ["query", "key"],
    wrt: ["query", "key"],
    reductions: REDUCTIONS,
    shapes: batches,
    make: sides("query", "key", 0),
    variants: [
      plain,
      { title: "more keys", make: sides("query", "key", 2), options: () => ({ temperature: 0.5, normalize: false }) },
      { title: "symmetric", options: () => ({ symmetric: true, temperature: 0.2 }) },
      { title: "groups", make: sides("query", "key", 3), options: (r, shape) => ({ groups: labelsOf(r, (shape[0] as number) + 3, 4), temperature: 0.3 }) },
      { title: "symmetric, groups", options: (r, shape) => ({ symmetric: true, groups: labelsOf(r, shape[0] as number, 4) }) },
    ],
    reference: batch.infoNce,
  },
  {
    name: "clipLoss",
    arguments: ["image", "text", "logitScale"],
    wrt: ["image", "text", "logitScale"],
    reductions: REDUCTIONS,
    shapes: batches,
    make: scaled,
    variants: [plain],
    reference: batch.clip,
  },
  {
    name: "sigLipLoss",
    arguments: ["image", "text", "logitScale", "logitBias"],
    wrt: ["image", "text", "logitScale", "logitBias"],
    reductions: REDUCTIONS,
    shapes: batches,
    make: (random: Random, shape: d.Shape) => ({ ...scaled(random, shape), logitBias: tensor([-1.5], []) }),
    variants: [plain],
    reference: batch.sigLip,
  },
  {
    name: "ntXentLoss",
    ...embedded,
    reductions: ["mean", "sum"],
    variants: [plain, fixed("not normalised, temperature 0.5", { normalize: false, temperature: 0.5 })],
    reference: batch.ntXent,
  },
  {
    name: "supConLoss",
    ...embedded,
    variants: [plain, fixed("not normalised, temperature 0.5", { normalize: false, temperature: 0.5 })],
    reference: batch.supCon,
  },
  {
    name: "batchHardTripletLoss",
    ...embedded,
    variants: [plain, fixed("margin 0.25", { margin: 0.25 }), fixed("soft", { soft: true })],
    reference: batch.batchHard,
  },
];
