/**
 * Single points with their answers worked out by hand from spec/semantics.md: its acceptance list row by row, then the kinks, then the extremes.
 * A number is the mean, a list is `reduction: "none"`; `throws` is part of a RangeError's message.
 */
import { BCE_EPS } from "./pointwise.js";
import { classes as c, type Options, type Tensor, tensor as t } from "./tensor.js";

export interface Point {
  readonly title: string;
  readonly loss: string;
  readonly args: readonly Tensor[];
  readonly options?: Options;
  readonly value?: number | readonly number[];
  readonly grad?: Readonly<Record<string, readonly number[]>>;
  readonly throws?: string;
  /** No tolerance at all, for answers that are exact in any precision. */
  readonly exact?: boolean;
}

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minf } = Number;
const half = Math.SQRT1_2;
const zeros = (n: number): number[] => Array(n).fill(0);
const none = { reduction: "none" };
const sum = { reduction: "sum" };
const empty = t([]);
const lse = (...x: number[]) => Math.log(x.reduce((total, v) => total + Math.exp(v), 0));

/** Rows of two logits, with the log-probability of each class. */
const logits = t([0.5, -1, 2, 0.25], [2, 2]);
const logp = [0.5 - lse(0.5, -1), -1 - lse(0.5, -1), 2 - lse(2, 0.25), 0.25 - lse(2, 0.25)] as const;
const p = logp.map(Math.exp) as [number, number, number, number];

const sqrt5 = Math.sqrt(5);
/** ‖a − n‖ = ‖p − n‖ = √5, ‖a − p‖ = 2. */
const tied = [t([-1, 0], [1, 2]), t([1, 0], [1, 2]), t([0, 2], [1, 2])];
const vector = [3, 0, -4];

export const acceptance: readonly Point[] = [
  { title: "l1, d=0", loss: "l1Loss", args: [t([1, 2]), t([1, 3])], value: 0.5, grad: { input: [0, -0.5], target: [0, 0.5] } },
  {
    title: "smoothL1, d=±β",
    loss: "smoothL1Loss",
    args: [t([0.5, -0.5]), t([0, 0])],
    options: { ...none, beta: 0.5 },
    value: [0.25, 0.25],
    grad: { input: [1, -1] },
  },
  {
    title: "smoothL1, β=0 is L1",
    loss: "smoothL1Loss",
    args: [t([0, 2, -3]), t([0, 0, 0])],
    options: { ...none, beta: 0 },
    value: [0, 2, 3],
    grad: { input: [0, 1, -1] },
  },
  { title: "smoothL1, β<0", loss: "smoothL1Loss", args: [t([1]), t([0])], options: { beta: -1 }, throws: "beta" },
  { title: "huber, δ=0", loss: "huberLoss", args: [t([1]), t([0])], options: { delta: 0 }, throws: "delta" },
  { title: "huber, δ<0", loss: "huberLoss", args: [t([1]), t([0])], options: { delta: -1 }, throws: "delta" },
  { title: "mse of nothing, mean", loss: "mseLoss", args: [empty, empty], value: nan, grad: { input: [] } },
  { title: "mse of nothing, sum", loss: "mseLoss", args: [empty, empty], options: sum, value: 0, grad: { input: [] } },
  { title: "l1 of nothing, mean", loss: "l1Loss", args: [empty, empty], value: nan, grad: { input: [] } },
  { title: "l1 of nothing, sum", loss: "l1Loss", args: [empty, empty], options: sum, value: 0, grad: { input: [] } },
  { title: "mse, weights of sum 0", loss: "mseLoss", args: [t([1, 2]), t([0, 0])], options: { weight: t([0, 0]) }, value: nan, grad: { input: [nan, nan] } },
  { title: "l1, weights of sum 0", loss: "l1Loss", args: [t([1, 2]), t([0, 0])], options: { weight: t([0, 0]) }, value: nan, grad: { input: [nan, nan] } },
  { title: "bce x=0, t=1", loss: "bceLoss", args: [t([0, 0.5]), t([1, 0.5])], value: (100 + Math.LN2) / 2, grad: { input: [-1 / BCE_EPS / 2, 0] } },
  { title: "bce x=1.0001", loss: "bceLoss", args: [t([0.5, 1.0001]), t([1, 1])], throws: '"input"[1]' },
  {
    title: "bceWithLogits x=±1e4, t=0 and 1",
    loss: "bceWithLogitsLoss",
    args: [t([1e4, 1e4, -1e4, -1e4]), t([0, 1, 0, 1])],
    options: none,
    value: [1e4, 0, 0, 1e4],
    grad: { input: [1, 0, 0, -1] },
    exact: true,
  },
  {
    title: "bceWithLogits, posWeight 3, x=0, t=1",
    loss: "bceWithLogitsLoss",
    args: [t([0]), t([1])],
    options: { posWeight: t([3]) },
    value: 3 * Math.LN2,
    grad: { input: [-1.5] },
  },
  { title: "nll all ignored, none", loss: "nllLoss", args: [logits, c([-100, -100])], options: none, value: [0, 0], grad: { input: zeros(4) } },
  { title: "nll all ignored, sum", loss: "nllLoss", args: [logits, c([-100, -100])], options: sum, value: 0, grad: { input: zeros(4) } },
  { title: "nll all ignored, mean", loss: "nllLoss", args: [logits, c([-100, -100])], value: nan, grad: { input: zeros(4) } },
  { title: "nll target −1", loss: "nllLoss", args: [logits, c([1, -1])], throws: 'nllLoss: "target"[1] expected a class in [0, 2), got -1' },
  {
    title: "nll target = ignoreIndex = −1",
    loss: "nllLoss",
    args: [logits, c([1, -1])],
    options: { ignoreIndex: -1 },
    value: 1,
    grad: { input: [0, -1, 0, 0] },
  },
  {
    title: "nll target = ignoreIndex = 255",
    loss: "nllLoss",
    args: [logits, c([255, 0])],
    options: { ignoreIndex: 255 },
    value: -2,
    grad: { input: [0, 0, -1, 0] },
  },
  { title: "crossEntropy logits [1e4, 0], target 0", loss: "crossEntropyLoss", args: [t([1e4, 0], [1, 2]), c([0])], value: 0, grad: { input: [0, 0] } },
  { title: "crossEntropy logits [1e4, 0], target 1", loss: "crossEntropyLoss", args: [t([1e4, 0], [1, 2]), c([1])], value: 1e4, grad: { input: [1, -1] } },
  {
    title: "crossEntropy, −inf beside the target",
    loss: "crossEntropyLoss",
    args: [t([1, minf, 1], [1, 3]), c([0])],
    value: Math.LN2,
    grad: { input: [-0.5, 0, 0.5] },
  },
  {
    title: "crossEntropy, weight [1, 3], targets [0, 1], mean",
    loss: "crossEntropyLoss",
    args: [logits, c([0, 1])],
    options: { weight: t([1, 3]) },
    value: -(logp[0] + 3 * logp[3]) / 4,
    grad: { input: [(p[0] - 1) / 4, p[1] / 4, (3 * p[2]) / 4, (3 * (p[3] - 1)) / 4] },
  },
  {
    title: "crossEntropy, probabilities with weight, mean: ÷ N, not ÷ Σw",
    loss: "crossEntropyLoss",
    args: [logits, t([0.5, 0.5, 0.25, 0.75], [2, 2])],
    options: { weight: t([1, 3]) },
    value: -(0.5 * logp[0] + 1.5 * logp[1] + 0.25 * logp[2] + 2.25 * logp[3]) / 2,
    grad: { target: logp.map((l, i) => (i % 2 === 0 ? -l : -3 * l) / 2) },
  },
  {
    title: "crossEntropy, ε=1: smoothing alone",
    loss: "crossEntropyLoss",
    args: [logits, c([0, 1])],
    options: { labelSmoothing: 1, ...none },
    value: [-(logp[0] + logp[1]) / 2, -(logp[2] + logp[3]) / 2],
  },
  { title: "crossEntropy, ε>1", loss: "crossEntropyLoss", args: [logits, c([0, 1])], options: { labelSmoothing: 1.5 }, throws: "labelSmoothing" },
  {
    title: "crossEntropy, probabilities with an ignoreIndex >= 0",
    loss: "crossEntropyLoss",
    args: [logits, t([1, 0, 0, 1], [2, 2])],
    options: { ignoreIndex: 0 },
    throws: "ignoreIndex",
  },
  {
    title: "crossEntropy, an ignored row of NaN and infinities (deliberate difference)",
    loss: "crossEntropyLoss",
    args: [t([0.5, -1, nan, inf, minf, minf], [3, 2]), c([0, -100, -100])],
    value: -logp[0],
    grad: { input: [p[0] - 1, p[1], 0, 0, 0, 0] },
  },
  { title: "klDiv, t=0, x finite", loss: "klDivLoss", args: [t([-3, -1]), t([0, 1])], options: none, value: [0, 1], grad: { input: [-0, -1] } },
  { title: "klDiv, t=0, x=−inf", loss: "klDivLoss", args: [t([minf]), t([0])], options: none, value: [nan] },
  { title: "klDiv, mean of 2 x 3", loss: "klDivLoss", args: [t(zeros(6), [2, 3]), t([1, 2, 1, 1, 1, 1], [2, 3])], value: (2 * Math.LN2) / 6 },
  {
    title: "klDiv, batchmean of 2 x 3",
    loss: "klDivLoss",
    args: [t(zeros(6), [2, 3]), t([1, 2, 1, 1, 1, 1], [2, 3])],
    options: { reduction: "batchmean" },
    value: Math.LN2,
    grad: { input: [-0.5, -1, -0.5, -0.5, -0.5, -0.5] },
  },
  {
    title: "marginRanking x1=x2, m=0, y=1",
    loss: "marginRankingLoss",
    args: [t([2, 3]), t([2, 3]), t([1, 1])],
    value: 0,
    grad: { input1: [-0.5, -0.5], input2: [0.5, 0.5] },
  },
  {
    title: "marginRanking, different numbers of axes",
    loss: "marginRankingLoss",
    args: [t([2, 3], [1, 2]), t([2, 3]), t([1, 1], [1, 2])],
    throws: "marginRankingLoss",
  },
  {
    title: "tripletMargin a=p=n",
    loss: "tripletMarginLoss",
    args: [t([1, -2], [1, 2]), t([1, -2], [1, 2]), t([1, -2], [1, 2])],
    value: 1,
    grad: { anchor: [0, 0], positive: [-half, -half], negative: [half, half] },
  },
  { title: "tripletMargin, margin 0", loss: "tripletMarginLoss", args: tied, options: { margin: 0 }, throws: "margin" },
  {
    title: "tripletMargin, tie under swap: half to each branch",
    loss: "tripletMarginLoss",
    args: tied,
    options: { swap: true, eps: 0 },
    value: 3 - sqrt5,
    grad: { anchor: [-1 + 0.5 / sqrt5, 1 / sqrt5], positive: [1 - 0.5 / sqrt5, 1 / sqrt5], negative: [0, -2 / sqrt5] },
  },
  {
    title: "cosineEmbedding of a zero vector, y=1",
    loss: "cosineEmbeddingLoss",
    args: [t(zeros(3), [1, 3]), t(vector, [1, 3]), t([1])],
    value: 1,
    grad: { input1: vector.map((v) => -v / Math.sqrt(25 * BCE_EPS)), input2: zeros(3) },
  },
  {
    title: "cosineEmbedding, y=0 adds nothing and counts",
    loss: "cosineEmbeddingLoss",
    args: [t([2, 0, 2, 0], [2, 2]), t([0, 4, 0, 4], [2, 2]), t([0, 1])],
    value: 0.5,
    grad: { input1: [0, 0, 0, -0.25], input2: [0, 0, -0.125, 0] },
  },
  {
    title: "tripletRatio δ₊=δ₋",
    loss: "tripletRatioLoss",
    args: [t([0, 0], [1, 2]), t([1, 0], [1, 2]), t([0, 1], [1, 2])],
    options: { eps: 0 },
    value: 0.5,
    grad: { anchor: [-0.5, 0.5], positive: [0.5, 0], negative: [0, -0.5] },
  },
  {
    title: "tripletRatio δ=200 against 0, both ways",
    loss: "tripletRatioLoss",
    args: [t([0, 0], [2, 1]), t([200, 0], [2, 1]), t([0, 200], [2, 1])],
    options: { ...none, eps: 0 },
    value: [2, 0],
    grad: { anchor: [0, 0], positive: [0, 0], negative: [0, 0] },
  },
];
