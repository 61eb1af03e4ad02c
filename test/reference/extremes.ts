/**
 * Hand-worked points at the ends of the number range, and the corners of the operations.
 */
import { pairOf, triple } from "./kinks.js";
import type { Point } from "./points.js";
import { BCE_EPS } from "./pointwise.js";
import { classes as c, tensor as t } from "./tensor.js";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minf } = Number;
const none = { reduction: "none" };
const sqrt2 = Math.SQRT2;
const tiny = 2 ** -140;
const subnormal = 2 ** -149;
/** About 1e-40, and the same number in both precisions. */
const below40 = Math.fround(1e-40);

/** ±1e4, masks, zero probabilities and subnormals. `tiny` and `subnormal` are subnormal in float32. */
export const extremes: readonly Point[] = [
  { title: "l1 of subnormals", loss: "l1Loss", args: [t([subnormal, -tiny]), t([0, 0])], options: none, value: [subnormal, tiny], grad: { input: [1, -1] } },
  {
    title: "smoothL1 of subnormals",
    loss: "smoothL1Loss",
    args: [t([subnormal]), t([0])],
    options: { beta: 1, ...none },
    value: [0],
    grad: { input: [subnormal] },
  },
  { title: "mse of subnormals", loss: "mseLoss", args: [t([tiny]), t([0])], options: none, grad: { input: [2 * tiny] }, value: [0] },
  {
    title: "bce of a subnormal probability, t=1",
    loss: "bceLoss",
    args: [t([below40]), t([1])],
    options: none,
    value: [-Math.log(below40)],
    grad: { input: [-1 / BCE_EPS] },
  },
  {
    title: "bce of probabilities whose logarithms are below -100, t=1", // 1e-300 is normal in float64, 0 in float32
    loss: "bceLoss",
    args: [t([subnormal, 1e-300]), t([1, 1])],
    options: none,
    value: [100, 100],
    grad: { input: [-1 / BCE_EPS, -1 / BCE_EPS] },
  },
  { title: "bce of a subnormal probability, t=0", loss: "bceLoss", args: [t([below40]), t([0])], options: none, grad: { input: [below40 / BCE_EPS] } },
  {
    title: "klDiv of a subnormal target",
    loss: "klDivLoss",
    args: [t([-90]), t([below40])],
    options: none,
    grad: { input: [-below40], target: [Math.log(below40) + 91] },
  },
  {
    title: "bceWithLogits of subnormal logits",
    loss: "bceWithLogitsLoss",
    args: [t([tiny, -tiny]), t([0, 1])],
    options: none,
    value: [Math.LN2, Math.LN2],
    grad: { input: [0.5, -0.5] },
  },
  // 1 / β is no float32 here, β is.
  {
    title: "smoothL1, β a subnormal",
    loss: "smoothL1Loss",
    args: [t([0, 1, -1]), t([0, 0, 0])],
    options: { ...none, beta: tiny },
    value: [0, 1, 1],
    grad: { input: [0, 1, -1] },
  },
  {
    title: "smoothL1, β infinite",
    loss: "smoothL1Loss",
    args: [t([0, 1, -1]), t([0, 0, 0])],
    options: { ...none, beta: inf },
    value: [0, 0, 0],
    grad: { input: [0, 0, -0] },
  },
  {
    title: "smoothL1, β = 2¹²⁰",
    loss: "smoothL1Loss",
    args: [t([0, 1]), t([0, 0])],
    options: { ...none, beta: 2 ** 120 },
    value: [0, 2 ** -121],
    grad: { input: [0, 2 ** -120] },
  },
  {
    title: "huber, δ a subnormal",
    loss: "huberLoss",
    args: [t([0, 1, -1]), t([0, 0, 0])],
    options: { ...none, delta: tiny },
    value: [0, tiny, tiny],
    grad: { input: [0, tiny, -tiny] },
  },
  {
    title: "huber, δ infinite",
    loss: "huberLoss",
    args: [t([0, 3, -3]), t([0, 0, 0])],
    options: { ...none, delta: inf },
    value: [0, 4.5, 4.5],
    grad: { input: [0, 3, -3] },
  },
  {
    title: "bceWithLogits ±1e4 with posWeight 2 and soft targets",
    loss: "bceWithLogitsLoss",
    args: [t([1e4, -1e4]), t([0.5, 0.5])],
    options: { ...none, posWeight: t([2]) },
    value: [5000, 10000],
    grad: { input: [0.5, -1], target: [-1e4, 2e4] },
  },
  {
    title: "crossEntropy of ±1e4 with smoothing",
    loss: "crossEntropyLoss",
    args: [t([1e4, -1e4], [1, 2]), c([0])],
    options: { labelSmoothing: 0.5 },
    value: 5000,
    grad: { input: [0.25, -0.25] },
  },
  { title: "crossEntropy of logits all 1e4", loss: "crossEntropyLoss", args: [t([1e4, 1e4], [1, 2]), c([0])], value: Math.LN2, grad: { input: [-0.5, 0.5] } },
  {
    title: "crossEntropy of one class",
    loss: "crossEntropyLoss",
    args: [t([-1e4, 1e4], [2, 1]), c([0, 0])],
    options: none,
    value: [0, 0],
    grad: { input: [0, 0] },
  },
  {
    title: "crossEntropy of the largest floats",
    loss: "crossEntropyLoss",
    args: [t([3e38, 3e38, -3e38], [1, 3]), c([0])],
    options: none,
    value: [Math.LN2],
    grad: { input: [-0.5, 0.5, 0] },
  },
  { title: "klDiv of zero probabilities", loss: "klDivLoss", args: [t([-1e4, -1e4]), t([0, 1])], options: none, value: [0, 1e4], grad: { input: [0, -1] } },
  {
    title: "marginRanking of ±1e4",
    loss: "marginRankingLoss",
    args: [t([-1e4, 1e4]), t([1e4, -1e4]), t([1, 1])],
    options: none,
    value: [2e4, 0],
    grad: { input1: [-1, 0] },
  },
  {
    title: "tripletMargin of 1e4",
    loss: "tripletMarginLoss",
    args: triple([1e4, 1e4], [-1e4, -1e4], [1e4, 1e4]),
    options: { eps: 0 },
    value: 1 + 2e4 * sqrt2,
    grad: { anchor: [1 / sqrt2, 1 / sqrt2], positive: [-1 / sqrt2, -1 / sqrt2], negative: [0, 0] },
  },
  {
    title: "cosineEmbedding of 1e4",
    loss: "cosineEmbeddingLoss",
    args: pairOf([1e4, 0], [1e4, 1e4], 1),
    value: 1 - 1 / sqrt2,
    grad: { input1: [0, -1e-4 / sqrt2] },
  },
];

/** ‖(4, −3)‖ in the norms that are numbers below. */
const apart: Record<number, number> = { 0: 2, 0.5: (2 + Math.sqrt(3)) ** 2, 1: 7, 1.5: (8 + 3 ** 1.5) ** (2 / 3), 2: 5, 3: 91 ** (1 / 3), [inf]: 4 };

/** The operations at their corners (2.23): values alone. */
export const corners: readonly Point[] = [
  { title: "softmax of a row of −inf", loss: "softmax", args: [t([minf, minf, 0, minf], [2, 2])], options: { dim: 1 }, value: [nan, nan, 1, 0] },
  { title: "logSoftmax of a row of −inf", loss: "logSoftmax", args: [t([minf, minf, 0, minf], [2, 2])], options: { dim: 1 }, value: [nan, nan, 0, minf] },
  {
    title: "logSumExp of −inf, +inf, NaN, 1e4",
    loss: "logSumExp",
    args: [t([minf, minf, inf, minf, nan, inf, 1e4, 1e4], [4, 2])],
    options: { dim: 1 },
    value: [minf, inf, nan, 1e4 + Math.LN2],
  },
  { title: "logSumExp of empty rows", loss: "logSumExp", args: [t([], [2, 0])], options: { dim: 1 }, value: [minf, minf] },
  { title: "logSumExp of no rows", loss: "logSumExp", args: [t([], [0, 2])], options: { dim: 1 }, value: [] },
  { title: "softmax of nothing", loss: "softmax", args: [t([], [0, 2])], options: { dim: 1 }, value: [] },
  ...["softmax", "logSoftmax", "logSumExp"].flatMap((loss) =>
    [0, -1].map(
      (dim): Point => ({
        title: `${loss} of a 0-D input, dim ${dim}`,
        loss,
        args: [t([5], [])],
        options: { dim },
        value: [{ softmax: 1, logSoftmax: 0 }[loss] ?? 5],
      }),
    ),
  ),
  { title: "softmax, dim out of range", loss: "softmax", args: [t([1, 2], [1, 2])], options: { dim: 2 }, throws: "dim" },
  { title: "logSumExp, dim out of range", loss: "logSumExp", args: [t([1, 2], [1, 2])], options: { dim: [0, -3] }, throws: "dim" },
  { title: "logSumExp of all axes", loss: "logSumExp", args: [t([0, 0, 0, 0], [2, 2])], options: { dim: [0, 1] }, value: [2 * Math.LN2] },
  {
    title: "logSumExp of an outer and an inner axis",
    loss: "logSumExp",
    args: [t([0, 1, 0, 1, 0, 1, 0, 1], [2, 2, 2])],
    options: { dim: [0, -2] },
    value: [2 * Math.LN2, 1 + 2 * Math.LN2],
  },
  { title: "pairwiseDistance of coincident points", loss: "pairwiseDistance", args: [t([1, 2, 3, 4], [1, 4]), t([1, 2, 3, 4], [1, 4])], value: [2e-6] },
  { title: "pairwiseDistance of two vectors", loss: "pairwiseDistance", args: [t([1, 2]), t([4, 6])], options: { eps: 0 }, value: [5] },
  { title: "cosineSimilarity with a zero vector", loss: "cosineSimilarity", args: [t([0, 0], [1, 2]), t([3, 4], [1, 2])], value: [0] },
  {
    title: "cosineSimilarity, each norm has its floor",
    loss: "cosineSimilarity",
    args: [t([0.25, 0], [1, 2]), t([4, 0], [1, 2])],
    options: { eps: 1 },
    value: [0.25],
  },
  { title: "cosineSimilarity of two vectors takes their only axis", loss: "cosineSimilarity", args: [t([3, 4]), t([4, 3])], value: [0.96] },
  { title: "cosineSimilarity of two vectors along dim 0", loss: "cosineSimilarity", args: [t([3, 4]), t([4, 3])], options: { dim: 0 }, value: [0.96] },
  {
    title: "softshrink at ±λ, on both sides, 0, NaN and infinities",
    loss: "softshrink",
    args: [t([0.5, -0.5, 0.5 + 2 ** -20, -0.5 - 2 ** -20, 0, -0, nan, inf, minf])],
    value: [0, 0, 2 ** -20, -(2 ** -20), 0, 0, nan, inf, minf],
    exact: true,
  },
  {
    title: "softshrink, λ = 0 changes nothing",
    loss: "softshrink",
    args: [t([tiny, -tiny, 1e4, 0])],
    options: { lambda: 0 },
    value: [tiny, -tiny, 1e4, 0],
    exact: true,
  },
  { title: "softshrink, λ infinite", loss: "softshrink", args: [t([1, inf, minf, nan])], options: { lambda: inf }, value: [0, 0, 0, nan], exact: true },
  { title: "softshrink of a number", loss: "softshrink", args: [t([2], [])], value: [1.5], exact: true },
  { title: "softshrink of nothing", loss: "softshrink", args: [t([], [0, 3])], value: [] },
  { title: "softshrink, λ < 0", loss: "softshrink", args: [t([1])], options: { lambda: -1 }, throws: "lambda" },
  // No eps: equal vectors are 0 apart, whatever the norm.
  ...[0, 0.5, 1, 1.5, 2, 3, inf].map(
    (p): Point => ({
      title: `cdist of equal vectors, p ${p}`,
      loss: "cdist",
      args: [t([1, 2, 5, -1], [2, 2]), t([1, 2, 5, -1, 1, 2], [3, 2])],
      options: { p },
      value: [0, apart[p], 0, apart[p], 0, apart[p]] as number[],
    }),
  ),
  { title: "cdist of NaN and infinities", loss: "cdist", args: [t([nan, inf, 0], [3, 1]), t([0, inf], [2, 1])], value: [nan, nan, inf, nan, 0, inf] },
  { title: "cdist of NaN and infinities, p ∞", loss: "cdist", args: [t([nan, inf, 0], [3, 1]), t([0], [1, 1])], options: { p: inf }, value: [nan, inf, 0] },
  {
    title: "cdist of 1e4, of subnormals",
    loss: "cdist",
    args: [t([1e4, 0], [2, 1]), t([-1e4, tiny], [2, 1])],
    options: { p: 1 },
    value: [2e4, 1e4, 1e4, tiny],
  },
  { title: "cdist of vectors without dimensions", loss: "cdist", args: [t([], [2, 0]), t([], [1, 0])], value: [0, 0] },
  { title: "cdist of no vectors", loss: "cdist", args: [t([], [0, 3]), t([1, 2, 3], [1, 3])], value: [] },
  {
    title: "cdist, leading axes broadcast",
    loss: "cdist",
    args: [t([0, 1, 5], [3, 1, 1]), t([1, 2], [2, 1])],
    value: [1, 2, 0, 1, 4, 3],
  },
  { title: "cdist, p < 0", loss: "cdist", args: [t([1], [1, 1]), t([1], [1, 1])], options: { p: -1 }, throws: '"p"' },
  { title: "cdist of unequal dimensions", loss: "cdist", args: [t([1, 2], [1, 2]), t([1], [1, 1])], throws: "cdist" },
];
