/**
 * The one table that drives golden, gradient, length and bit tests: a row says how to call a loss, with which options, and what is right.
 * A later loss is one more row here and its reference in reference/. The references are naive doubles written from SEMANTICS.md, not from src/.
 */
import { broadcasting } from "./reference/broadcast.js";
import * as classwise from "./reference/classes.js";
import * as operation from "./reference/operations.js";
import * as pointwise from "./reference/pointwise.js";
import { Random } from "./reference/random.js";
import { type Args, argument, classes, type Options, type Reference, type Tensor, tensor } from "./reference/tensor.js";
import * as vectors from "./reference/vectors.js";

type Shape = readonly number[];

/** One way to call a row: options drawn for a shape and, where the arguments are special too, those as well. */
export interface Variant {
  readonly title: string;
  readonly options?: (random: Random, shape: Shape) => Options;
  readonly make?: (random: Random, shape: Shape) => Args;
}

interface Common {
  readonly name: string;
  /** Argument names in the order of the call. */
  readonly arguments: readonly string[];
  /** Shapes of the first argument in which `length` decides where loops over elements, rows or vectors end. */
  readonly shapes: (length: number) => Shape[];
  readonly make: (random: Random, shape: Shape) => Args;
  readonly variants: readonly Variant[];
}

export interface LossRow extends Common {
  /** The default `wrt`; what else is differentiable the reference's gradient tells. */
  readonly wrt: readonly string[];
  readonly reductions: readonly string[];
  readonly reference: (args: Args, options: Options) => Reference;
}

export interface OperationRow extends Common {
  readonly reference: (args: Args, options: Options) => Float64Array;
}

export type Row = LossRow | OperationRow;

const REDUCTIONS = ["mean", "sum", "none"] as const;
const plain: Variant = { title: "defaults" };
const fixed = (title: string, options: Options): Variant => ({ title, options: () => options });
const weight: Variant = { title: "weight", options: (r, shape) => ({ weight: r.uniform(shape, 0.1, 2) }) };

/** One element is also a tensor without an axis. */
const line = (length: number): Shape[] => (length === 1 ? [[1], []] : [[length]]);
/** Long in the last axis, long in the first: for weights that broadcast along one of them. */
const grids = (length: number): Shape[] => [...line(length), [2, length], [length, 3]];
const firstAxis = (shape: Shape): Shape => shape.map((extent, axis) => (axis === 0 ? extent : 1));
/** Single sample, long rows, many rows, classes apart in memory. No classes at all are no case. */
const classShapes = (length: number): Shape[] =>
  length === 0
    ? [
        [0, 5],
        [2, 5, 0],
      ]
    : [[length], [2, length], [length, 3], [2, 3, length], [2, length, 3]];
const vectorShapes = (length: number): Shape[] =>
  length === 0
    ? [
        [0, 5],
        [2, 0],
      ]
    : [[length], [2, length], [length, 3]];
const sliceShapes = (length: number): Shape[] =>
  length === 0
    ? [[0, 5]]
    : [
        [2, length],
        [length, 3],
      ];

const normals = (...names: string[]) => {
  return (random: Random, shape: Shape): Args => Object.fromEntries(names.map((name) => [name, random.normal(shape)]));
};
const withSigns = (random: Random, shape: Shape): Args => ({ ...normals("input1", "input2")(random, shape), target: random.signs(shape) });
const logs = (random: Random, shape: Shape): Tensor => random.uniform(shape, -5, -0.01);

const classCount = (shape: Shape) => (shape.length > 1 ? shape[1] : shape[0]) as number;
const targetShape = (shape: Shape) => (shape.length > 1 ? [shape[0] as number, ...shape.slice(2)] : []);
const classWeight = (random: Random, shape: Shape) => ({ weight: random.uniform([classCount(shape)], 0.1, 2) });
const withClasses = (random: Random, shape: Shape): Args => ({
  input: random.normal(shape, 2),
  target: random.classes(targetShape(shape), classCount(shape)),
});
/** About a third of the targets are the default ignoreIndex, but never the first: a mean of nothing is tested by name elsewhere. */
const withIgnored = (random: Random, shape: Shape): Args => {
  const { input, target } = withClasses(random, shape) as { input: Tensor; target: Tensor };
  const some = target.data.map((y, n) => (n > 0 && random.integer(3) === 0 ? -100 : y));
  return { input, target: classes(some, target.shape) };
};
/** For variants that ignore class 1: the first target is another. */
const firstIsKept = (random: Random, shape: Shape): Args => {
  const { input, target } = withClasses(random, shape) as { input: Tensor; target: Tensor };
  return {
    input,
    target: classes(
      target.data.map((y, n) => (n === 0 ? 0 : y)),
      target.shape,
    ),
  };
};
const withProbabilities = (random: Random, shape: Shape): Args => ({ input: random.normal(shape, 2), target: random.probabilities(shape) });
const ignoring = (random: Random, shape: Shape) => ({ ...classWeight(random, shape), ignoreIndex: classCount(shape) > 1 ? 1 : -7 });

const ofVectors = (random: Random, shape: Shape): Args => ({
  ...normals("input1", "input2")(random, shape),
  target: random.signs(shape.slice(0, -1)),
});
const withUnknownTargets = (random: Random, shape: Shape): Args => {
  const args = ofVectors(random, shape);
  return {
    ...args,
    target: tensor(
      argument(args, "target").data.map((y, n) => (n % 3 === 1 ? 0 : y)),
      shape.slice(0, -1),
    ),
  };
};

const difference = { arguments: ["input", "target"], wrt: ["input"], reductions: REDUCTIONS, shapes: line, make: normals("input", "target") };
const triplets = { arguments: ["anchor", "positive", "negative"], wrt: ["anchor", "positive", "negative"], reductions: REDUCTIONS };
const pair = { arguments: ["input1", "input2"], shapes: sliceShapes, make: normals("input1", "input2") };

export const losses: readonly LossRow[] = [
  { name: "mseLoss", ...difference, variants: [plain, weight], reference: pointwise.mse },
  { name: "l1Loss", ...difference, variants: [plain, weight], reference: pointwise.l1 },
  {
    name: "smoothL1Loss",
    ...difference,
    variants: [plain, fixed("beta 0.3", { beta: 0.3 }), fixed("beta 0", { beta: 0 }), fixed("beta 2.5", { beta: 2.5 })],
    reference: pointwise.smoothL1,
  },
  {
    name: "huberLoss",
    ...difference,
    variants: [
      plain,
      fixed("delta 0.3", { delta: 0.3 }),
      { title: "delta 2.5, weight", options: (r, shape) => ({ delta: 2.5, weight: r.uniform(shape, 0.1, 2) }) },
    ],
    reference: pointwise.huber,
  },
  {
    name: "nllLoss",
    arguments: ["input", "target"],
    wrt: ["input"],
    reductions: REDUCTIONS,
    shapes: classShapes,
    make: (random, shape) => ({ ...withClasses(random, shape), input: logs(random, shape) }),
    variants: [
      plain,
      { title: "weight", options: classWeight },
      { title: "ignored rows", make: (random, shape) => ({ ...withIgnored(random, shape), input: logs(random, shape) }) },
      { title: "weight, a class ignored", make: (random, shape) => ({ ...firstIsKept(random, shape), input: logs(random, shape) }), options: ignoring },
    ],
    reference: classwise.nll,
  },
  {
    name: "crossEntropyLoss",
    arguments: ["input", "target"],
    wrt: ["input"],
    reductions: REDUCTIONS,
    shapes: classShapes,
    make: withClasses,
    variants: [
      plain,
      { title: "weight", options: classWeight },
      { title: "ignored rows", make: withIgnored },
      { title: "weight, a class ignored, smoothing 0.1", make: firstIsKept, options: (r, shape) => ({ ...ignoring(r, shape), labelSmoothing: 0.1 }) },
      { title: "ignored rows, smoothing 1", make: withIgnored, options: () => ({ labelSmoothing: 1 }) },
      { title: "probabilities", make: withProbabilities },
      { title: "probabilities, weight, smoothing 0.2", make: withProbabilities, options: (r, shape) => ({ ...classWeight(r, shape), labelSmoothing: 0.2 }) },
    ],
    reference: classwise.crossEntropy,
  },
  {
    name: "bceLoss",
    arguments: ["input", "target"],
    wrt: ["input"],
    reductions: REDUCTIONS,
    shapes: grids,
    make: (random, shape) => ({ input: random.uniform(shape, 0.02, 0.98), target: random.uniform(shape, 0, 1) }),
    variants: [
      plain,
      weight,
      { title: "weight along the last axis", options: (r, shape) => ({ weight: r.uniform(shape.slice(-1), 0.1, 2) }) },
      { title: "weight along the first axis", options: (r, shape) => ({ weight: r.uniform(firstAxis(shape), 0.1, 2) }) },
      fixed("one weight", { weight: tensor([0.375], []) }),
    ],
    reference: pointwise.bce,
  },
  {
    name: "bceWithLogitsLoss",
    arguments: ["input", "target"],
    wrt: ["input"],
    reductions: REDUCTIONS,
    shapes: grids,
    make: (random, shape) => ({ input: random.normal(shape, 3), target: random.uniform(shape, 0, 1) }),
    variants: [
      plain,
      weight,
      { title: "posWeight of the last axis", options: (r, shape) => ({ posWeight: r.uniform(shape.slice(-1), 0.1, 4) }) },
      {
        title: "posWeight of the first axis, weight of the last",
        options: (r, shape) => ({
          posWeight: r.uniform(firstAxis(shape), 0.1, 4),
          weight: r.uniform(shape.slice(-1), 0.1, 2),
        }),
      },
      fixed("one posWeight", { posWeight: tensor([3], [1]) }),
    ],
    reference: pointwise.bceWithLogits,
  },
  {
    name: "klDivLoss",
    ...difference,
    reductions: [...REDUCTIONS, "batchmean"],
    shapes: grids,
    make: (random, shape) => ({ input: logs(random, shape), target: random.uniform(shape, 0.01, 1) }),
    variants: [plain, { title: "logTarget", make: (r, shape) => ({ input: logs(r, shape), target: logs(r, shape) }), options: () => ({ logTarget: true }) }],
    reference: broadcasting(pointwise.klDiv),
  },
  {
    name: "marginRankingLoss",
    arguments: ["input1", "input2", "target"],
    wrt: ["input1", "input2"],
    reductions: REDUCTIONS,
    shapes: line,
    make: withSigns,
    variants: [
      plain,
      fixed("margin 0.5", { margin: 0.5 }),
      { title: "targets beside ±1, margin −0.25", make: normals("input1", "input2", "target"), options: () => ({ margin: -0.25 }) },
    ],
    reference: broadcasting(pointwise.marginRanking),
  },
  {
    name: "tripletMarginLoss",
    ...triplets,
    shapes: vectorShapes,
    make: normals("anchor", "positive", "negative"),
    variants: [
      plain,
      fixed("margin 0.5, swap", { margin: 0.5, swap: true }),
      fixed("eps 0.25", { eps: 0.25 }),
      ...[0, 0.5, 1, 1.5, 3, Number.POSITIVE_INFINITY].map((p) => fixed(`p ${p}`, { p, margin: 2 })),
      fixed("p 1, swap", { p: 1, swap: true, eps: 0 }),
    ],
    reference: broadcasting(vectors.tripletMargin),
  },
  {
    name: "tripletRatioLoss",
    ...triplets,
    shapes: vectorShapes,
    make: normals("anchor", "positive", "negative"),
    variants: [plain, fixed("swap", { swap: true }), fixed("eps 0", { eps: 0 }), fixed("eps 0.25, swap", { eps: 0.25, swap: true })],
    reference: broadcasting(vectors.tripletRatio),
  },
  {
    name: "cosineEmbeddingLoss",
    arguments: ["input1", "input2", "target"],
    wrt: ["input1", "input2"],
    reductions: REDUCTIONS,
    shapes: vectorShapes,
    make: ofVectors,
    variants: [plain, fixed("margin 0.3", { margin: 0.3 }), fixed("margin −0.2", { margin: -0.2 }), { title: "targets beside ±1", make: withUnknownTargets }],
    reference: vectors.cosineEmbedding,
  },
];

const slice = { arguments: ["input"], shapes: sliceShapes, make: (random: Random, shape: Shape): Args => ({ input: random.normal(shape, 2) }) };
const dims = [fixed("dim 0", { dim: 0 }), fixed("dim 1", { dim: 1 }), fixed("dim −1", { dim: -1 })];

export const operations: readonly OperationRow[] = [
  { name: "softmax", ...slice, variants: dims, reference: operation.softmax },
  { name: "logSoftmax", ...slice, variants: dims, reference: operation.logSoftmax },
  { name: "logSumExp", ...slice, variants: [...dims, fixed("dim [0, −1]", { dim: [0, -1] })], reference: operation.logSumExp },
  {
    name: "pairwiseDistance",
    ...pair,
    variants: [plain, ...[0, 0.5, 1, 3, Number.POSITIVE_INFINITY].map((p) => fixed(`p ${p}`, { p })), fixed("eps 0", { eps: 0 })],
    reference: operation.pairwiseDistance,
  },
  { name: "cosineSimilarity", ...pair, variants: [plain, fixed("dim 0", { dim: 0 }), fixed("eps 2", { eps: 2 })], reference: operation.cosineSimilarity },
];

/** A seed from words, so that a new row, variant or length leaves the numbers of all others as they are. */
function seedOf(words: string): number {
  let hash = 0x811c9dc5;
  for (const letter of words) hash = Math.imul(hash ^ (letter.codePointAt(0) as number), 0x01000193);
  return hash;
}

/** The arguments and options of a row's variant for one shape: always the same ones. */
export function draw(row: Row, variant: Variant, shape: Shape): { title: string; args: Args; options: Options } {
  const title = `${row.name} ${variant.title} [${shape}]`;
  const random = new Random(seedOf(title));
  const args = (variant.make ?? row.make)(random, shape);
  return { title, args, options: variant.options?.(random, shape) ?? {} };
}
