// The losses and operations beside the thirteen.

import { classIndices, labels, normal, type Random, signs, uniform } from "../data.js";
import * as bceWithLogits from "../loops/bceWithLogits.js";
import * as cdist from "../loops/cdist.js";
import * as ctc from "../loops/ctc.js";
import * as gaussianNll from "../loops/gaussianNll.js";
import * as hingeEmbedding from "../loops/hingeEmbedding.js";
import * as multiLabelMargin from "../loops/multiLabelMargin.js";
import * as multiMargin from "../loops/multiMargin.js";
import * as poissonNll from "../loops/poissonNll.js";
import * as softMargin from "../loops/softMargin.js";
import * as softshrink from "../loops/softshrink.js";
import { entry, type PairLoss, POINTWISE, pair, pairRows, pairValueRows, type Row, rows, type Size, VALUE_ALONE, valueOnly } from "./row.js";

/** losskit/wasm against the fastest loop, at least: pointwise losses at 1 Mi, and rows. */
const TARGET = 4;
const POINTWISE_TARGETS = [undefined, TARGET];
const ROWS: readonly Size[] = [[4096, 1000]];
/** Labels of a row of multiLabelMarginLoss. */
const LISTED = 8;
const EPS = 1e-6;
/** Vectors in each of the sets of cdist, and their dimensions. */
export const VECTORS: readonly Size[] = [
  [512, 128],
  [512, 1024],
];

const counts = (random: Random, n: number) => uniform(random, n, 0, 8).map(Math.floor);

function gaussians(random: Random, [n = 0]: Size) {
  const [gradX, gradV] = [new Float32Array(n), new Float32Array(n)];
  const options = { out: { input: gradX, var: gradV }, wrt: ["input", "var"] as const };
  return { x: normal(random, n), t: normal(random, n), v: uniform(random, n, 0.1, 2), gradX, gradV, grads: [gradX, gradV], options };
}

/** 0 or 1 for each class of each row. */
function multiLabels(random: Random, [count = 0, classes = 0]: Size) {
  const shape = [count, classes];
  const [x, t, g] = [normal(random, count * classes, 3), labels(random, count * classes), new Float32Array(count * classes)];
  return { x, t, g, grads: [g], input: { data: x, shape }, target: { data: t, shape }, options: { out: { input: g } } };
}

/** A list of classes for each row, ended by -1. */
function labelLists(random: Random, [count = 0, classes = 0]: Size) {
  const made = rows(random, [count, classes]);
  const lists = new Int32Array(count * classes).fill(-1);
  for (let row = 0; row < count; row++) {
    const listed = new Set<number>();
    while (listed.size < LISTED) listed.add(Math.floor(random() * classes));
    lists.set([...listed], row * classes);
  }
  const work = { mask: new Uint8Array(classes), weights: new Float64Array(classes).fill(1), sorting: multiLabelMargin.sorting(LISTED) };
  return { ...made, ...work, lists, target: { data: lists, shape: [count, classes] } };
}

/** Log-probabilities of random logits, and labels that are never the blank, 0. */
function alignments(random: Random, [steps = 0, batch = 0, classes = 0, length = 0]: Size) {
  const x = normal(random, steps * batch * classes, 2);
  for (let row = 0; row < x.length; row += classes) {
    const logits = x.subarray(row, row + classes);
    const log = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    for (let c = 0; c < classes; c++) logits[c] = logits[c]! - log;
  }
  const targets = classIndices(random, batch * length, classes - 1).map((c) => c + 1);
  const g = new Float32Array(x.length);
  return {
    loop: { x, targets, steps, batch, classes, labels: length, g, work: ctc.workspace(steps, classes, length) },
    input: { data: x, shape: [steps, batch, classes] },
    target: { data: targets, shape: [batch, length] },
    times: new Int32Array(batch).fill(steps),
    lengths: new Int32Array(batch).fill(length),
    grads: [g],
    options: { out: { logProbs: g } },
  };
}

/** Two sets of as many vectors. */
export function vectorSets(random: Random, [count = 0, width = 0]: Size) {
  const [a, b] = [normal(random, count * width), normal(random, count * width)];
  const shape = [count, width];
  return { a, b, width, grads: [], input1: { data: a, shape }, input2: { data: b, shape } };
}

/** An operation returns an array, a contestant a number: enough elements' sum for two that differ to be found. */
export function probe(result: Float32Array): number {
  const step = Math.max(1, Math.floor(result.length / 61));
  let sum = 0;
  for (let i = 0; i < result.length; i += step) sum += Math.abs(result[i]!);
  return sum;
}

const PAIRS: readonly PairLoss[] = [
  {
    name: "hingeEmbeddingLoss",
    targets: POINTWISE_TARGETS,
    problem: pair(normal, signs),
    loops: { branchy: ({ x, t, g }) => hingeEmbedding.branchy(x, t, 1, g), branchless: ({ x, t, g }) => hingeEmbedding.branchless(x, t, 1, g) },
    value: ({ x, t }) => hingeEmbedding.value(x, t, 1),
  },
  {
    name: "softMarginLoss",
    targets: POINTWISE_TARGETS,
    problem: pair((random, n) => normal(random, n, 3), signs),
    loops: { branchy: ({ x, t, g }) => softMargin.branchy(x, t, g), branchless: ({ x, t, g }) => softMargin.branchless(x, t, g) },
    value: ({ x, t }) => softMargin.value(x, t),
  },
  {
    name: "poissonNllLoss",
    targets: POINTWISE_TARGETS,
    problem: pair(normal, counts),
    loops: { loop: ({ x, t, g }) => poissonNll.loop(x, t, g) },
    value: ({ x, t }) => poissonNll.value(x, t),
  },
  {
    name: "poissonNllLoss",
    kind: "full",
    options: { full: true },
    targets: POINTWISE_TARGETS,
    problem: pair(normal, counts),
    loops: { branchy: ({ x, t, g }) => poissonNll.fullBranchy(x, t, g), branchless: ({ x, t, g }) => poissonNll.fullBranchless(x, t, g) },
    value: ({ x, t }) => poissonNll.fullValue(x, t),
  },
];

export const catalogue: readonly Row[] = [
  ...PAIRS.flatMap((one) => [...pairRows(one), ...pairValueRows(one)]),
  ...entry({
    loss: "gaussianNllLoss",
    sizes: POINTWISE,
    targets: POINTWISE_TARGETS,
    problem: gaussians,
    losskit:
      (kit, { x, t, v, options }) =>
      () =>
        kit.gaussianNllLoss.valueAndGrad(x, t, v, options).value,
    loops: {
      branchy: ({ x, t, v, gradX, gradV }) => gaussianNll.branchy(x, t, v, EPS, gradX, gradV),
      branchless: ({ x, t, v, gradX, gradV }) => gaussianNll.branchless(x, t, v, EPS, gradX, gradV),
    },
  }),
  ...valueOnly({
    loss: "gaussianNllLoss, value",
    sizes: VALUE_ALONE,
    problem: gaussians,
    losskit:
      (kit, { x, t, v }) =>
      () =>
        kit.gaussianNllLoss(x, t, v),
    loops: { loop: ({ x, t, v }) => gaussianNll.value(x, t, v, EPS) },
  }),
  ...valueOnly({
    loss: "softshrink",
    sizes: POINTWISE,
    targets: POINTWISE_TARGETS,
    problem: pair(normal, normal),
    losskit:
      (kit, { x }) =>
      () =>
        probe(kit.softshrink(x)),
    loops: { branchy: ({ x }) => probe(softshrink.branchy(x, 0.5)), branchless: ({ x }) => probe(softshrink.branchless(x, 0.5)) },
  }),
  // its mean over classes and then over rows is the mean over all elements: the loops of bceWithLogitsLoss
  ...entry({
    loss: "multiLabelSoftMarginLoss",
    sizes: ROWS,
    targets: [TARGET],
    problem: multiLabels,
    losskit:
      (kit, { input, target, options }) =>
      () =>
        kit.multiLabelSoftMarginLoss.valueAndGrad(input, target, options).value,
    loops: { branchy: ({ x, t, g }) => bceWithLogits.branchy(x, t, g), branchless: ({ x, t, g }) => bceWithLogits.branchless(x, t, g) },
  }),
  ...entry({
    loss: "multiMarginLoss",
    sizes: ROWS,
    targets: [TARGET],
    problem: rows,
    losskit:
      (kit, { input, y, options }) =>
      () =>
        kit.multiMarginLoss.valueAndGrad(input, y, options).value,
    loops: {
      branchy: ({ x, classes, y, g }) => multiMargin.branchy(x, classes, y, 1, g),
      branchless: ({ x, classes, y, g }) => multiMargin.branchless(x, classes, y, 1, g),
    },
  }),
  ...entry({
    loss: `multiLabelMarginLoss, ${LISTED} labels a row`,
    sizes: [[1024, 1024]],
    targets: [TARGET],
    problem: labelLists,
    losskit:
      (kit, { input, target, options }) =>
      () =>
        kit.multiLabelMarginLoss.valueAndGrad(input, target, options).value,
    loops: {
      branchy: ({ x, classes, lists, mask, g }) => multiLabelMargin.branchy(x, classes, lists, mask, g),
      branchless: ({ x, classes, lists, weights, g }) => multiLabelMargin.branchless(x, classes, lists, weights, g),
      sorted: ({ x, classes, lists, sorting, g }) => multiLabelMargin.sorted(x, classes, lists, sorting, g),
    },
  }),
  ...entry({
    loss: "ctcLoss",
    sizes: [[500, 16, 128, 60]],
    targets: [TARGET],
    problem: alignments,
    losskit:
      (kit, { input, target, times, lengths, options }) =>
      () =>
        kit.ctcLoss.valueAndGrad(input, target, times, lengths, options).value,
    loops: { "log space": ({ loop }) => ctc.logSpace(loop), scaled: ({ loop }) => ctc.scaled(loop) },
  }),
  ...entry({
    loss: "cdist",
    sizes: VECTORS,
    problem: vectorSets,
    losskit:
      (kit, { input1, input2 }) =>
      () =>
        probe(kit.cdist(input1, input2)),
    loops: { plain: ({ a, b, width }) => probe(cdist.plain(a, b, width)), blocked: ({ a, b, width }) => probe(cdist.blocked(a, b, width)) },
  }),
];
