// What can be raced: each loss with data of its kind, value and gradient in one call, buffers prepared once as a training loop would.

import type * as losskit from "losskit/js";
import { classIndices, labels, logUniform, normal, type Random, signs, uniform } from "../../../bench/data.js";

export type Kit = typeof losskit;
export type Numbers = Float32Array<ArrayBuffer>;
type Maker = (random: Random, n: number) => Numbers;

export interface Contest {
  readonly gradients: readonly Numbers[];
  call(kit: Kit): number;
}

export interface Row {
  readonly loss: string;
  /** What the numbers of a size are. */
  readonly axes: string;
  /** Small, middling, large. */
  readonly sizes: readonly (readonly number[])[];
  prepare(random: Random, size: readonly number[]): Contest;
}

/** Labels of a row of multiLabelMarginLoss. */
export const LISTED = 4;

export const matrix = (data: Numbers, columns: number) => ({ data, shape: [data.length / columns, columns] });
export type Matrix = ReturnType<typeof matrix>;

export const wide: Maker = (random, n) => normal(random, n, 3);
const counts: Maker = (random, n) => uniform(random, n, 0, 8).map(Math.floor);

export function pointwise(
  loss: string,
  input: Maker,
  target: Maker,
  run: (kit: Kit, x: Numbers, t: Numbers, options: { out: { input: Numbers } }) => number,
): Row {
  return {
    loss,
    axes: "elements",
    sizes: [[1024], [65536], [1048576]],
    prepare(random, [n = 0]) {
      const [x, t, g] = [input(random, n), target(random, n), new Float32Array(n)];
      const options = { out: { input: g } };
      return { gradients: [g], call: (kit) => run(kit, x, t, options) };
    },
  };
}

function rows<T>(
  loss: string,
  target: (random: Random, count: number, classes: number) => T,
  run: (kit: Kit, x: Matrix, t: T, options: { out: { input: Numbers } }) => number,
  input: Maker = wide,
): Row {
  return {
    loss,
    axes: "rows × classes",
    sizes: [
      [32, 10],
      [256, 100],
      [1024, 1000],
    ],
    prepare(random, [count = 0, classes = 0]) {
      const [x, t, g] = [matrix(input(random, count * classes), classes), target(random, count, classes), new Float32Array(count * classes)];
      const options = { out: { input: g } };
      return { gradients: [g], call: (kit) => run(kit, x, t, options) };
    },
  };
}

export function vectors(loss: string, operands: number, run: (kit: Kit, given: readonly Matrix[], gradients: readonly Numbers[], t: Numbers) => number): Row {
  return {
    loss,
    axes: "rows × dimensions",
    sizes: [
      [32, 16],
      [256, 128],
      [2048, 384],
    ],
    prepare(random, [count = 0, width = 0]) {
      const given = Array.from({ length: operands }, () => matrix(normal(random, count * width), width));
      const gradients = given.map(({ data }) => new Float32Array(data.length));
      const t = signs(random, count);
      return { gradients, call: (kit) => run(kit, given, gradients, t) };
    },
  };
}

const classesOfRows = (random: Random, count: number, classes: number) => classIndices(random, count, classes);
const labelsOfRows = (random: Random, count: number, classes: number) => matrix(labels(random, count * classes), classes);

/** A list of different classes for each row, ended by -1. */
function lists(random: Random, count: number, classes: number) {
  const data = new Int32Array(count * classes).fill(-1);
  for (let row = 0; row < count; row++) {
    const listed = new Set<number>();
    while (listed.size < LISTED) listed.add(Math.floor(random() * classes));
    data.set([...listed], row * classes);
  }
  return { data, shape: [count, classes] };
}

/** PyTorch's, and the triplet ratio loss. */
export const catalogue: readonly Row[] = [
  pointwise("mseLoss", normal, normal, (kit, x, t, options) => kit.mseLoss.valueAndGrad(x, t, options).value),
  pointwise("l1Loss", normal, normal, (kit, x, t, options) => kit.l1Loss.valueAndGrad(x, t, options).value),
  pointwise("smoothL1Loss", normal, normal, (kit, x, t, options) => kit.smoothL1Loss.valueAndGrad(x, t, options).value),
  pointwise("huberLoss", normal, normal, (kit, x, t, options) => kit.huberLoss.valueAndGrad(x, t, options).value),
  pointwise("bceLoss", uniform, uniform, (kit, x, t, options) => kit.bceLoss.valueAndGrad(x, t, options).value),
  pointwise("bceWithLogitsLoss", wide, labels, (kit, x, t, options) => kit.bceWithLogitsLoss.valueAndGrad(x, t, options).value),
  pointwise("klDivLoss", logUniform, uniform, (kit, x, t, options) => kit.klDivLoss.valueAndGrad(x, t, options).value),
  pointwise("softMarginLoss", wide, signs, (kit, x, t, options) => kit.softMarginLoss.valueAndGrad(x, t, options).value),
  pointwise("hingeEmbeddingLoss", normal, signs, (kit, x, t, options) => kit.hingeEmbeddingLoss.valueAndGrad(x, t, options).value),
  pointwise("poissonNllLoss", normal, counts, (kit, x, t, options) => kit.poissonNllLoss.valueAndGrad(x, t, options).value),
  {
    ...pointwise("gaussianNllLoss", normal, normal, () => 0),
    prepare(random, [n = 0]) {
      const [x, t, v] = [normal(random, n), normal(random, n), uniform(random, n, 0.1, 2)];
      const gradients = [new Float32Array(n), new Float32Array(n)];
      const options = { wrt: ["input", "var"] as const, out: { input: gradients[0]!, var: gradients[1]! } };
      return { gradients, call: (kit) => kit.gaussianNllLoss.valueAndGrad(x, t, v, options).value };
    },
  },
  {
    ...pointwise("marginRankingLoss", normal, signs, () => 0),
    prepare(random, [n = 0]) {
      const [x1, x2, t] = [normal(random, n), normal(random, n), signs(random, n)];
      const gradients = [new Float32Array(n), new Float32Array(n)];
      const options = { out: { input1: gradients[0]!, input2: gradients[1]! } };
      return { gradients, call: (kit) => kit.marginRankingLoss.valueAndGrad(x1, x2, t, options).value };
    },
  },
  rows("crossEntropyLoss", classesOfRows, (kit, x, t, options) => kit.crossEntropyLoss.valueAndGrad(x, t, options).value),
  rows("nllLoss", classesOfRows, (kit, x, t, options) => kit.nllLoss.valueAndGrad(x, t, options).value, logUniform),
  rows("multiMarginLoss", classesOfRows, (kit, x, t, options) => kit.multiMarginLoss.valueAndGrad(x, t, options).value),
  rows("multiLabelMarginLoss", lists, (kit, x, t, options) => kit.multiLabelMarginLoss.valueAndGrad(x, t, options).value),
  rows("multiLabelSoftMarginLoss", labelsOfRows, (kit, x, t, options) => kit.multiLabelSoftMarginLoss.valueAndGrad(x, t, options).value),
  vectors(
    "tripletMarginLoss",
    3,
    (kit, [a, p, n], [anchor, positive, negative]) => kit.tripletMarginLoss.valueAndGrad(a!, p!, n!, { out: { anchor, positive, negative } }).value,
  ),
  vectors(
    "tripletRatioLoss",
    3,
    (kit, [a, p, n], [anchor, positive, negative]) => kit.tripletRatioLoss.valueAndGrad(a!, p!, n!, { out: { anchor, positive, negative } }).value,
  ),
  vectors(
    "cosineEmbeddingLoss",
    2,
    (kit, [x1, x2], [input1, input2], t) => kit.cosineEmbeddingLoss.valueAndGrad(x1!, x2!, t, { out: { input1, input2 } }).value,
  ),
  {
    loss: "ctcLoss",
    axes: "steps × sequences × alphabet × labels",
    sizes: [
      [20, 4, 20, 5],
      [50, 8, 40, 12],
      [150, 16, 80, 30],
    ],
    prepare(random, [steps = 0, batch = 0, classes = 0, length = 0]) {
      const shape = [steps, batch, classes];
      const logits = { data: wide(random, steps * batch * classes), shape };
      const targets = { data: classIndices(random, batch * length, classes - 1).map((label) => label + 1), shape: [batch, length] }; // 0 is the blank
      const [inputs, lengths] = [new Int32Array(batch).fill(steps), new Int32Array(batch).fill(length)];
      const g = new Float32Array(logits.data.length);
      const options = { out: { logProbs: g } };
      let x: { data: Float32Array; shape: number[] } | undefined;
      return {
        gradients: [g],
        call(kit) {
          x ??= { data: kit.logSoftmax(logits, { dim: 2 }), shape };
          return kit.ctcLoss.valueAndGrad(x, targets, inputs, lengths, options).value;
        },
      };
    },
  },
];

export function sizeText(size: readonly number[]): string {
  return size.map((n) => n.toLocaleString("en").replaceAll(",", " ")).join(" × ");
}
