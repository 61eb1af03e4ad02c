/**
 * Hand-worked points of the likelihoods (spec/semantics.md 2.19 to 2.21): kinks and forms, then the ends of the number range.
 */
import type { Point } from "./points.js";
import { classes as c, tensor as t } from "./tensor.js";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minf } = Number;
const none = { reduction: "none" };
const sum = { reduction: "sum" };
const log = Math.log;
const above = 1 + 2 ** -20;
const tiny = 2 ** -140;
const stirling = (y: number) => y * log(y) - y + 0.5 * log(2 * Math.PI * y);
const halfLog2Pi = 0.5 * log(2 * Math.PI);

const poisson: readonly Point[] = [
  {
    title: "poisson of a logarithm, targets 0 and 1",
    loss: "poissonNllLoss",
    args: [t([0, 0, -0, 2]), t([0, 1, 3, 0.5])],
    options: none,
    value: [1, 1, 1, Math.exp(2) - 1],
    grad: { input: [1, 0, -2, Math.exp(2) - 0.5] },
  },
  // Stirling's term only where t > 1, strictly; at 1 it would be 0.5 log 2π − 1.
  {
    title: "poisson, full at t = 0, ½, 1, just above 1, 2",
    loss: "poissonNllLoss",
    args: [t([0, 0, 0, 0, 0]), t([0, 0.5, 1, above, 2])],
    options: { ...none, full: true },
    value: [1, 1, 1, 1 + stirling(above), 1 + stirling(2)],
    grad: { input: [1, 0.5, 0, 1 - above, -1] },
  },
  {
    title: "poisson of a rate, full",
    loss: "poissonNllLoss",
    args: [t([2, 2]), t([1, 3])],
    options: { ...none, logInput: false, full: true, eps: 0 },
    value: [2 - Math.LN2, 2 - 3 * Math.LN2 + stirling(3)],
    grad: { input: [0.5, -0.5] },
  },
  {
    title: "poisson of a rate of 0: eps keeps the logarithm and the slope finite",
    loss: "poissonNllLoss",
    args: [t([0, 0]), t([0, 2])],
    options: { ...none, logInput: false, eps: 0.25 },
    value: [0, -2 * log(0.25)],
    grad: { input: [1, -7] },
  },
  {
    title: "poisson of a rate of 0, the default eps",
    loss: "poissonNllLoss",
    args: [t([0]), t([1])],
    options: { ...none, logInput: false },
    value: [-log(1e-8)],
    grad: { input: [1 - 1e8] },
  },
  {
    title: "poisson of a rate of 0, eps 0",
    loss: "poissonNllLoss",
    args: [t([0, 0]), t([1, 0])],
    options: { ...none, logInput: false, eps: 0 },
    value: [inf, nan],
    grad: { input: [minf, nan] },
    exact: true,
  },
  {
    title: "poisson of a negative rate",
    loss: "poissonNllLoss",
    args: [t([-1]), t([2])],
    options: { ...none, logInput: false, eps: 0 },
    value: [nan],
    grad: { input: [3] },
  },
  {
    title: "poisson of infinities and NaN",
    loss: "poissonNllLoss",
    args: [t([inf, minf, nan, 0, minf]), t([1, 1, 1, nan, 0])],
    options: { ...none, full: true },
    value: [nan, inf, nan, nan, nan],
    grad: { input: [inf, -1, nan, nan, 0] },
    exact: true,
  },
  {
    title: "poisson of −1e4, of a subnormal, of a large count",
    loss: "poissonNllLoss",
    args: [t([-1e4, tiny, 0]), t([1, tiny, 1e6])],
    options: { ...none, full: true },
    value: [1e4, 1, 1 + stirling(1e6)],
    grad: { input: [-1, 1, 1 - 1e6] },
  },
  { title: "poisson of nothing, mean", loss: "poissonNllLoss", args: [t([]), t([])], value: nan, grad: { input: [] } },
  {
    title: "poisson of a column and no columns",
    loss: "poissonNllLoss",
    args: [t([1, 2], [2, 1]), t([], [2, 0])],
    options: sum,
    value: 0,
    grad: { input: [0, 0] },
  },
];

const gaussian: readonly Point[] = [
  {
    title: "gaussian, by hand, and full",
    loss: "gaussianNllLoss",
    args: [t([3]), t([1]), t([4])],
    options: { ...none, full: true },
    value: [0.5 * (log(4) + 1) + halfLog2Pi],
    grad: { input: [0.5], target: [-0.5], var: [0.5 * (0.25 - 0.25)] },
  },
  // Clamped outside the graph: the slope to var is the one at the clamped value, and passes.
  {
    title: "gaussian, variance below eps, at it, just above it, 0",
    loss: "gaussianNllLoss",
    args: [t([1, 1, 1, 1]), t([0, 0, 0, 0]), t([0.25, 0.5, 0.5 * above, 0])],
    options: { ...none, eps: 0.5 },
    value: [0.5 * (log(0.5) + 2), 0.5 * (log(0.5) + 2), 0.5 * (log(0.5 * above) + 2 / above), 0.5 * (log(0.5) + 2)],
    grad: { input: [2, 2, 2 / above, 2], var: [-1, -1, 0.5 * (2 / above - 4 / above ** 2), -1] },
  },
  {
    title: "gaussian, no difference and no variance: the default eps",
    loss: "gaussianNllLoss",
    args: [t([2]), t([2]), t([0])],
    options: none,
    value: [0.5 * log(1e-6)],
    grad: { input: [0], target: [0], var: [0.5e6] },
  },
  {
    title: "gaussian, one variance (0-D): its gradient is the sum",
    loss: "gaussianNllLoss",
    args: [t([1, 3]), t([0, 0]), t([2], [])],
    options: sum,
    value: 0.5 * (2 * log(2) + 5),
    grad: { input: [0.5, 1.5], var: [0.5 * (1 - 10 / 4)] },
  },
  {
    title: "gaussian, variance without the last axis, mean over the elements",
    loss: "gaussianNllLoss",
    args: [t([1, 1, 2, 0], [2, 2]), t([0, 0, 0, 0], [2, 2]), t([1, 4], [2])],
    value: (0.5 * (1 + 1) + 0.5 * (2 * log(4) + 1)) / 4,
    grad: { input: [0.25, 0.25, 0.125, 0], var: [0, (0.5 * (0.5 - 0.25)) / 4] },
  },
  {
    title: "gaussian, variance with one axis of 1, the first",
    loss: "gaussianNllLoss",
    args: [t([1, 0, 0, 2], [2, 2]), t([0, 0, 0, 0], [2, 2]), t([1, 2], [1, 2])],
    options: sum,
    value: 0.5 * (1 + 2 * log(2) + 2),
    grad: { input: [1, 0, 0, 1], var: [0.5 * (2 - 1), 0.5 * (1 - 1)] },
  },
  {
    title: "gaussian of infinities and NaN",
    loss: "gaussianNllLoss",
    args: [t([inf, nan, 1, 0]), t([0, 0, 0, nan]), t([1, 1, nan, 1])],
    options: none,
    value: [inf, nan, nan, nan],
    grad: { input: [inf, nan, nan, nan], var: [minf, nan, nan, nan] },
    exact: true,
  },
  {
    title: "gaussian of an infinite variance",
    loss: "gaussianNllLoss",
    args: [t([1]), t([0]), t([inf])],
    options: none,
    value: [inf],
    grad: { input: [0], var: [0] },
    exact: true,
  },
  {
    title: "gaussian of 1e4, of subnormal variances",
    loss: "gaussianNllLoss",
    args: [t([1e4, 0]), t([0, 0]), t([1, tiny])],
    options: none,
    value: [0.5e8, 0.5 * log(1e-6)],
    grad: { input: [1e4, 0], var: [0.5 * (1 - 1e8), 0.5e6] },
  },
  { title: "gaussian of nothing, mean", loss: "gaussianNllLoss", args: [t([]), t([]), t([])], value: nan, grad: { input: [], var: [] } },
  {
    title: "gaussian of nothing, one variance",
    loss: "gaussianNllLoss",
    args: [t([]), t([]), t([2], [])],
    options: sum,
    value: 0,
    grad: { input: [], var: [0] },
  },
  { title: "gaussian, a negative variance", loss: "gaussianNllLoss", args: [t([1, 1]), t([0, 0]), t([1, -0.5])], throws: '"var"[1]' },
  { title: "gaussian, a negative variance for all", loss: "gaussianNllLoss", args: [t([1, 1]), t([0, 0]), t([-0.5], [])], throws: '"var"' },
];

/** Two classes, each as likely at every time: paths only need counting. */
const even = (times: number, batch = 1) => t(Array(times * batch * 2).fill(-Math.LN2), [times, batch, 2]);
const quarter = -2 * Math.LN2;
const third = (times: number) => t(Array(times * 3).fill(-log(3)), [times, 3]);

const ctc: readonly Point[] = [
  {
    // Of the 8 words of 3 letters, 6 collapse to one label: a run of it, blanks before and behind.
    title: "ctc, 6 of 8 paths",
    loss: "ctcLoss",
    args: [even(3), c([1], [1, 1]), c([3]), c([1])],
    options: sum,
    value: -log(6 / 8),
    // The label is heard in 3 of the 6 paths at the ends (100, 110, 111) and in 4 in the middle.
    grad: { logProbs: [0, 0, 1 / 2 - 1 / 3, 1 / 2 - 2 / 3, 0, 0] },
  },
  {
    title: "ctc, equal labels need a blank between them",
    loss: "ctcLoss",
    args: [even(3), c([1, 1], [1, 2]), c([3]), c([2])],
    options: sum,
    value: log(8),
    grad: { logProbs: [0.5, -0.5, -0.5, 0.5, 0.5, -0.5] },
  },
  {
    title: "ctc, unequal labels need none",
    loss: "ctcLoss",
    args: [third(2), c([1, 2]), c([2], []), c([2], [])],
    options: sum,
    value: log(9),
    grad: { logProbs: [1 / 3, -2 / 3, 1 / 3, 1 / 3, 1 / 3, -2 / 3] },
  },
  {
    title: "ctc, mean divides each by its labels, then by the batch",
    loss: "ctcLoss",
    args: [even(3, 2), c([1, 1, 1], [3]), c([3, 3]), c([1, 2])],
    value: (-log(6 / 8) + log(8) / 2) / 2,
  },
  {
    title: "ctc of an empty target: nothing but blanks, divided by 1",
    loss: "ctcLoss",
    args: [even(2), c([], [1, 0]), c([2]), c([0])],
    value: 2 * Math.LN2,
    grad: { logProbs: [-0.5, 0.5, -0.5, 0.5] },
  },
  {
    title: "ctc, times beyond the sample's count nothing and get 0",
    loss: "ctcLoss",
    args: [t([quarter, quarter, nan, inf], [2, 1, 2]), c([1], [1, 1]), c([1]), c([1])],
    options: none,
    value: [2 * Math.LN2],
    grad: { logProbs: [0.25, -0.75, 0, 0] },
  },
  {
    title: "ctc, labels beyond the sample's are not looked at",
    loss: "ctcLoss",
    args: [even(1), c([1, 99], [1, 2]), c([1]), c([1])],
    options: none,
    value: [Math.LN2],
    grad: { logProbs: [0.5, -0.5] },
  },
  {
    title: "ctc, blank is the last class",
    loss: "ctcLoss",
    args: [t([quarter, minf, quarter, minf], [2, 1, 2]), c([0], [1, 1]), c([2]), c([1])],
    options: { ...none, blank: 1 },
    value: [4 * Math.LN2],
    grad: { logProbs: [-0.75, 0, -0.75, 0] },
  },
  {
    title: "ctc without a path: +inf, its rows NaN, those of others not",
    loss: "ctcLoss",
    args: [even(2, 2), c([1, 1, 1, 0], [2, 2]), c([2, 1]), c([2, 1])],
    options: none,
    value: [inf, Math.LN2],
    grad: { logProbs: [nan, nan, 0.5, -0.5, nan, nan, 0, 0] },
  },
  {
    title: "ctc without a path, zeroInfinity",
    loss: "ctcLoss",
    args: [even(2, 2), c([1, 1, 1, 0], [2, 2]), c([2, 1]), c([2, 1])],
    options: { zeroInfinity: true },
    value: Math.LN2 / 2,
    grad: { logProbs: [0, 0, 0.25, -0.25, 0, 0, 0, 0] },
  },
  {
    title: "ctc, a path of probability 0 is none",
    loss: "ctcLoss",
    args: [t([0, minf, 0, minf], [2, 1, 2]), c([1], [1, 1]), c([2]), c([1])],
    options: { ...none, zeroInfinity: true },
    value: [0],
    grad: { logProbs: [0, 0, 0, 0] },
  },
  {
    title: "ctc of no time: 0 for no label, +inf for one",
    loss: "ctcLoss",
    args: [even(1, 2), c([1, 1], [2, 1]), c([0, 0]), c([0, 1])],
    options: none,
    value: [0, inf],
    grad: { logProbs: [0, 0, 0, 0] },
  },
  { title: "ctc of T = 0", loss: "ctcLoss", args: [t([], [0, 1, 2]), c([], [1, 0]), c([0]), c([0])], value: 0, grad: { logProbs: [] } },
  { title: "ctc of no samples, mean", loss: "ctcLoss", args: [t([], [2, 0, 2]), c([], [0, 1]), c([]), c([])], value: nan, grad: { logProbs: [] } },
  { title: "ctc of no samples, sum", loss: "ctcLoss", args: [t([], [2, 0, 2]), c([], [0, 1]), c([]), c([])], options: sum, value: 0 },
  {
    title: "ctc of −1e4 everywhere",
    loss: "ctcLoss",
    args: [t([-1e4, -1e4, -1e4, -1e4], [2, 1, 2]), c([1], [1, 1]), c([2]), c([1])],
    options: none,
    value: [2e4 - log(3)],
  },
  {
    // A tenth of it: log space leaves 1e-16 of the value to a probability.
    title: "ctc of −1e3 everywhere, its gradient",
    loss: "ctcLoss",
    args: [t([-1e3, -1e3, -1e3, -1e3], [2, 1, 2]), c([1], [1, 1]), c([2]), c([1])],
    options: none,
    value: [2e3 - log(3)],
    grad: { logProbs: [-1 / 3, -2 / 3, -1 / 3, -2 / 3] },
  },
  {
    title: "ctc, a NaN that the labels read, and one that they do not",
    loss: "ctcLoss",
    args: [t([nan, -1, -1, -1, -1, nan], [1, 2, 3]), c([1, 1], [2, 1]), c([1, 1]), c([1, 1])],
    options: none,
    value: [nan, 1],
  },
  { title: "ctc, blank outside the classes", loss: "ctcLoss", args: [even(1), c([1], [1, 1]), c([1]), c([1])], options: { blank: 2 }, throws: '"blank"' },
  { title: "ctc, a label outside the classes", loss: "ctcLoss", args: [even(1), c([2], [1, 1]), c([1]), c([1])], throws: '"targets"[0]' },
  { title: "ctc, more times than there are", loss: "ctcLoss", args: [even(1), c([1], [1, 1]), c([2]), c([1])], throws: '"inputLengths"[0]' },
  { title: "ctc, more labels than there are", loss: "ctcLoss", args: [even(3), c([1], [1, 1]), c([3]), c([2])], throws: '"targetLengths"[0]' },
  { title: "ctc, a negative length", loss: "ctcLoss", args: [even(1), c([1], [1, 1]), c([1]), c([-1])], throws: '"targetLengths"[0]' },
  { title: "ctc, concatenated labels of another number", loss: "ctcLoss", args: [even(3, 2), c([1, 1, 1]), c([3, 3]), c([1, 1])], throws: '"targets"' },
];

export const likelihoods: readonly Point[] = [...poisson, ...gaussian, ...ctc];
