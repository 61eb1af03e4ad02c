// The thirteen losses of the lecture.

import { labels, logUniform, normal, type Random, signs, uniform } from "../data.js";
import * as bce from "../loops/bce.js";
import * as bceWithLogits from "../loops/bceWithLogits.js";
import * as cosineEmbedding from "../loops/cosineEmbedding.js";
import * as crossEntropy from "../loops/crossEntropy.js";
import * as huber from "../loops/huber.js";
import * as klDiv from "../loops/klDiv.js";
import * as l1 from "../loops/l1.js";
import * as marginRanking from "../loops/marginRanking.js";
import * as mse from "../loops/mse.js";
import * as nll from "../loops/nll.js";
import * as smoothL1 from "../loops/smoothL1.js";
import * as tripletMargin from "../loops/tripletMargin.js";
import { tripletRatio } from "../loops/tripletRatio.js";
import { entry, type PairLoss, POINTWISE, pair, pairRows, pairValueRows, type Row, rows, type Size, VALUE_ALONE, valueOnly } from "./row.js";

export const EMBEDDINGS: readonly Size[] = [[4096, 384]];
const LOGITS: Size = [4096, 1000];

function triplets(random: Random, [count = 0, width = 0]: Size) {
  const length = count * width;
  const shaped = () => ({ data: normal(random, length), shape: [count, width] });
  const [a, p, n] = [shaped(), shaped(), shaped()];
  const [ga, gp, gn] = [new Float32Array(length), new Float32Array(length), new Float32Array(length)];
  return { a, p, n, width, ga, gp, gn, grads: [ga, gp, gn], options: { out: { anchor: ga, positive: gp, negative: gn } } };
}

export function vectorPairs(random: Random, [count = 0, width = 0]: Size) {
  const length = count * width;
  const shaped = () => ({ data: normal(random, length), shape: [count, width] });
  const [x1, x2, t] = [shaped(), shaped(), signs(random, count)];
  const [g1, g2] = [new Float32Array(length), new Float32Array(length)];
  return { x1, x2, t, width, g1, g2, grads: [g1, g2], options: { out: { input1: g1, input2: g2 } } };
}

function scores(random: Random, [n = 0]: Size) {
  const [g1, g2] = [new Float32Array(n), new Float32Array(n)];
  return { x1: normal(random, n), x2: normal(random, n), t: signs(random, n), g1, g2, grads: [g1, g2], options: { out: { input1: g1, input2: g2 } } };
}

const BCE = {
  name: "bceLoss",
  targets: [8, 8],
  loops: { branchy: ({ x, t, g }) => bce.branchy(x, t, g), branchless: ({ x, t, g }) => bce.branchless(x, t, g) },
  value: ({ x, t }) => bce.value(x, t),
} satisfies Omit<PairLoss, "problem">;

const PAIRS: readonly PairLoss[] = [
  {
    name: "mseLoss",
    targets: [3, 3],
    problem: pair(normal, normal),
    loops: { loop: ({ x, t, g }) => mse.mse(x, t, g) },
    value: ({ x, t }) => mse.value(x, t),
  },
  {
    name: "l1Loss",
    targets: [3, 3],
    problem: pair(normal, normal),
    loops: { branchy: ({ x, t, g }) => l1.branchy(x, t, g), branchless: ({ x, t, g }) => l1.branchless(x, t, g) },
    value: ({ x, t }) => l1.value(x, t),
  },
  {
    name: "smoothL1Loss",
    targets: [5, 5],
    problem: pair(normal, normal),
    loops: { branchy: ({ x, t, g }) => smoothL1.branchy(x, t, 1, g), branchless: ({ x, t, g }) => smoothL1.branchless(x, t, 1, g) },
    value: ({ x, t }) => smoothL1.value(x, t, 1),
  },
  {
    name: "huberLoss",
    targets: [5, 5],
    problem: pair(normal, normal),
    loops: { branchy: ({ x, t, g }) => huber.branchy(x, t, 1, g), branchless: ({ x, t, g }) => huber.branchless(x, t, 1, g) },
    value: ({ x, t }) => huber.value(x, t, 1),
  },
  { ...BCE, kind: "soft targets", problem: pair(uniform, uniform) },
  { ...BCE, kind: "targets 0 and 1", problem: pair(uniform, labels) },
  {
    name: "bceWithLogitsLoss",
    targets: [8, 8],
    problem: pair((random, n) => normal(random, n, 3), labels),
    loops: { branchy: ({ x, t, g }) => bceWithLogits.branchy(x, t, g), branchless: ({ x, t, g }) => bceWithLogits.branchless(x, t, g) },
    value: ({ x, t }) => bceWithLogits.value(x, t),
  },
  {
    name: "klDivLoss",
    targets: [8, 8],
    problem: pair(logUniform, uniform),
    loops: { branchy: ({ x, t, g }) => klDiv.branchy(x, t, g), branchless: ({ x, t, g }) => klDiv.branchless(x, t, g) },
    value: ({ x, t }) => klDiv.value(x, t),
  },
];

export const lecture: readonly Row[] = [
  ...PAIRS.flatMap(pairRows),
  ...entry({
    loss: "marginRankingLoss",
    sizes: POINTWISE,
    targets: [3, 3],
    problem: scores,
    losskit:
      (kit, { x1, x2, t, options }) =>
      () =>
        kit.marginRankingLoss.valueAndGrad(x1, x2, t, options).value,
    loops: {
      branchy: ({ x1, x2, t, g1, g2 }) => marginRanking.branchy(x1, x2, t, 0, g1, g2),
      branchless: ({ x1, x2, t, g1, g2 }) => marginRanking.branchless(x1, x2, t, 0, g1, g2),
    },
  }),
  ...PAIRS.filter(({ kind }) => kind !== "targets 0 and 1").flatMap(pairValueRows),
  ...valueOnly({
    loss: "marginRankingLoss, value",
    sizes: VALUE_ALONE,
    problem: scores,
    losskit:
      (kit, { x1, x2, t }) =>
      () =>
        kit.marginRankingLoss(x1, x2, t),
    loops: { loop: ({ x1, x2, t }) => marginRanking.value(x1, x2, t, 0) },
  }),
  ...entry({
    loss: "crossEntropyLoss",
    sizes: [[32, 10], LOGITS, [64, 131072]],
    targets: [undefined, 12, 12],
    problem: rows,
    losskit:
      (kit, { input, y, options }) =>
      () =>
        kit.crossEntropyLoss.valueAndGrad(input, y, options).value,
    loops: {
      branchy: ({ x, classes, y, g }) => crossEntropy.branchy(x, classes, y, g),
      branchless: ({ x, classes, y, g }) => crossEntropy.branchless(x, classes, y, g),
    },
  }),
  ...valueOnly({
    loss: "crossEntropyLoss, value",
    sizes: [LOGITS],
    problem: rows,
    losskit:
      (kit, { input, y }) =>
      () =>
        kit.crossEntropyLoss(input, y),
    loops: {
      "two passes": ({ x, classes, y }) => crossEntropy.value(x, classes, y),
      online: ({ x, classes, y }) => crossEntropy.valueOnline(x, classes, y),
    },
  }),
  ...entry({
    loss: "nllLoss",
    sizes: [LOGITS],
    problem: rows,
    losskit:
      (kit, { input, y, options }) =>
      () =>
        kit.nllLoss.valueAndGrad(input, y, options).value,
    loops: { loop: ({ x, classes, y, g }) => nll.nll(x, classes, y, g) },
  }),
  ...valueOnly({
    loss: "nllLoss, value",
    sizes: [LOGITS],
    problem: rows,
    losskit:
      (kit, { input, y }) =>
      () =>
        kit.nllLoss(input, y),
    loops: { loop: ({ x, classes, y }) => nll.value(x, classes, y) },
  }),
  ...entry({
    loss: "tripletMarginLoss",
    sizes: EMBEDDINGS,
    targets: [4],
    problem: triplets,
    losskit:
      (kit, { a, p, n, options }) =>
      () =>
        kit.tripletMarginLoss.valueAndGrad(a, p, n, options).value,
    loops: {
      branchy: ({ a, p, n, width, ga, gp, gn }) => tripletMargin.branchy(a.data, p.data, n.data, width, 1, 1e-6, ga, gp, gn),
      branchless: ({ a, p, n, width, ga, gp, gn }) => tripletMargin.branchless(a.data, p.data, n.data, width, 1, 1e-6, ga, gp, gn),
    },
  }),
  ...entry({
    loss: "tripletRatioLoss",
    sizes: EMBEDDINGS,
    targets: [4],
    problem: triplets,
    losskit:
      (kit, { a, p, n, options }) =>
      () =>
        kit.tripletRatioLoss.valueAndGrad(a, p, n, options).value,
    loops: { loop: ({ a, p, n, width, ga, gp, gn }) => tripletRatio(a.data, p.data, n.data, width, 1e-6, ga, gp, gn) },
  }),
  ...entry({
    loss: "cosineEmbeddingLoss",
    sizes: EMBEDDINGS,
    targets: [4],
    problem: vectorPairs,
    losskit:
      (kit, { x1, x2, t, options }) =>
      () =>
        kit.cosineEmbeddingLoss.valueAndGrad(x1, x2, t, options).value,
    loops: {
      branchy: ({ x1, x2, t, width, g1, g2 }) => cosineEmbedding.branchy(x1.data, x2.data, t, width, 0, g1, g2),
      branchless: ({ x1, x2, t, width, g1, g2 }) => cosineEmbedding.branchless(x1.data, x2.data, t, width, 0, g1, g2),
    },
  }),
];
