/**
 * The one table that drives golden, gradient, length and bit tests: a row says how to call a loss, with which options, and what is right.
 * A later loss is one more row here and its reference in reference/. The references are naive doubles written from spec/semantics.md, not from src/.
 */
import { beyond } from "./moreLosses.js";
import { broadcasting, withVariance } from "./reference/broadcast.js";
import * as classwise from "./reference/classes.js";
import { ctc } from "./reference/ctc.js";
import * as d from "./reference/draw.js";
import * as margins from "./reference/margins.js";
import * as operation from "./reference/operations.js";
import * as pointwise from "./reference/pointwise.js";
import { Random } from "./reference/random.js";
import { type Args, type Options, type Reference, tensor } from "./reference/tensor.js";
import * as vectors from "./reference/vectors.js";

type Shape = d.Shape;

/** One way to call a row: options drawn for a shape and, where the arguments are special too, those as well. */
export interface Variant {
  readonly title: string;
  readonly options?: (random: Random, shape: Shape) => Options;
  /** Why central differences of the value are not its gradient; then they are not taken. */
  readonly notDifferenced?: string;
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
  /** Where the gradient is that of what stands behind an argument: makes the argument of it, and leaves an argument as it is. */
  readonly behind?: (args: Args) => Args;
}

export interface OperationRow extends Common {
  readonly reference: (args: Args, options: Options) => Float64Array;
}

export type Row = LossRow | OperationRow;

const REDUCTIONS = ["mean", "sum", "none"] as const;
const plain: Variant = { title: "defaults" };
const fixed = (title: string, options: Options): Variant => ({ title, options: () => options });
const weight: Variant = { title: "weight", options: (r, shape) => ({ weight: r.uniform(shape, 0.1, 2) }) };

const last = (count: number) => count - 1;
const difference = { arguments: ["input", "target"], wrt: ["input"], reductions: REDUCTIONS, shapes: d.line, make: d.normals("input", "target") };
const oneNegative: Variant = {
  title: "one negative for all samples",
  make: d.shaped({ anchor: d.normal, positive: d.normal, negative: (r, shape) => r.normal(shape.length > 1 ? d.flatAt(shape, 0) : shape) }),
};
const triplets = { arguments: ["anchor", "positive", "negative"], wrt: ["anchor", "positive", "negative"], reductions: REDUCTIONS };
const pair = { arguments: ["input1", "input2"], shapes: d.sliceShapes, make: d.normals("input1", "input2") };

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
    shapes: d.classShapes,
    make: (random, shape) => ({ ...d.withClasses(random, shape), input: d.logs(random, shape) }),
    variants: [
      plain,
      { title: "weight", options: d.classWeight },
      { title: "ignored rows", make: (random, shape) => ({ ...d.withIgnored(random, shape), input: d.logs(random, shape) }) },
      { title: "weight, a class ignored", make: (random, shape) => ({ ...d.firstIsKept(random, shape), input: d.logs(random, shape) }), options: d.ignoring },
    ],
    reference: classwise.nll,
  },
  {
    name: "crossEntropyLoss",
    arguments: ["input", "target"],
    wrt: ["input"],
    reductions: REDUCTIONS,
    shapes: d.classShapes,
    make: d.withClasses,
    variants: [
      plain,
      { title: "weight", options: d.classWeight },
      { title: "ignored rows", make: d.withIgnored },
      { title: "weight, a class ignored, smoothing 0.1", make: d.firstIsKept, options: (r, shape) => ({ ...d.ignoring(r, shape), labelSmoothing: 0.1 }) },
      { title: "ignored rows, smoothing 1", make: d.withIgnored, options: () => ({ labelSmoothing: 1 }) },
      { title: "probabilities", make: d.withProbabilities },
      {
        title: "probabilities, weight, smoothing 0.2",
        make: d.withProbabilities,
        options: (r, shape) => ({ ...d.classWeight(r, shape), labelSmoothing: 0.2 }),
      },
    ],
    reference: classwise.crossEntropy,
  },
  {
    name: "bceLoss",
    arguments: ["input", "target"],
    wrt: ["input"],
    reductions: REDUCTIONS,
    shapes: d.grids,
    make: (random, shape) => ({ input: random.uniform(shape, 0.02, 0.98), target: random.uniform(shape, 0, 1) }),
    variants: [
      plain,
      weight,
      { title: "weight along the last axis", options: (r, shape) => ({ weight: r.uniform(shape.slice(-1), 0.1, 2) }) },
      { title: "weight along the first axis", options: (r, shape) => ({ weight: r.uniform(d.firstAxis(shape), 0.1, 2) }) },
      fixed("one weight", { weight: tensor([0.375], []) }),
    ],
    reference: pointwise.bce,
  },
  {
    name: "bceWithLogitsLoss",
    arguments: ["input", "target"],
    wrt: ["input"],
    reductions: REDUCTIONS,
    shapes: d.grids,
    make: (random, shape) => ({ input: random.normal(shape, 3), target: random.uniform(shape, 0, 1) }),
    variants: [
      plain,
      weight,
      { title: "posWeight of the last axis", options: (r, shape) => ({ posWeight: r.uniform(shape.slice(-1), 0.1, 4) }) },
      {
        title: "posWeight of the first axis, weight of the last",
        options: (r, shape) => ({
          posWeight: r.uniform(d.firstAxis(shape), 0.1, 4),
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
    shapes: d.grids,
    make: (random, shape) => ({ input: d.logs(random, shape), target: random.uniform(shape, 0.01, 1) }),
    variants: [
      plain,
      { title: "logTarget", make: (r, shape) => ({ input: d.logs(r, shape), target: d.logs(r, shape) }), options: () => ({ logTarget: true }) },
      { title: "target of the last axis", make: d.shaped({ input: d.logs, target: (r, shape) => r.uniform(d.lastAxis(shape), 0.01, 1) }) },
    ],
    reference: broadcasting(pointwise.klDiv),
  },
  {
    name: "marginRankingLoss",
    arguments: ["input1", "input2", "target"],
    wrt: ["input1", "input2"],
    reductions: REDUCTIONS,
    shapes: d.line,
    make: d.withSigns,
    variants: [
      plain,
      fixed("margin 0.5", { margin: 0.5 }),
      { title: "targets beside ±1, margin −0.25", make: d.normals("input1", "input2", "target"), options: () => ({ margin: -0.25 }) },
      { title: "one input2 for all", make: d.shaped({ input1: d.normal, input2: (r, shape) => r.normal(d.flatAt(shape, 0)), target: d.signs }) },
    ],
    reference: broadcasting(pointwise.marginRanking),
  },
  {
    name: "tripletMarginLoss",
    ...triplets,
    shapes: d.vectorShapes,
    make: d.normals("anchor", "positive", "negative"),
    variants: [
      plain,
      fixed("margin 0.5, swap", { margin: 0.5, swap: true }),
      fixed("eps 0.25", { eps: 0.25 }),
      ...[0, 0.5, 1, 1.5, 3, Number.POSITIVE_INFINITY].map((p) => fixed(`p ${p}`, { p, margin: 2 })),
      fixed("p 1, swap", { p: 1, swap: true, eps: 0 }),
      oneNegative,
    ],
    reference: broadcasting(vectors.tripletMargin),
  },
  {
    name: "tripletRatioLoss",
    ...triplets,
    shapes: d.vectorShapes,
    make: d.normals("anchor", "positive", "negative"),
    variants: [plain, fixed("swap", { swap: true }), fixed("eps 0", { eps: 0 }), fixed("eps 0.25, swap", { eps: 0.25, swap: true }), oneNegative],
    reference: broadcasting(vectors.tripletRatio),
  },
  {
    name: "cosineEmbeddingLoss",
    arguments: ["input1", "input2", "target"],
    wrt: ["input1", "input2"],
    reductions: REDUCTIONS,
    shapes: d.vectorShapes,
    make: d.ofVectors,
    variants: [plain, fixed("margin 0.3", { margin: 0.3 }), fixed("margin −0.2", { margin: -0.2 }), { title: "targets beside ±1", make: d.withUnknownTargets }],
    reference: vectors.cosineEmbedding,
  },
  {
    name: "hingeEmbeddingLoss",
    ...difference,
    shapes: d.grids,
    make: d.shaped({ input: d.normal, target: d.signs }),
    variants: [
      plain,
      fixed("margin 0.25", { margin: 0.25 }),
      fixed("margin −0.5", { margin: -0.5 }),
      { title: "targets beside ±1", make: d.normals("input", "target") },
      { title: "target of the last axis", make: d.shaped({ input: d.normal, target: (r, shape) => r.signs(d.lastAxis(shape)) }) },
      { title: "input of the first axis", make: d.shaped({ input: (r, shape) => r.normal(d.firstAxis(shape)), target: d.signs }) },
    ],
    reference: broadcasting(pointwise.hingeEmbedding),
  },
  {
    name: "softMarginLoss",
    ...difference,
    make: d.shaped({ input: (r, shape) => r.normal(shape, 4), target: d.signs }),
    variants: [plain, { title: "targets beside ±1", make: d.normals("input", "target") }],
    reference: pointwise.softMargin,
  },
  {
    name: "multiMarginLoss",
    ...difference,
    shapes: d.rowShapes,
    make: d.withClasses,
    variants: [
      plain,
      fixed("p 2", { p: 2 }),
      fixed("margin 0.25", { margin: 0.25 }),
      { title: "weight", options: d.classWeight },
      { title: "p 2, margin −0.5, weight", options: (r, shape) => ({ p: 2, margin: -0.5, ...d.classWeight(r, shape) }) },
    ],
    reference: margins.multiMargin,
  },
  {
    name: "multiLabelMarginLoss",
    ...difference,
    shapes: d.rowShapes,
    make: d.withLists,
    variants: [plain],
    reference: margins.multiLabelMargin,
  },
  {
    name: "multiLabelSoftMarginLoss",
    ...difference,
    shapes: d.classShapes,
    make: d.withLabels,
    variants: [
      plain,
      weight,
      { title: "weight of the classes", options: (r, shape) => ({ weight: r.uniform(d.lastAxis(shape), 0.1, 2) }) },
      { title: "weight along the first axis", options: (r, shape) => ({ weight: r.uniform(d.firstAxis(shape), 0.1, 2) }) },
    ],
    reference: margins.multiLabelSoftMargin,
  },
  {
    name: "poissonNllLoss",
    ...difference,
    shapes: d.grids,
    make: d.shaped({ input: d.normal, target: d.counts }),
    variants: [
      plain,
      fixed("full", { full: true }),
      { title: "rates", make: d.shaped({ input: d.rates, target: d.counts }), options: () => ({ logInput: false }) },
      { title: "rates, full, eps 0.25", make: d.shaped({ input: d.rates, target: d.counts }), options: () => ({ logInput: false, full: true, eps: 0.25 }) },
      {
        title: "target of the last axis, full",
        make: d.shaped({ input: d.normal, target: (r, s) => d.counts(r, d.lastAxis(s)) }),
        options: () => ({ full: true }),
      },
      { title: "input of the first axis", make: d.shaped({ input: (r, s) => r.normal(d.firstAxis(s)), target: d.counts }) },
    ],
    reference: broadcasting(pointwise.poissonNll),
  },
  {
    name: "gaussianNllLoss",
    arguments: ["input", "target", "var"],
    wrt: ["input", "var"],
    reductions: REDUCTIONS,
    shapes: d.grids,
    make: d.gaussian(),
    variants: [
      plain,
      fixed("full", { full: true }),
      { title: "one variance", make: d.gaussian(() => []) },
      { title: "variance without the last axis", make: d.gaussian((shape) => shape.slice(0, -1)) },
      { title: "variance with a last axis of 1", make: d.gaussian((shape) => d.flatAt(shape, shape.length - 1)) },
      { title: "target of the last axis, variance with a first axis of 1", make: d.gaussian((shape) => d.flatAt(shape, 0), d.lastAxis) },
      { title: "variances below an eps of 1", options: () => ({ eps: 1 }), notDifferenced: "the clamp lies outside the graph: the slope passes it" },
    ],
    reference: withVariance(broadcasting(pointwise.gaussianNll)),
  },
  {
    name: "ctcLoss",
    arguments: ["logProbs", "targets", "inputLengths", "targetLengths"],
    wrt: ["logProbs"],
    reductions: REDUCTIONS,
    shapes: d.timeShapes,
    make: d.ctcMaker(),
    variants: [
      plain,
      { title: "short times, short and empty targets", make: d.ctcMaker({ short: true }) },
      {
        title: "all labels in one row, the last class is blank",
        make: d.ctcMaker({ concatenated: true, short: true, blank: last }),
        options: (_, shape) => ({ blank: last(shape[shape.length - 1] as number) }),
      },
      { title: "without a path, zeroInfinity", make: d.ctcMaker({ infeasible: true }), options: () => ({ zeroInfinity: true }) },
      { title: "without a path", make: d.ctcMaker({ infeasible: true }), notDifferenced: "infinite values have no differences" },
    ],
    reference: ctc,
    behind: d.normalised,
  },
  ...beyond,
];

const slice = { arguments: ["input"], shapes: d.sliceShapes, make: (random: Random, shape: Shape): Args => ({ input: random.normal(shape, 2) }) };
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
  {
    name: "cdist",
    ...pair,
    make: d.crowds("first"),
    variants: [
      plain,
      { title: "the second is longer", make: d.crowds("second") },
      { title: "leading axes broadcast", make: d.crowdsOfBatches },
      ...[0, 0.5, 1, 1.5, 3, Number.POSITIVE_INFINITY].map((p) => fixed(`p ${p}`, { p })),
    ],
    reference: operation.cdist,
  },
  {
    name: "softshrink",
    arguments: ["input"],
    shapes: d.line,
    make: d.normals("input"),
    variants: [plain, fixed("lambda 0", { lambda: 0 }), fixed("lambda 1.5", { lambda: 1.5 })],
    reference: operation.softshrink,
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
