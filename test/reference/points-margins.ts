/**
 * Hand-worked points of the losses with margins (spec/semantics.md 2.14 to 2.18): kinks, then the ends of the number range.
 */
import type { Point } from "./points.js";
import { classes as c, tensor as t } from "./tensor.js";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minf } = Number;
const none = { reduction: "none" };
const sum = { reduction: "sum" };
const above = 1 + 2 ** -20;
const below = 1 - 2 ** -20;
const tiny = 2 ** -140;
const huge = Math.fround(3e38);
const softplus = (x: number) => Math.log1p(Math.exp(x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const hingeEmbedding: readonly Point[] = [
  // clamp_min(m − x, 0): at x = m the gradient passes; a NaN's value is NaN and the clamp's share of its gradient 0.
  {
    title: "hingeEmbedding, t=−1: at the margin, on both sides, NaN",
    loss: "hingeEmbeddingLoss",
    args: [t([1, below, above, nan, -0]), t([-1, -1, -1, -1, -1])],
    options: none,
    value: [0, 2 ** -20, 0, nan, 1],
    grad: { input: [-1, -1, 0, 0, -1] },
    exact: true,
  },
  {
    title: "hingeEmbedding, t=1: x itself, negative and NaN too",
    loss: "hingeEmbeddingLoss",
    args: [t([2, -3, nan, inf, minf]), t([1, 1, 1, 1, 1])],
    options: none,
    value: [2, -3, nan, inf, minf],
    grad: { input: [1, 1, 1, 1, 1] },
    exact: true,
  },
  {
    title: "hingeEmbedding, t neither: both terms",
    loss: "hingeEmbeddingLoss",
    args: [t([0.5, 1, 2, nan]), t([0, 0.5, nan, 0])],
    options: none,
    value: [1, 1, 2, nan],
    grad: { input: [0, 0, 1, 1] },
    exact: true,
  },
  {
    title: "hingeEmbedding, margin 0 and below",
    loss: "hingeEmbeddingLoss",
    args: [t([-0.5, -0.25, 0]), t([-1, -1, -1])],
    options: { ...none, margin: -0.5 },
    value: [0, 0, 0],
    grad: { input: [-1, 0, 0] },
    exact: true,
  },
  {
    title: "hingeEmbedding of infinities and the largest floats, t=−1",
    loss: "hingeEmbeddingLoss",
    args: [t([inf, minf, 3e38, -3e38, tiny]), t([-1, -1, -1, -1, -1])],
    options: none,
    value: [0, inf, 0, 3e38, 1],
    grad: { input: [0, -1, 0, -1, -1] },
  },
  { title: "hingeEmbedding of nothing, mean", loss: "hingeEmbeddingLoss", args: [t([]), t([])], value: nan, grad: { input: [] } },
  { title: "hingeEmbedding of nothing, sum", loss: "hingeEmbeddingLoss", args: [t([]), t([])], options: sum, value: 0, grad: { input: [] } },
  {
    title: "hingeEmbedding of a column and a row of no columns",
    loss: "hingeEmbeddingLoss",
    args: [t([1, 2], [2, 1]), t([], [1, 0])],
    options: sum,
    value: 0,
    grad: { input: [0, 0] },
    exact: true,
  },
  {
    title: "hingeEmbedding, the gradient of a broadcast input is summed, the mean's denominator is the broadcast size",
    loss: "hingeEmbeddingLoss",
    args: [t([0.5, 2], [2, 1]), t([1, -1], [2])],
    value: (0.5 + 0.5 + 2 + 0) / 4,
    grad: { input: [0, 0.25] },
  },
];

const softMargin: readonly Point[] = [
  {
    title: "softMargin at 0, with t = ±1 and 0",
    loss: "softMarginLoss",
    args: [t([0, -0, 3]), t([1, -1, 0])],
    options: none,
    value: [Math.LN2, Math.LN2, Math.LN2],
    grad: { input: [-0.5, 0.5, 0] },
  },
  // Deliberate difference: softplus, where PyTorch overflows in float32 from 88 on and in float64 from 709 on.
  {
    title: "softMargin of ±100, ±1e4 and the largest floats",
    loss: "softMarginLoss",
    args: [t([-100, -1e4, 1e4, -huge, huge]), t([1, 1, 1, 1, 1])],
    options: none,
    value: [100, 1e4, 0, huge, 0],
    grad: { input: [-1, -1, 0, -1, 0] },
    exact: true,
  },
  {
    title: "softMargin of infinities and NaN",
    loss: "softMarginLoss",
    args: [t([inf, minf, nan, 1]), t([1, 1, 1, nan])],
    options: none,
    value: [0, inf, nan, nan],
    grad: { input: [0, -1, nan, nan] },
    exact: true,
  },
  {
    title: "softMargin of subnormals",
    loss: "softMarginLoss",
    args: [t([tiny, -tiny]), t([1, 1])],
    options: none,
    value: [Math.LN2, Math.LN2],
    grad: { input: [-0.5, -0.5] },
  },
  {
    title: "softMargin deep in the tail",
    loss: "softMarginLoss",
    args: [t([50]), t([1])],
    options: none,
    value: [Math.exp(-50)],
    grad: { input: [-Math.exp(-50)] },
  },
  { title: "softMargin of nothing, mean", loss: "softMarginLoss", args: [t([]), t([])], value: nan, grad: { input: [] } },
];

const multiMargin: readonly Point[] = [
  // Strictly above 0, unlike the losses with clamps: at the kink no gradient.
  {
    title: "multiMargin at z = 0, on both sides",
    loss: "multiMarginLoss",
    args: [t([1, 0, 2 ** -20, -(2 ** -20)], [1, 4]), c([0])],
    options: none,
    value: [2 ** -22],
    grad: { input: [-0.25, 0, 0.25, 0] },
    exact: true,
  },
  {
    title: "multiMargin, p 2 at z = 0 and above",
    loss: "multiMarginLoss",
    args: [t([1, 0, 3, -2], [1, 4]), c([0])],
    options: { ...none, p: 2 },
    value: [9 / 4],
    grad: { input: [-1.5, 0, 1.5, 0] },
    exact: true,
  },
  {
    title: "multiMargin, weight of the target multiplies both, p 2, mean over 2 samples",
    loss: "multiMarginLoss",
    args: [t([0, 1, 0, 0], [2, 2]), c([0, 1])],
    options: { p: 2, weight: t([3, 5]) },
    value: (3 * 2 + 5 * 0.5) / 2,
    grad: { input: [-3, 3, 2.5, -2.5] },
    exact: true,
  },
  {
    title: "multiMargin, one sample (C) with a class ()",
    loss: "multiMarginLoss",
    args: [t([0, 0.5, -2]), c([1], [])],
    options: none,
    value: [0.5 / 3],
    grad: { input: [1 / 3, -1 / 3, 0] },
  },
  { title: "multiMargin, one class", loss: "multiMarginLoss", args: [t([5, nan], [2, 1]), c([0, 0])], options: none, value: [0, 0], grad: { input: [0, 0] } },
  {
    title: "multiMargin, margin 0: equal scores have no gradient",
    loss: "multiMarginLoss",
    args: [t([1, 1], [1, 2]), c([0])],
    options: { ...none, margin: 0 },
    value: [0],
    grad: { input: [0, 0] },
  },
  // z > 0 is false for NaN.
  {
    title: "multiMargin, a NaN beside the target adds nothing, one at the target takes all",
    loss: "multiMarginLoss",
    args: [t([0, nan, 1, nan, 0, 1], [2, 3]), c([0, 0])],
    options: none,
    value: [2 / 3, 0],
    grad: { input: [-1 / 3, 0, 1 / 3, 0, 0, 0] },
  },
  {
    title: "multiMargin of infinities",
    loss: "multiMarginLoss",
    args: [t([0, inf, 0, inf, minf, 0], [3, 2]), c([0, 1, 0])],
    options: none,
    value: [inf, 0, inf],
    grad: { input: [-0.5, 0.5, 0, 0, -0.5, 0.5] },
  },
  { title: "multiMargin, +inf at the target", loss: "multiMarginLoss", args: [t([inf, inf, 0], [1, 3]), c([0])], value: 0, grad: { input: [0, 0, 0] } },
  {
    title: "multiMargin of 1e4 and subnormals, p 2",
    loss: "multiMarginLoss",
    args: [t([-1e4, 1e4, tiny, 1], [2, 2]), c([0, 1])],
    options: { ...none, p: 2 },
    value: [20001 ** 2 / 2, 0],
    grad: { input: [-20001, 20001, 0, 0] },
  },
  { title: "multiMargin of no samples, mean", loss: "multiMarginLoss", args: [t([], [0, 3]), c([])], value: nan, grad: { input: [] } },
  { title: "multiMargin of no samples, sum", loss: "multiMarginLoss", args: [t([], [0, 3]), c([])], options: sum, value: 0, grad: { input: [] } },
  { title: "multiMargin, target C", loss: "multiMarginLoss", args: [t([0, 1], [1, 2]), c([2])], throws: '"target"[0] expected a class in [0, 2), got 2' },
  { title: "multiMargin, target −1", loss: "multiMarginLoss", args: [t([0, 1], [1, 2]), c([-1])], throws: '"target"[0]' },
  { title: "multiMargin, p 3", loss: "multiMarginLoss", args: [t([0, 1], [1, 2]), c([0])], options: { p: 3 }, throws: '"p"' },
];

const multiLabel: readonly Point[] = [
  {
    title: "multiLabelMargin at z = 0, on both sides",
    loss: "multiLabelMarginLoss",
    args: [t([1, 0, 2 ** -20, -(2 ** -20)], [1, 4]), c([0, -1, -1, -1], [1, 4])],
    options: none,
    value: [2 ** -22],
    grad: { input: [-0.25, 0, 0.25, 0] },
    exact: true,
  },
  {
    title: "multiLabelMargin: what follows the first −1 is not looked at, classes of the list are not compared with each other",
    loss: "multiLabelMarginLoss",
    args: [t([0, 0, 0, 0], [1, 4]), c([3, 1, -1, 99], [1, 4])],
    options: none,
    value: [1],
    grad: { input: [0.5, -0.5, 0.5, -0.5] },
    exact: true,
  },
  {
    title: "multiLabelMargin: an empty list, a full one",
    loss: "multiLabelMarginLoss",
    args: [t([1, 2, 3, 4], [2, 2]), c([-1, 0, 1, 0], [2, 2])],
    options: none,
    value: [0, 0],
    grad: { input: [0, 0, 0, 0] },
    exact: true,
  },
  {
    title: "multiLabelMargin of one sample (C), mean",
    loss: "multiLabelMarginLoss",
    args: [t([0, 0.5]), c([1, -1])],
    value: 0.25,
    grad: { input: [0.5, -0.5] },
    exact: true,
  },
  {
    title: "multiLabelMargin, NaN and infinities",
    loss: "multiLabelMarginLoss",
    args: [t([nan, 0, 0, 0, nan, 1, 0, inf, 2], [3, 3]), c([0, -1, -1, 0, -1, -1, 0, -1, -1], [3, 3])],
    options: none,
    value: [0, 2 / 3, inf],
    grad: { input: [0, 0, 0, -1 / 3, 0, 1 / 3, -2 / 3, 1 / 3, 1 / 3] },
  },
  { title: "multiLabelMargin of no samples, mean", loss: "multiLabelMarginLoss", args: [t([], [0, 3]), c([], [0, 3])], value: nan, grad: { input: [] } },
  { title: "multiLabelMargin, a class of C", loss: "multiLabelMarginLoss", args: [t([0, 1], [1, 2]), c([0, 2], [1, 2])], throws: '"target"[1]' },
  { title: "multiLabelMargin, a class of −2", loss: "multiLabelMarginLoss", args: [t([0, 1], [1, 2]), c([-2, 0], [1, 2])], throws: '"target"[0]' },
  {
    title: "multiLabelSoftMargin: mean over the classes, then over the samples; one weight a class",
    loss: "multiLabelSoftMarginLoss",
    args: [t([0, 0, 0, 0], [2, 2]), t([1, 0, 1, 1], [2, 2])],
    options: { weight: t([1, 3]) },
    value: 2 * Math.LN2,
    grad: { input: [-0.125, 0.375, -0.125, -0.375] },
  },
  {
    title: "multiLabelSoftMargin of one sample (C)",
    loss: "multiLabelSoftMarginLoss",
    args: [t([2, -1]), t([1, 0.5])],
    options: none,
    value: [(softplus(-2) + 0.5 * softplus(1) + 0.5 * softplus(-1)) / 2],
    grad: { input: [(sigmoid(2) - 1) / 2, (sigmoid(-1) - 0.5) / 2] },
  },
  {
    title: "multiLabelSoftMargin of ±1e4, right and wrong",
    loss: "multiLabelSoftMarginLoss",
    args: [t([1e4, -1e4, 1e4, -1e4], [2, 2]), t([1, 0, 0, 1], [2, 2])],
    options: none,
    value: [0, 1e4],
    grad: { input: [0, 0, 0.5, -0.5] },
    exact: true,
  },
  {
    title: "multiLabelSoftMargin, a NaN stays in its sample",
    loss: "multiLabelSoftMarginLoss",
    args: [t([nan, 0, 0, 0], [2, 2]), t([1, 1, 1, 1], [2, 2])],
    options: none,
    value: [nan, Math.LN2],
    grad: { input: [nan, -0.25, -0.25, -0.25] },
  },
  {
    title: "multiLabelSoftMargin of three axes: none lacks the last",
    loss: "multiLabelSoftMarginLoss",
    args: [t([0, 0, 0, 0], [2, 1, 2]), t([1, 1, 0, 0], [2, 1, 2])],
    options: none,
    value: [Math.LN2, Math.LN2],
    grad: { input: [-0.25, -0.25, 0.25, 0.25] },
  },
  {
    title: "multiLabelSoftMargin of no samples, mean",
    loss: "multiLabelSoftMarginLoss",
    args: [t([], [0, 3]), t([], [0, 3])],
    value: nan,
    grad: { input: [] },
  },
];

export const margins: readonly Point[] = [...hingeEmbedding, ...softMargin, ...multiMargin, ...multiLabel];
