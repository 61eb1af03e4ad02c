// What can be trained: each loss with its call of losskit. Those of the classes judge ten scores, those of the embedding the points themselves.

import type * as losskit from "losskit/js";
import { CLASSES } from "./digits.js";

export type Kit = typeof losskit;
interface Matrix {
  data: Float32Array;
  shape: number[];
}

interface Base {
  readonly id: string;
  readonly name: string;
  /** What the page shows of the call. */
  readonly code: string;
  readonly note: string;
}

export interface ClassObjective extends Base {
  readonly kind: "classes";
  /** Writes the gradient of the logits, returns the loss. */
  loss(kit: Kit, logits: Matrix, classes: Int32Array, gradient: Float32Array): number;
}

export interface EmbeddingObjective extends Base {
  readonly kind: "embedding";
  /** Only the direction of a point counts. */
  readonly angular?: boolean;
  loss(kit: Kit, [anchor, positive, negative]: readonly Matrix[], gradients: readonly Float32Array[]): number;
}

export type Objective = ClassObjective | EmbeddingObjective;

const SMOOTHING = 0.1;
/** The cosine of 37 degrees: ten directions around a circle are 36 degrees apart. With 0.5, 60 degrees, classes would have to share six directions. */
const COSINE_MARGIN = 0.8;

function oneHot(classes: Int32Array): Matrix {
  const data = new Float32Array(classes.length * CLASSES);
  classes.forEach((label, row) => {
    data[row * CLASSES + label] = 1;
  });
  return { data, shape: [classes.length, CLASSES] };
}

const ones = (rows: number, sign: number) => new Float32Array(rows).fill(sign);

export const objectives: readonly Objective[] = [
  {
    id: "crossEntropy",
    name: "crossEntropyLoss",
    kind: "classes",
    code: "crossEntropyLoss.valueAndGrad(logits, classes)",
    note: "The usual loss of a classifier. Surer is always a little better, so the logits grow without end and the classes run outwards.",
    loss: (kit, logits, classes, input) => kit.crossEntropyLoss.valueAndGrad(logits, classes, { out: { input } }).value,
  },
  {
    id: "smoothed",
    name: "crossEntropyLoss, smoothed labels",
    kind: "classes",
    code: `crossEntropyLoss.valueAndGrad(logits, classes, { labelSmoothing: ${SMOOTHING} })`,
    note: "A tenth of each label is spread over all classes: being too sure costs something, so the classes stop running outwards and become small.",
    loss: (kit, logits, classes, input) => kit.crossEntropyLoss.valueAndGrad(logits, classes, { labelSmoothing: SMOOTHING, out: { input } }).value,
  },
  {
    id: "nll",
    name: "nllLoss of logSoftmax",
    kind: "classes",
    code: "nllLoss.valueAndGrad(logSoftmax(logits, { dim: 1 }), classes)",
    note: "The same function as crossEntropyLoss in two steps, so the same curve; here the gradient is taken through the softmax by hand.",
    loss(kit, logits, classes, gradient) {
      const { value, grad } = kit.nllLoss.valueAndGrad({ data: kit.logSoftmax(logits, { dim: 1 }), shape: logits.shape }, classes);
      const probabilities = kit.softmax(logits, { dim: 1 });
      for (let from = 0; from < gradient.length; from += CLASSES) {
        let sum = 0;
        for (let i = from; i < from + CLASSES; i++) sum += grad.input[i]!;
        for (let i = from; i < from + CLASSES; i++) gradient[i] = grad.input[i]! - probabilities[i]! * sum;
      }
      return value;
    },
  },
  {
    id: "multiMargin",
    name: "multiMarginLoss",
    kind: "classes",
    code: "multiMarginLoss.valueAndGrad(scores, classes)",
    note: "A digit whose score leads by the margin costs nothing and pulls no more: the gradient becomes sparse.",
    loss: (kit, scores, classes, input) => kit.multiMarginLoss.valueAndGrad(scores, classes, { out: { input } }).value,
  },
  {
    id: "bce",
    name: "bceWithLogitsLoss, one class against the rest",
    kind: "classes",
    code: "bceWithLogitsLoss.valueAndGrad(logits, oneHot)",
    note: "Ten yes-or-no questions, nine of which are no: at first it learns to say no, and only then the digits.",
    loss: (kit, logits, classes, input) => kit.bceWithLogitsLoss.valueAndGrad(logits, oneHot(classes), { out: { input } }).value,
  },
  {
    id: "mse",
    name: "mseLoss on one-hot targets",
    kind: "classes",
    code: "mseLoss.valueAndGrad(scores, oneHot)",
    note: "Regression instead of classification: a score of 2 is as wrong as one of 0. It learns as well as the cross entropy here, but its scores are no log-probabilities, and a confident error pulls little harder than a small one.",
    loss: (kit, scores, classes, input) => kit.mseLoss.valueAndGrad(scores, oneHot(classes), { out: { input } }).value,
  },
  {
    id: "tripletMargin",
    name: "tripletMarginLoss",
    kind: "embedding",
    code: "tripletMarginLoss.valueAndGrad(anchor, positive, negative)",
    note: "Pulls a digit to one of its class until one of another class is farther away by the margin, 1.",
    loss: (kit, [a, p, n], [anchor, positive, negative]) => kit.tripletMarginLoss.valueAndGrad(a!, p!, n!, { out: { anchor, positive, negative } }).value,
  },
  {
    id: "tripletRatio",
    name: "tripletRatioLoss",
    kind: "embedding",
    code: "tripletRatioLoss.valueAndGrad(anchor, positive, negative)",
    note: "Compares the two distances through a softmax instead of a margin: it never quite reaches 0, and clusters keep drifting apart.",
    loss: (kit, [a, p, n], [anchor, positive, negative]) => kit.tripletRatioLoss.valueAndGrad(a!, p!, n!, { out: { anchor, positive, negative } }).value,
  },
  {
    id: "cosine",
    name: "cosineEmbeddingLoss",
    kind: "embedding",
    angular: true,
    code: `cosineEmbeddingLoss.valueAndGrad(input1, input2, sign, { margin: ${COSINE_MARGIN} })`,
    note: "Only the angle counts: classes become directions, ten of them around the circle, and neighbours are judged by direction alone.",
    loss(kit, [a, p, n], [anchor, positive, negative]) {
      const rows = a!.shape[0]!;
      const again = new Float32Array(anchor!.length);
      const options = { margin: COSINE_MARGIN, gradOutput: 0.5 };
      const near = kit.cosineEmbeddingLoss.valueAndGrad(a!, p!, ones(rows, 1), { ...options, out: { input1: anchor!, input2: positive! } });
      const far = kit.cosineEmbeddingLoss.valueAndGrad(a!, n!, ones(rows, -1), { ...options, out: { input1: again, input2: negative! } });
      again.forEach((g, i) => {
        anchor![i]! += g;
      });
      return (near.value + far.value) / 2;
    },
  },
];

export function objectiveOf(id: string): Objective {
  return objectives.find((objective) => objective.id === id) ?? objectives[0]!;
}
