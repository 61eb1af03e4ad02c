/**
 * Hand-worked points of the in-batch losses: batches of one, equal and zero rows, labels without partners, kinks.
 */
import type { Point } from "./points.js";
import { classes as c, tensor as t } from "./tensor.js";

const { NaN: nan } = Number;
const none = { reduction: "none" };
const { LN2 } = Math;
const two = t([1, 0, 0, 1], [2, 2]);
const four = t([1, 0, 1, 0, 0, 1, 0, 1], [4, 2]);
/** log(1 + e^-x). */
const below = (x: number): number => Math.log1p(Math.exp(-x));

export const inBatch: readonly Point[] = [
  {
    title: "infoNce of one and one: nothing to choose from",
    loss: "infoNceLoss",
    args: [t([3, 4], [1, 2]), t([-1, 2], [1, 2])],
    value: 0,
    grad: { query: [0, 0], key: [0, 0] },
  },
  {
    title: "infoNce of equal keys: log 2 each, not normalised",
    loss: "infoNceLoss",
    args: [two, t([1, 1, 1, 1], [2, 2])],
    options: { ...none, normalize: false, temperature: 1 },
    value: [LN2, LN2],
    // (½ − 1) k + ½ k = 0; key 0: −½ q0 + ½ q1
    grad: { query: [0, 0, 0, 0], key: [-0.5, 0.5, 0.5, -0.5] },
  },
  {
    title: "infoNce, a temperature that makes it a maximum",
    loss: "infoNceLoss",
    args: [two, two],
    options: { ...none, temperature: 1e-6 },
    value: [0, 0],
    grad: { query: [0, 0, 0, 0], key: [0, 0, 0, 0] },
  },
  {
    title: "infoNce, all keys in one group: no negatives",
    loss: "infoNceLoss",
    args: [two, t([1, 1, 2, 1, 3, 0], [3, 2])],
    options: { ...none, groups: c([-7, -7, -7]) },
    value: [0, 0],
    grad: { query: [0, 0, 0, 0], key: [0, 0, 0, 0, 0, 0] },
  },
  {
    title: "infoNce of a zero row: no direction, the floor divides its gradient",
    loss: "infoNceLoss",
    args: [t([0, 0], [1, 2]), t([1, 0, 0, 1], [2, 2])],
    options: { ...none, temperature: 1 },
    value: [LN2],
    grad: { query: [-0.5e12, 0.5e12], key: [0, 0, 0, 0] },
  },
  {
    title: "infoNce with a NaN among the keys: every query meets it",
    loss: "infoNceLoss",
    args: [two, t([1, 0, 0, nan], [2, 2])],
    options: none,
    value: [nan, nan],
  },
  { title: "infoNce, fewer keys than queries", loss: "infoNceLoss", args: [two, t([1, 0], [1, 2])], throws: "shape (M, 2) with M >= 2" },
  {
    title: "clip, scale 0: all alike",
    loss: "clipLoss",
    args: [two, two, t([0], [])],
    options: { reduction: "sum" },
    value: 2 * LN2,
    // Σ of (½ − 1) · 1 on the diagonal
    grad: { image: [0, 0, 0, 0], text: [0, 0, 0, 0], logitScale: [-1] },
  },
  {
    title: "clip of orthogonal pairs, logitScale (1)",
    loss: "clipLoss",
    args: [two, two, t([2], [1])],
    options: none,
    value: [below(2), below(2)],
  },
  { title: "clip, two scales", loss: "clipLoss", args: [two, two, t([1, 2])], throws: "one number" },
  {
    title: "sigLip of zeros: log 2 a pair",
    loss: "sigLipLoss",
    args: [t([0, 0], [2, 1]), t([0, 0], [2, 1]), t([3], []), t([0], [])],
    options: none,
    value: [2 * LN2, 2 * LN2],
    grad: { image: [0, 0], text: [0, 0], logitScale: [0], logitBias: [0] },
  },
  {
    title: "sigLip far out: right pairs nothing, wrong ones the logit",
    loss: "sigLipLoss",
    args: [t([1, 1], [2, 1]), t([1, 1], [2, 1]), t([1000], []), t([0], [])],
    options: none,
    value: [1000, 1000],
    grad: { image: [1000, 1000], text: [1000, 1000], logitScale: [2], logitBias: [2] },
  },
  {
    title: "supCon: two of each label, orthogonal",
    loss: "supConLoss",
    args: [four, c([5, 5, -2, -2])],
    options: { ...none, temperature: 0.5 },
    value: [0, 1, 2, 3].map(() => Math.log(1 + 2 * Math.exp(-2))),
    grad: { embeddings: [0, -1, 0, -1, -1, 0, -1, 0].map((v) => (-v * 8 * Math.exp(-2)) / (1 + 2 * Math.exp(-2))) },
  },
  {
    title: "supCon, nobody has a positive: NaN, and no gradient",
    loss: "supConLoss",
    args: [two, c([0, 1])],
    value: nan,
    grad: { embeddings: [0, 0, 0, 0] },
  },
  {
    title: "supCon, one without a positive: 0, and not in the mean",
    loss: "supConLoss",
    args: [t([1, 1, 1], [3, 1]), c([4, 4, 9])],
    options: { normalize: false, temperature: 1 },
    value: LN2,
    grad: { embeddings: [-0.25, -0.25, 0.5] },
  },
  {
    title: "ntXent without negatives",
    loss: "ntXentLoss",
    args: [two, c([3, 3])],
    value: 0,
    grad: { embeddings: [0, 0, 0, 0] },
  },
  {
    title: "ntXent of two and two: over four ordered pairs",
    loss: "ntXentLoss",
    args: [four, c([0, 0, 1, 1])],
    options: { temperature: 0.5 },
    value: Math.log(1 + 2 * Math.exp(-2)),
  },
  { title: "ntXent without a pair: NaN, and no gradient", loss: "ntXentLoss", args: [two, c([0, 1])], value: nan, grad: { embeddings: [0, 0, 0, 0] } },
  { title: "ntXent has no losses of rows", loss: "ntXentLoss", args: [two, c([0, 0])], options: none, throws: "one of mean, sum" },
  {
    title: "batchHard at the kink: 0, and the gradient passes",
    loss: "batchHardTripletLoss",
    args: [t([0, 1, 3], [3, 1]), c([0, 0, 1])],
    options: { ...none, margin: 2 },
    // anchor 0: 1 − 3 + 2 = 0; anchor 1: 1 − 2 + 2 = 1; 2 has no positive
    value: [0, 1, 0],
    grad: { embeddings: [-1, 3, -2] },
    exact: true,
  },
  {
    title: "batchHard of equal distances: the first has the gradient",
    loss: "batchHardTripletLoss",
    args: [t([0, -1, 1, -2, 2], [5, 1]), c([0, 0, 0, 1, 1])],
    options: { ...none, margin: -10 },
    value: [0, 0, 0, 0, 0],
    grad: { embeddings: [0, 0, 0, 0, 0] },
  },
  {
    title: "batchHard of equal distances, within the margin",
    loss: "batchHardTripletLoss",
    args: [t([0, -1, 1, -2, 2], [5, 1]), c([0, 0, 0, 1, 2])],
    options: { ...none, margin: 0.5 },
    // anchor 0: 1 − 2 + ½ < 0. Anchors ±1: each other, 2 away, and ±2, 1 away; ±2 have no positive
    value: [0, 1.5, 1.5, 0, 0],
    // −1 is pulled to 1 by both, and from −2
    grad: { embeddings: [0, -3, 3, 1, -1] },
  },
  {
    title: "batchHard of duplicates: a distance of 0 has no gradient",
    loss: "batchHardTripletLoss",
    args: [t([1, 1, 1], [3, 1]), c([0, 0, 1])],
    value: 1,
    grad: { embeddings: [0, 0, 0] },
    exact: true,
  },
  {
    title: "batchHard, soft, far out: the difference itself",
    loss: "batchHardTripletLoss",
    args: [t([0, 1000, 0], [3, 1]), c([0, 0, 1])],
    options: { ...none, soft: true },
    value: [1000, LN2, 0],
    // anchor 0: σ = 1, pulled to 1000 (its negative is at 0 distance); anchor 1: ½ of both, which cancel in it
    grad: { embeddings: [-1.5, 1, 0.5] },
  },
  { title: "batchHard, one label: no negatives", loss: "batchHardTripletLoss", args: [two, c([1, 1])], value: nan, grad: { embeddings: [0, 0, 0, 0] } },
];
