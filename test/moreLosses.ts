/** Rows of the table for the losses beyond PyTorch's; `table.ts` appends them. */

import * as d from "./reference/draw.js";
import * as reference from "./reference/moreLosses.js";
import type { Random } from "./reference/random.js";
import { type Options, type Tensor, tensor } from "./reference/tensor.js";
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
];
