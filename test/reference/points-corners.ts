/**
 * Points where shapes are small or fit together in unusual ways, with PyTorch's answers (2.13, float64) where no formula stands beside them.
 */
import type { Point } from "./points.js";
import { BCE_EPS } from "./pointwise.js";
import { classes as c, tensor as t } from "./tensor.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const none = { reduction: "none" };
const { sqrt } = Math;

/** One class: a 0-D input, and the class of one sample with an axis or without. */
const oneClass: readonly Point[] = [
  ...[[], [1]].flatMap((shape): Point[] => [
    {
      title: `multiMargin of (3), target (${shape})`,
      loss: "multiMarginLoss",
      args: [t([0.5, 1, -2]), c([1], shape)],
      value: 0.5 / 3,
      grad: { input: [1 / 3, -1 / 3, 0] },
    },
    {
      title: `multiMargin of (1, 3), target (${shape}), p 2, none`,
      loss: "multiMarginLoss",
      args: [t([0.5, 1, -2], [1, 3]), c([1], shape)],
      options: { ...none, p: 2 },
      value: [0.25 / 3],
      grad: { input: [1 / 3, -1 / 3, 0] },
    },
    {
      title: `multiMargin of (), target (${shape})`,
      loss: "multiMarginLoss",
      args: [t([0.5], []), c([0], shape)],
      value: 0,
      grad: { input: [0] },
      exact: true,
    },
    {
      title: `multiMargin of (), target (${shape}), weight, none`,
      loss: "multiMarginLoss",
      args: [t([0.5], []), c([0], shape)],
      options: { ...none, weight: t([2]) },
      value: [0],
      grad: { input: [0] },
      exact: true,
    },
    ...[0, -1].flatMap((y) =>
      [[], [1]].map(
        (own): Point => ({
          title: `multiLabelMargin of (${own}), target ${y} of (${shape})`,
          loss: "multiLabelMarginLoss",
          args: [t([0.5], own), c([y], shape)],
          options: none,
          value: [0],
          grad: { input: [0] },
          exact: true,
        }),
      ),
    ),
  ]),
  { title: "multiMargin of (3), target (2)", loss: "multiMarginLoss", args: [t([0.5, 1, -2]), c([1, 0])], throws: '"target" expected shape () or (1)' },
  { title: "multiMargin of (3), target (1, 1)", loss: "multiMarginLoss", args: [t([0.5, 1, -2]), c([1], [1, 1])], throws: '"target"' },
  { title: "multiMargin of (), target (2)", loss: "multiMarginLoss", args: [t([0.5], []), c([0, 0])], throws: '"target" expected shape () or (1)' },
  { title: "multiMargin of (), class 1", loss: "multiMarginLoss", args: [t([0.5], []), c([1], [])], throws: "a class in [0, 1)" },
  { title: "multiLabelMargin of (), target (1, 1)", loss: "multiLabelMarginLoss", args: [t([0.5], []), c([0], [1, 1])], throws: '"target"' },
  { title: "multiLabelMargin of (1, 1), target ()", loss: "multiLabelMarginLoss", args: [t([0.5], [1, 1]), c([0], [])], throws: '"target"' },
];

/** Vectors of one element: distances are |d|, cosines 1 or -1 but for EPS, and what cancels cancels. */
const count = 24;
const each = (of: (i: number) => number) =>
  t(
    Array.from({ length: count }, (_, i) => of(i)),
    [count, 1],
  );
const rising = [each((i) => 0.1 * i), each((i) => 1.3 + 0.37 * i), each((i) => 3.1 + 0.71 * i)];
const all = (value: number) => Array<number>(count).fill(value);
const cosine = (x: number, y: number) => (x * y) / sqrt((x * x + BCE_EPS) * (y * y + BCE_EPS));
/** -∂cos of two numbers: what EPS leaves. */
const leaning = (x: number, y: number) => (-y / sqrt((x * x + BCE_EPS) * (y * y + BCE_EPS))) * (BCE_EPS / (x * x + BCE_EPS));
const oneDimension: readonly Point[] = [
  ...[0.5, 1, 1.5, 2, 3, inf].flatMap((p): Point[] => [
    {
      title: `tripletMargin of one dimension, p ${p}: slopes without rounding`,
      loss: "tripletMarginLoss",
      args: rising,
      options: { ...none, p, margin: 40 },
      grad: { anchor: all(0), positive: all(1), negative: all(-1) },
      exact: true,
    },
    {
      title: `tripletMargin of one dimension, p ${p}, swap`,
      loss: "tripletMarginLoss",
      args: rising,
      options: { ...none, p, margin: 40, swap: true },
      grad: { anchor: all(-1), positive: all(2), negative: all(-1) },
      exact: true,
    },
    {
      title: `tripletMargin of one dimension, p ${p}, equal`,
      loss: "tripletMarginLoss",
      args: [t([2]), t([2]), t([2])],
      options: { p, eps: 0 },
      value: 1,
      grad: { anchor: [0], positive: [0], negative: [0] },
      exact: true,
    },
    {
      title: `pairwiseDistance of one dimension, p ${p}, is the difference`,
      loss: "pairwiseDistance",
      args: [t([2 ** 100, 3, nan], [3, 1]), t([0, -1, 0], [3, 1])],
      options: { p, eps: 0 },
      value: [2 ** 100, 4, nan],
      exact: true,
    },
  ]),
  // PyTorch divides by the norm, but for p = 1 and infinity
  ...([1, inf, 2, 3] as const).map(
    (p): Point => ({
      title: `tripletMargin of one dimension at NaN, p ${p}`,
      loss: "tripletMarginLoss",
      args: [t([nan]), t([1]), t([5])],
      options: { p },
      value: nan,
      grad: p === 1 || p === inf ? { anchor: [0], positive: [0], negative: [0] } : { anchor: [nan], positive: [nan], negative: [nan] },
      exact: true,
    }),
  ),
  {
    title: "cosineEmbedding of one element: what EPS leaves",
    loss: "cosineEmbeddingLoss",
    args: [t([0.5, 3, -0.75, 5], [4, 1]), t([3, 0.625, 7, 0.875], [4, 1]), t([1, 1, -1, -1])],
    options: none,
    value: [1 - cosine(0.5, 3), 1 - cosine(3, 0.625), 0, cosine(5, 0.875)],
    grad: {
      input1: [leaning(0.5, 3), leaning(3, 0.625), 0, -leaning(5, 0.875)],
      input2: [leaning(3, 0.5), leaning(0.625, 3), 0, -leaning(0.875, 5)],
    },
  },
  {
    title: "cosineEmbedding of one element: zeros and NaN",
    loss: "cosineEmbeddingLoss",
    args: [t([0, nan, 0], [3, 1]), t([3, 1, 0], [3, 1]), t([1, 1, 1])],
    options: none,
    value: [1, nan, 1],
    grad: { input1: [-3 / sqrt((9 + BCE_EPS) * BCE_EPS), nan, 0], input2: [0, nan, 0] },
  },
  {
    title: "cosineSimilarity of one element is a sign",
    loss: "cosineSimilarity",
    args: [each((i) => 0.3 + 0.17 * i), each((i) => -0.7 - 0.31 * i)],
    value: all(-1),
    exact: true,
  },
];

/** [p, swap, values, gradients of their sum]: torch.nn.functional.triplet_margin_loss, eps = 0.25, margin = 4. */
const apart: readonly (readonly [p: number, swap: boolean, values: number[], anchor: number[], positive: number[], negative: number[]])[] = [
  [0.5, false, [11.580127018922195, 23.78993620398445], [2.1547005383792515, 3.1531210016380298], [-4.409885196973442, -0.8979363430438392], [0.0]],
  [0.5, true, [11.580127018922195, 23.78993620398445], [2.1547005383792515, 3.1531210016380298], [-4.409885196973442, -0.8979363430438392], [0.0]],
  [1, false, [7.25, 11.25], [1.0, 1.0], [-2.0, 0.0], [0.0]],
  [1, true, [7.25, 12.5], [1.0, 2.0], [-1.0, -1.0], [-1.0]],
  [1.5, false, [6.4668816086990795, 8.83256058677513], [0.6014337444950015, 0.5328508564158505], [-1.458040519512621, 0.3237559186017688], [0.0]],
  [
    1.5,
    true,
    [6.4668816086990795, 11.104136679558483],
    [0.6014337444950015, 1.5328508564158505],
    [-0.6266389904206169, -0.4282750601598476],
    [-1.0793705503303876],
  ],
  [2, false, [6.2028470752104745, 7.9296365357511664], [0.36754446796632423, 0.326177015514024], [-1.2249046099801506, 0.5311831264998026], [0.0]],
  [
    2,
    true,
    [6.2028470752104745, 10.626468934863192],
    [0.36754446796632423, 1.326177015514024],
    [-0.4509473107768296, -0.10205466375746008],
    [-1.1407195089460584],
  ],
  [3, false, [6.0457362148445775, 7.289883112368733], [0.13240315089266763, 0.13861902604523357], [-1.048600056473715, 0.7775778795358137], [0]],
  [
    3,
    true,
    [6.0457362148445775, 10.358892294711795],
    [0.13240315089266763, 1.1386190260452336],
    [-0.3012216313543179, 0.277266702389771],
    [-1.2470672479733542],
  ],
  [inf, false, [6.0, 7.0], [0.0, 0.0], [-1.0, 1.0], [0.0]],
  [inf, true, [6.0, 10.5], [0.0, 1.0], [0.0, 1.0], [-2.0]],
];
const operands = [t([1, 9], [2, 1]), t([0, 5], [1, 2]), t([3], [1, 1])];

/** Operands that are 1 long along the last axis beside others: each pair broadcasts by itself. */
const pairs: readonly Point[] = [
  {
    title: "triplets apart: d(a, p) of two dimensions, d(a, n) of one",
    loss: "tripletMarginLoss",
    args: [t([1], [1, 1]), t([0, 5], [1, 2]), t([3], [1, 1])],
    options: { margin: 20, eps: 0 },
    value: 18 + sqrt(17),
    grad: { anchor: [1 - 3 / sqrt(17)], positive: [-1 / sqrt(17), 4 / sqrt(17)], negative: [-1] },
  },
  {
    title: "triplets apart: swap",
    loss: "tripletMarginLoss",
    args: [t([9]), t([0, 5]), t([3])],
    options: { margin: 20, eps: 0, swap: true },
    value: 20 + sqrt(97) - sqrt(13),
    grad: { anchor: [13 / sqrt(97)], positive: [-9 / sqrt(97) + 3 / sqrt(13), -4 / sqrt(97) - 2 / sqrt(13)], negative: [-1 / sqrt(13)] },
  },
  {
    title: "triplets apart: swap, tie",
    loss: "tripletMarginLoss",
    args: [t([5]), t([3, 4]), t([0])],
    options: { eps: 0, margin: 4, swap: true },
    value: sqrt(5) - 1,
    grad: { anchor: [3 / sqrt(5) - 0.5], positive: [-2 / sqrt(5) - 0.3, -1 / sqrt(5) - 0.4], negative: [1.2] },
  },
  {
    title: "triplets apart: operands of 3 and 2 dimensions that never meet",
    loss: "tripletMarginLoss",
    args: [t([1], [1, 1]), t([0, 3, 1], [1, 3]), t([3, 2], [1, 2])],
    options: { margin: 20, eps: 0 },
    value: 20,
    grad: { anchor: [-1 / sqrt(5) + 3 / sqrt(5)], positive: [-1 / sqrt(5), 2 / sqrt(5), 0], negative: [-2 / sqrt(5), -1 / sqrt(5)] },
  },
  {
    title: "triplets apart: with swap they do",
    loss: "tripletMarginLoss",
    args: [t([1], [1, 1]), t([0, 3, 1], [1, 3]), t([3, 2], [1, 2])],
    options: { swap: true },
    throws: '"negative" expected',
  },
  {
    title: "triplets apart: rows that do not fit",
    loss: "tripletMarginLoss",
    args: [t([1], [1, 1]), t([1, 2, 3, 4], [2, 2]), t([1, 2, 3], [3, 1])],
    throws: "tripletMarginLoss: ",
  },
  {
    title: "triplets apart: p = 0 has no gradient",
    loss: "tripletMarginLoss",
    args: operands,
    options: { ...none, p: 0, eps: 0 },
    value: [2, 2],
    grad: { anchor: [0, 0], positive: [0, 0], negative: [0] },
    exact: true,
  },
  {
    title: "triplets apart: nothing to sum",
    loss: "tripletMarginLoss",
    args: [t([1], [1, 1]), t([], [1, 0]), t([3, 4], [1, 2])],
    options: { margin: 4, eps: 0 },
    value: 4 - sqrt(13),
    grad: { anchor: [5 / sqrt(13)], positive: [], negative: [-2 / sqrt(13), -3 / sqrt(13)] },
  },
  {
    title: "triplets apart: no rows",
    loss: "tripletMarginLoss",
    args: [t([], [0, 1]), t([1, 2], [1, 2]), t([3], [1, 1])],
    value: nan,
    grad: { anchor: [], positive: [0, 0], negative: [0] },
  },
  {
    title: "triplets apart: ratio",
    loss: "tripletRatioLoss",
    args: [t([1]), t([4, 5]), t([6])],
    options: { eps: 0 },
    value: 0.5,
    grad: { anchor: [-0.5 * 1.4 + 0.5], positive: [0.3, 0.4], negative: [-0.5] },
  },
  {
    title: "triplets apart: NaN",
    loss: "tripletMarginLoss",
    args: [t([1, nan], [2, 1]), t([0, 5], [1, 2]), t([3], [1, 1])],
    options: { ...none, margin: 20, eps: 0 },
    value: [18 + sqrt(17), nan],
  },
  ...apart.map(
    ([p, swap, values, anchor, positive, negative]): Point => ({
      title: `triplets apart: p ${p}${swap ? ", swap" : ""}`,
      loss: "tripletMarginLoss",
      args: operands,
      options: { ...none, p, swap, margin: 4, eps: 0.25 },
      value: values,
      grad: { anchor, positive, negative },
    }),
  ),
];

const others: readonly Point[] = [
  // the weights of the classes that are targets are all 0: 0 / 0, whatever smoothing adds
  ...[0, 0.1, 1].map(
    (labelSmoothing): Point => ({
      title: `crossEntropy of targets without weight, labelSmoothing ${labelSmoothing}`,
      loss: "crossEntropyLoss",
      args: [t([0.1, 0.2, 0.3, 1, 2, 3], [2, 3]), c([0, -100])],
      options: { weight: t([0, 1, 1]), labelSmoothing },
      value: nan,
      grad: { input: [nan, nan, nan, 0, 0, 0] },
    }),
  ),
  {
    title: "crossEntropy, all ignored, smoothing",
    loss: "crossEntropyLoss",
    args: [t([0.1, 0.2], [1, 2]), c([-100])],
    options: { labelSmoothing: 0.1 },
    value: nan,
    grad: { input: [0, 0] },
  },
  {
    title: "cdist, p = 0: NaN and inf − inf are NaN",
    loss: "cdist",
    args: [t([1, 2, nan, 2, inf, 2, 1, 5], [4, 2]), t([1, 2, nan, 2, inf, 2], [3, 2])],
    options: { p: 0 },
    value: [0, nan, 1, nan, nan, nan, 1, nan, nan, 1, nan, 2],
    exact: true,
  },
  ...[3, 5, 9, 17].map(
    (dims): Point => ({
      title: `cdist, p = 0, of ${dims} dimensions: NaN in the last`,
      loss: "cdist",
      args: [t(Array(dims).fill(0), [1, dims]), t([...Array(dims - 1).fill(2 ** -140), nan, ...Array(dims).fill(-(2 ** -140))], [2, dims])],
      options: { p: 0 },
      value: [nan, dims],
      exact: true,
    }),
  ),
  {
    title: "cdist, p = 0, of vectors longer than the window: NaN",
    loss: "cdist",
    args: [
      t(new Float64Array(1_100_000), [1, 1_100_000]),
      t(
        Float64Array.from({ length: 2_200_000 }, (_, i) => (i === 1_000_000 ? nan : i % 1_100_000 === 7 ? 1 : 0)),
        [2, 1_100_000],
      ),
    ],
    options: { p: 0 },
    value: [nan, 1],
    exact: true,
  },
  {
    title: "pairwiseDistance, p = 0: NaN counts",
    loss: "pairwiseDistance",
    args: [t([nan, 1], [1, 2]), t([0, 1], [1, 2])],
    options: { p: 0, eps: 0 },
    value: [1],
    exact: true,
  },
  ...[
    { title: "(T, C)", shape: [3, 4], targets: c([1, 2, 3]), lengths: [] },
    { title: "(T, C), lengths (1)", shape: [3, 4], targets: c([1, 2, 3]), lengths: [1] },
    { title: "(T, 1, C)", shape: [3, 1, 4], targets: c([1, 2, 3]), lengths: [1] },
    { title: "(T, 1, C), too few", shape: [3, 1, 4], targets: c([1]), lengths: [1] },
  ].map(
    ({ title, shape, targets, lengths }): Point => ({
      title: `ctc of ${title}: labels one after the other are as many as the lengths say`,
      loss: "ctcLoss",
      args: [t(Array(12).fill(-Math.log(4)), shape), targets, c([3], lengths), c([2], lengths)],
      throws: '"targets" expected 2 labels',
    }),
  ),
  {
    title: "ctc at log-probability −∞: gradient 0, where PyTorch has NaN",
    loss: "ctcLoss",
    args: [t([0, -inf, 0, 0, 0, 0], [2, 3]), c([2]), c([2], []), c([1], [])],
    value: -Math.log(3),
    grad: { logProbs: [2 / 3, 0, 1 / 3, 2 / 3, 1, 1 / 3] },
  },
];

export const shapes: readonly Point[] = [...oneClass, ...oneDimension, ...pairs, ...others];
