/**
 * Hand-worked points at the kinks (spec/semantics.md 2.0 item 5 and each loss's text).
 */

import { beyond } from "./moreLosses.js";
import type { Point } from "./points.js";
import { inBatch } from "./points-inBatch.js";
import { likelihoods } from "./points-likelihoods.js";
import { margins } from "./points-margins.js";
import { BCE_EPS } from "./pointwise.js";
import { classes as c, tensor as t } from "./tensor.js";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minf } = Number;
const none = { reduction: "none" };
const above = 1 + 2 ** -20;
const below = 1 - 2 ** -20;

/** One vector a triplet, written flat. */
export const triple = (a: number[], p: number[], n: number[]) => [a, p, n].map((v) => t(v, [1, v.length]));
export const pairOf = (a: number[], b: number[], y: number) => [t(a, [1, a.length]), t(b, [1, b.length]), t([y])];
const same = triple([1, 2], [1, 2], [1, 2]);
const still = { anchor: [0, 0], positive: [0, 0], negative: [0, 0] };

export const kinks: readonly Point[] = [
  // abs: sgn, 0 at 0, and sgn(NaN) = 0.
  {
    title: "l1 at 0 and NaN",
    loss: "l1Loss",
    args: [t([1, 1, nan]), t([1, 0, 0])],
    options: none,
    value: [0, 1, nan],
    grad: { input: [0, 1, 0], target: [0, -1, 0] },
  },
  {
    title: "smoothL1 β=0 at NaN is L1's",
    loss: "smoothL1Loss",
    args: [t([nan, 0]), t([0, 0])],
    options: { ...none, beta: 0 },
    value: [nan, 0],
    grad: { input: [0, 0] },
  },
  { title: "mse at 0", loss: "mseLoss", args: [t([3]), t([3])], options: none, value: [0], grad: { input: [0], target: [0] } },
  {
    title: "smoothL1 on both sides of β=1",
    loss: "smoothL1Loss",
    args: [t([below, 1, above, -below, -1, -above]), t([0, 0, 0, 0, 0, 0])],
    options: none,
    value: [below ** 2 / 2, 0.5, above - 0.5, below ** 2 / 2, 0.5, above - 0.5],
    grad: { input: [below, 1, 1, -below, -1, -1] },
  },
  {
    title: "huber at and around ±δ=2",
    loss: "huberLoss",
    args: [t([2 * below, 2, 2 * above, -2 * below, -2, -2 * above, 0]), t([0, 0, 0, 0, 0, 0, 0])],
    options: { ...none, delta: 2 },
    value: [2 * below ** 2, 2, 4 * above - 2, 2 * below ** 2, 2, 4 * above - 2, 0],
    grad: { input: [2 * below, 2, 2, -2 * below, -2, -2, 0] },
  },
  // clamp_min(z, 0): the gradient passes at z = 0; a NaN's value is NaN and its gradient 0.
  {
    title: "marginRanking at z = 0, below, above and NaN",
    loss: "marginRankingLoss",
    args: [t([1, 2, 0, nan]), t([0.5, 0, 1, 0]), t([1, 1, 1, 1])],
    options: { ...none, margin: 0.5 },
    value: [0, 0, 1.5, nan],
    grad: { input1: [-1, 0, -1, 0], input2: [1, 0, 1, 0] },
  },
  {
    title: "tripletMargin at z = 0",
    loss: "tripletMarginLoss",
    args: triple([0], [1], [2]),
    options: { eps: 0 },
    value: 0,
    grad: { anchor: [0], positive: [1], negative: [-1] },
  },
  {
    title: "tripletMargin at z < 0",
    loss: "tripletMarginLoss",
    args: triple([0], [1], [3]),
    options: { eps: 0 },
    value: 0,
    grad: { anchor: [0], positive: [0], negative: [0] },
  },
  { title: "tripletMargin at z = NaN", loss: "tripletMarginLoss", args: triple([nan, 0], [1, 0], [3, 0]), value: nan },
  {
    title: "cosineEmbedding y=−1 at cos = margin = 0",
    loss: "cosineEmbeddingLoss",
    args: pairOf([2, 0], [0, 4], -1),
    value: 0,
    grad: { input1: [0, 0.5], input2: [0.25, 0] },
  },
  {
    title: "cosineEmbedding y=−1 below the margin",
    loss: "cosineEmbeddingLoss",
    args: pairOf([2, 0], [0, 4], -1),
    options: { margin: 0.25 },
    value: 0,
    grad: { input1: [0, 0], input2: [0, 0] },
  },
  // minimum(a, b): half on a tie; else the smaller distance takes it all.
  {
    title: "tripletMargin, swap chooses ‖p − n‖",
    loss: "tripletMarginLoss",
    args: triple([0], [3], [4]),
    options: { eps: 0, swap: true },
    value: 3,
    grad: { anchor: [-1], positive: [2], negative: [-1] },
  },
  {
    title: "tripletRatio, tie under swap",
    loss: "tripletRatioLoss",
    args: triple([0, 0], [2, 0], [1, Math.sqrt(3)]),
    options: { eps: 0, swap: true },
    // An equilateral triangle of side 2, so u = 0 and G = ½; in floating point the two sides to n are computed from the same numbers.
    value: 0.5,
    grad: { anchor: [-0.375, Math.sqrt(3) / 8], positive: [0.375, Math.sqrt(3) / 8], negative: [0, -Math.sqrt(3) / 4] },
  },
  // The p-norm at its corners (2.11).
  { title: "p=0: a count, no gradient", loss: "tripletMarginLoss", args: triple([0, 0], [0, 3], [5, 0]), options: { p: 0, eps: 0 }, value: 1, grad: still },
  {
    title: "p=1: sgn(0) = 0",
    loss: "tripletMarginLoss",
    args: triple([0, 0], [0, 1], [1, 0]),
    options: { p: 1, eps: 0 },
    value: 1,
    grad: { anchor: [1, -1], positive: [0, 1], negative: [-1, 0] },
  },
  {
    title: "p=∞: the largest coordinates share",
    loss: "tripletMarginLoss",
    args: triple([0, 0], [1, -1], [3, 0]),
    options: { p: inf, eps: 0, margin: 5 },
    value: 3,
    grad: { anchor: [0.5, 0.5], positive: [0.5, -0.5], negative: [-1, 0] },
  },
  {
    // Three dimensions are no whole vector: what follows a row in memory is the next one, whose largest coordinate is as large.
    title: "p=∞: rows do not count each other's ties",
    loss: "tripletMarginLoss",
    args: [t([0, 0, 0, 0, 0, 0], [2, 3]), t([2, 0, 0, 2, 0, 0], [2, 3]), t([1, 0, 0, 1, 0, 0], [2, 3])],
    options: { ...none, p: inf, eps: 0 },
    value: [2, 2],
    grad: { anchor: [0, 0, 0, 0, 0, 0], positive: [1, 0, 0, 1, 0, 0], negative: [-1, 0, 0, -1, 0, 0] },
  },
  {
    title: "p=½: 0 where v is 0",
    loss: "tripletMarginLoss",
    args: triple([0, 0], [0, 4], [1, 1]),
    options: { p: 0.5, eps: 0, margin: 2 },
    value: 2,
    grad: { anchor: [2, 1], positive: [0, 1], negative: [-2, -2] },
  },
  ...[0.5, 1, 1.5, 2, 3, inf].map(
    (p): Point => ({ title: `p=${p} at r=0`, loss: "tripletMarginLoss", args: same, options: { p, eps: 0 }, value: 1, grad: still }),
  ),
  { title: "tripletRatio at distances of 0", loss: "tripletRatioLoss", args: same, options: { eps: 0 }, value: 0.5, grad: still },
  {
    title: "eps is added to every component of the difference, signed",
    loss: "tripletMarginLoss",
    args: triple([0, 0], [1, 1], [-1, -1]),
    options: { eps: 0.5, p: 1, margin: 4 },
    value: 2,
    grad: { anchor: [-2, -2], positive: [1, 1], negative: [1, 1] },
  },
  // bce: the value's clamp does not zero the gradient, the gradient's clamp is EPS.
  {
    title: "bce at its ends",
    loss: "bceLoss",
    args: [t([0, 1, 0, 1]), t([0, 1, 1, 0])],
    options: none,
    value: [0, 0, 100, 100],
    grad: { input: [0, 0, -1 / BCE_EPS, 1 / BCE_EPS] },
  },
  { title: "bce with a soft target at 0", loss: "bceLoss", args: [t([0]), t([0.25])], options: none, value: [25], grad: { input: [-0.25 / BCE_EPS] } },
  // xlogy: 0 at t = 0; NaN left of it and where the other factor is infinite.
  {
    title: "klDiv at t=0, t<0 and NaN",
    loss: "klDivLoss",
    args: [t([-1, -1, nan]), t([0, -1, 0])],
    options: none,
    value: [0, nan, nan],
    grad: { input: [0, 1, 0], target: [nan, nan, nan] },
  },
  { title: "klDiv, logTarget −inf", loss: "klDivLoss", args: [t([-1]), t([minf])], options: { ...none, logTarget: true }, value: [nan], grad: { input: [0] } },
  {
    title: "klDiv, batchmean of a 0-D input",
    loss: "klDivLoss",
    args: [t([-1], []), t([1], [])],
    options: { reduction: "batchmean" },
    value: 1,
    grad: { input: [-1] },
  },
  {
    title: "klDiv, batchmean divides by the first axis of the input, not of what it is broadcast to",
    loss: "klDivLoss",
    args: [t([-1, -2], [1, 2]), t([1, 1, 1, 1, 1, 1], [3, 2])],
    options: { reduction: "batchmean" },
    value: 9,
    grad: { input: [-3, -3], target: [2, 3, 2, 3, 2, 3] },
  },
  // nll and crossEntropy: ignoring is not weighting with 0.
  { title: "nll, weight 0 times −inf", loss: "nllLoss", args: [t([minf, -1], [1, 2]), c([0])], options: { ...none, weight: t([0, 1]) }, value: [nan] },
  {
    title: "nll, selected weights of sum 0, mean",
    loss: "nllLoss",
    args: [t([-1, -2], [1, 2]), c([0])],
    options: { weight: t([0, 1]) },
    value: nan,
    grad: { input: [nan, 0] },
  },
  {
    title: "nll, ignored rows are not read",
    loss: "nllLoss",
    args: [t([nan, nan, -1, -2], [2, 2]), c([-100, 1])],
    options: none,
    value: [0, 2],
    grad: { input: [0, 0, 0, -1] },
  },
  {
    title: "crossEntropy, an ignored class stays in the softmax of others",
    loss: "crossEntropyLoss",
    args: [t([0, 0, 0, 0], [2, 2]), c([0, 1])],
    options: { ignoreIndex: 1 },
    value: Math.LN2,
    grad: { input: [-0.5, 0.5, 0, 0] },
  },
  { title: "crossEntropy, all ignored, mean", loss: "crossEntropyLoss", args: [t([1, 2], [1, 2]), c([-100])], value: nan, grad: { input: [0, 0] } },
  {
    title: "crossEntropy, an ignored row of NaN under smoothing and weights",
    loss: "crossEntropyLoss",
    args: [t([nan, nan, 0, 0], [2, 2]), c([-100, 1])],
    options: { labelSmoothing: 0.5, weight: t([1, 3]) },
    value: (0.5 * 3 * Math.LN2 + 0.25 * 4 * Math.LN2) / 3,
    grad: { input: [0, 0, (0.5 * 3 * 0.5 + 0.25 * (0.5 * 4 - 1)) / 3, (-0.5 * 3 * 0.5 + 0.25 * (0.5 * 4 - 3)) / 3] },
  },
  { title: "crossEntropy, target logit −inf", loss: "crossEntropyLoss", args: [t([minf, 1, 1], [1, 3]), c([0])], value: inf, grad: { input: [-1, 0.5, 0.5] } },
  {
    title: "crossEntropy, smoothing over a masked class: +inf, the gradient finite",
    loss: "crossEntropyLoss",
    args: [t([0, minf], [1, 2]), c([0])],
    options: { labelSmoothing: 0.5 },
    value: inf,
    grad: { input: [0.25, -0.25] },
  },
  {
    title: "crossEntropy, probability 0 on a masked class",
    loss: "crossEntropyLoss",
    args: [t([0, minf], [1, 2]), t([1, 0], [1, 2])],
    options: none,
    value: [nan],
    grad: { input: [0, 0] },
  },
  {
    title: "crossEntropy, rows of −inf, with +inf, with NaN",
    loss: "crossEntropyLoss",
    args: [t([minf, minf, inf, 0, nan, 0, 0, 0], [4, 2]), c([0, 0, 0, 0])],
    options: none,
    value: [nan, nan, nan, Math.LN2],
    grad: { input: [nan, nan, nan, nan, nan, nan, -0.5, 0.5] },
  },
  {
    title: "cosineEmbedding, NaN target counts as neither",
    loss: "cosineEmbeddingLoss",
    args: pairOf([1, 0], [1, 0], nan),
    value: 0,
    grad: { input1: [0, 0], input2: [0, 0] },
  },
  {
    title: "cosineEmbedding, both vectors zero",
    loss: "cosineEmbeddingLoss",
    args: pairOf([0, 0], [0, 0], 1),
    value: 1,
    grad: { input1: [0, 0], input2: [0, 0] },
  },
  ...margins,
  ...likelihoods,
  ...beyond,
  ...inBatch,
];
