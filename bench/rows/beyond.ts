// The losses beyond PyTorch's.

import { classIndices, labels, normal, type Random, uniform } from "../data.js";
import { batchHardTriplet, workspace as found } from "../loops/batchHardTriplet.js";
import { clip } from "../loops/clip.js";
import * as completeBoxIou from "../loops/completeBoxIou.js";
import * as contrastive from "../loops/contrastive.js";
import * as dice from "../loops/dice.js";
import * as distanceBoxIou from "../loops/distanceBoxIou.js";
import * as distillation from "../loops/distillation.js";
import * as dpo from "../loops/dpo.js";
import * as generalizedBoxIou from "../loops/generalizedBoxIou.js";
import { workspace } from "../loops/inBatch.js";
import { infoNce } from "../loops/infoNce.js";
import * as logCosh from "../loops/logCosh.js";
import { ntXent } from "../loops/ntXent.js";
import * as pinball from "../loops/pinball.js";
import { sigLip } from "../loops/sigLip.js";
import * as sigmoidFocal from "../loops/sigmoidFocal.js";
import { supCon } from "../loops/supCon.js";
import { tversky } from "../loops/tversky.js";
import { EMBEDDINGS, vectorPairs } from "./lecture.js";
import { entry, type Kit, type PairLoss, pair, pairRows, pairValueRows, type Row, type Size } from "./row.js";

/** Vectors of a batch, each compared with every other. */
const BATCH: readonly Size[] = [[256, 384]];
const LARGE_BATCH: readonly Size[] = [[1024, 768]];
const PREFERENCES: readonly Size[] = [[1 << 16]];
const IMAGES: readonly Size[] = [[8, 4, 256, 256]];
const BOXES: readonly Size[] = [[1 << 16, 4]];
const VOCABULARIES: readonly Size[] = [
  [128, 1000],
  [16, 151936],
];
/** Normal vectors of 384 numbers are about this far apart: about half of the dissimilar pairs have a gradient. */
const FAR = 28;
/** Rows of one label, on average. */
const OF_A_LABEL = 8;
const QUANTILE = 0.9;
const CLIP_SCALE = 14;
const SIG_LIP_SCALE = 10;
const SIG_LIP_BIAS = -10;
const [TVERSKY_ALPHA, TVERSKY_BETA] = [0.3, 0.7];

// losskit's defaults
const FOCAL_ALPHA = 0.25;
const DPO_BETA = 0.1;
const SMOOTH = 1;
const BOX_EPS = 1e-7;
const PAIR_EPS = 1e-6;
const GKD_BETA = 0.5;
const TEMPERATURE = 0.07;
const SUP_CON_TEMPERATURE = 0.1;
const TRIPLET_MARGIN = 1;

/** Each second vector resembles the first, as it does after some training. */
function likeVectors(random: Random, [count = 0, width = 0]: Size) {
  const length = count * width;
  const shape = [count, width];
  const first = normal(random, length);
  const second = normal(random, length).map((z, i) => 0.4 * first[i]! + z);
  const [g1, g2] = [new Float32Array(length), new Float32Array(length)];
  return { x1: { data: first, shape }, x2: { data: second, shape }, width, g1, g2, work: workspace(count, width) };
}

function queries(random: Random, size: Size) {
  const made = likeVectors(random, size);
  const { g1, g2 } = made;
  return { ...made, grads: [g1, g2], options: { out: { query: g1, key: g2 } } };
}

/** Of unit length, as a model gives them. */
function captions(random: Random, size: Size) {
  const made = likeVectors(random, size);
  const { x1, x2, width, g1, g2 } = made;
  for (const { data } of [x1, x2]) {
    for (let start = 0; start < data.length; start += width) {
      const row = data.subarray(start, start + width);
      const inverse = 1 / Math.hypot(...row);
      for (let k = 0; k < width; k++) row[k] = row[k]! * inverse;
    }
  }
  const [gScale, gBias] = [new Float32Array(1), new Float32Array(1)];
  return { ...made, gScale, gBias, grads: [g1, g2, gScale], options: { out: { image: g1, text: g2, logitScale: gScale } } };
}

function sigLipCaptions(random: Random, size: Size) {
  const made = captions(random, size);
  const { grads, options, gBias } = made;
  return { ...made, grads: [...grads, gBias], options: { out: { ...options.out, logitBias: gBias } } };
}

function labelled(random: Random, [count = 0, width = 0]: Size) {
  const [x, g] = [normal(random, count * width), new Float32Array(count * width)];
  const y = classIndices(random, count, count / OF_A_LABEL);
  return { x, y, width, g, embeddings: { data: x, shape: [count, width] }, grads: [g], options: { out: { embeddings: g } }, work: workspace(count, width) };
}

const anchors = (random: Random, size: Size) => ({ ...labelled(random, size), work: found(size[0]!) });

/** Probabilities, or logits, and labels; of each group so many elements. */
function masks(logits: boolean) {
  return (random: Random, size: Size) => {
    const [images = 0, classes = 0, height = 0, width = 0] = size;
    const length = height * width;
    const n = images * classes * length;
    const [x, t, g] = [logits ? normal(random, n, 3) : uniform(random, n), labels(random, n), new Float32Array(n)];
    return {
      x,
      t,
      g,
      length,
      input: { data: x, shape: size },
      target: { data: t, shape: size },
      grads: [g],
      options: { out: { input: g }, fromLogits: logits },
    };
  };
}

/** Most of them meet their targets. */
function boxPairs(random: Random, [count = 0]: Size) {
  const shape = [count, 4];
  const boxes = () => {
    const data = uniform(random, 4 * count, 0.2, 0.8);
    for (let at = 0; at < data.length; at += 4) {
      data[at + 2]! += data[at]!;
      data[at + 3]! += data[at + 1]!;
    }
    return data;
  };
  const [x, t, g] = [boxes(), boxes(), new Float32Array(4 * count)];
  return { x, t, g, input: { data: x, shape }, target: { data: t, shape }, grads: [g], options: { out: { input: g } } };
}

/** Logits so near to each other that no gradient is a difference of numbers far above the usual one: float32 would not agree on its digits. */
function twoModels(random: Random, [count = 0, classes = 0]: Size) {
  const shape = [count, classes];
  const [x, t, g] = [normal(random, count * classes), normal(random, count * classes), new Float32Array(count * classes)];
  const out = { student: g };
  return { x, t, g, classes, student: { data: x, shape }, teacher: { data: t, shape }, grads: [g], out, work: distillation.workspace(classes) };
}

/** Log-probabilities of answers. */
function preferences(random: Random, [n = 0]: Size) {
  const scores = () => uniform(random, n, -100, -40);
  const [chosen, rejected, ofChosen, ofRejected] = [scores(), scores(), scores(), scores()];
  const [gc, gr] = [new Float32Array(n), new Float32Array(n)];
  return { chosen, rejected, ofChosen, ofRejected, gc, gr, grads: [gc, gr], options: { out: { policyChosen: gc, policyRejected: gr } } };
}

const PAIRS: readonly PairLoss[] = [
  {
    name: "sigmoidFocalLoss",
    problem: pair((random, n) => normal(random, n, 3), labels),
    loops: { branchy: ({ x, t, g }) => sigmoidFocal.branchy(x, t, FOCAL_ALPHA, g), branchless: ({ x, t, g }) => sigmoidFocal.branchless(x, t, FOCAL_ALPHA, g) },
    value: ({ x, t }) => sigmoidFocal.value(x, t, FOCAL_ALPHA),
  },
  {
    name: "pinballLoss",
    options: { quantile: QUANTILE },
    problem: pair(normal, normal),
    loops: { branchy: ({ x, t, g }) => pinball.branchy(x, t, QUANTILE, g), branchless: ({ x, t, g }) => pinball.branchless(x, t, QUANTILE, g) },
    value: ({ x, t }) => pinball.value(x, t, QUANTILE),
  },
  {
    name: "logCoshLoss",
    problem: pair(normal, normal),
    loops: { branchy: ({ x, t, g }) => logCosh.branchy(x, t, g), branchless: ({ x, t, g }) => logCosh.branchless(x, t, g) },
    value: ({ x, t }) => logCosh.value(x, t),
  },
];

type BoxLoss = Extract<keyof Kit, `${string}BoxIouLoss`>;
type BoxLoop = (input: Float32Array, target: Float32Array, eps: number, grad: Float32Array) => number;

function boxRows(name: BoxLoss, { branchy, branchless }: { branchy: BoxLoop; branchless: BoxLoop }): Row[] {
  return entry({
    loss: name,
    sizes: BOXES,
    problem: boxPairs,
    losskit:
      (kit, { input, target, options }) =>
      () =>
        kit[name].valueAndGrad(input, target, options).value,
    loops: { branchy: ({ x, t, g }) => branchy(x, t, BOX_EPS, g), branchless: ({ x, t, g }) => branchless(x, t, BOX_EPS, g) },
  });
}

function infoNceRows(sizes: readonly Size[], slow: boolean): Row[] {
  return entry({
    loss: "infoNceLoss",
    sizes,
    slow,
    problem: queries,
    losskit:
      (kit, { x1, x2, options }) =>
      () =>
        kit.infoNceLoss.valueAndGrad(x1, x2, options).value,
    loops: { loop: ({ x1, x2, width, work, g1, g2 }) => infoNce(x1.data, x2.data, width, TEMPERATURE, work, g1, g2) },
  });
}

export const beyond: readonly Row[] = [
  ...PAIRS.flatMap((one) => [...pairRows(one), ...pairValueRows(one)]),
  ...entry({
    loss: "dpoLoss",
    sizes: PREFERENCES,
    problem: preferences,
    losskit:
      (kit, { chosen, rejected, ofChosen, ofRejected, options }) =>
      () =>
        kit.dpoLoss.valueAndGrad(chosen, rejected, ofChosen, ofRejected, options).value,
    loops: {
      branchy: ({ chosen, rejected, ofChosen, ofRejected, gc, gr }) => dpo.branchy(chosen, rejected, ofChosen, ofRejected, DPO_BETA, gc, gr),
      branchless: ({ chosen, rejected, ofChosen, ofRejected, gc, gr }) => dpo.branchless(chosen, rejected, ofChosen, ofRejected, DPO_BETA, gc, gr),
    },
  }),
  ...entry({
    loss: "diceLoss",
    sizes: IMAGES,
    problem: masks(false),
    losskit:
      (kit, { input, target, options }) =>
      () =>
        kit.diceLoss.valueAndGrad(input, target, options).value,
    loops: { loop: ({ x, t, length, g }) => dice.dice(x, t, length, SMOOTH, g) },
  }),
  ...entry({
    loss: "diceLoss, from logits",
    sizes: IMAGES,
    problem: masks(true),
    losskit:
      (kit, { input, target, options }) =>
      () =>
        kit.diceLoss.valueAndGrad(input, target, options).value,
    loops: { loop: ({ x, t, length, g }) => dice.fromLogits(x, t, length, SMOOTH, g) },
  }),
  ...entry({
    loss: "tverskyLoss",
    sizes: IMAGES,
    problem: masks(false),
    losskit: (kit, { input, target, options }) => {
      const all = { ...options, alpha: TVERSKY_ALPHA, beta: TVERSKY_BETA };
      return () => kit.tverskyLoss.valueAndGrad(input, target, all).value;
    },
    loops: { loop: ({ x, t, length, g }) => tversky(x, t, length, TVERSKY_ALPHA, TVERSKY_BETA, SMOOTH, g) },
  }),
  ...boxRows("generalizedBoxIouLoss", generalizedBoxIou),
  ...boxRows("distanceBoxIouLoss", distanceBoxIou),
  ...boxRows("completeBoxIouLoss", completeBoxIou),
  ...entry({
    loss: "distillationLoss",
    sizes: VOCABULARIES,
    problem: twoModels,
    losskit: (kit, { student, teacher, out }) => {
      const options = { out };
      return () => kit.distillationLoss.valueAndGrad(student, teacher, options).value;
    },
    loops: { loop: ({ x, t, classes, work, g }) => distillation.mixed(x, t, classes, GKD_BETA, work, g) },
  }),
  ...entry({
    loss: "distillationLoss, beta 0",
    sizes: VOCABULARIES,
    problem: twoModels,
    losskit: (kit, { student, teacher, out }) => {
      const options = { beta: 0, out };
      return () => kit.distillationLoss.valueAndGrad(student, teacher, options).value;
    },
    loops: { loop: ({ x, t, classes, work, g }) => distillation.forward(x, t, classes, work, g) },
  }),
  ...entry({
    loss: "contrastiveLoss",
    sizes: EMBEDDINGS,
    problem: vectorPairs,
    losskit: (kit, { x1, x2, t, options }) => {
      const all = { ...options, margin: FAR };
      return () => kit.contrastiveLoss.valueAndGrad(x1, x2, t, all).value;
    },
    loops: {
      branchy: ({ x1, x2, t, width, g1, g2 }) => contrastive.branchy(x1.data, x2.data, t, width, FAR, PAIR_EPS, g1, g2),
      branchless: ({ x1, x2, t, width, g1, g2 }) => contrastive.branchless(x1.data, x2.data, t, width, FAR, PAIR_EPS, g1, g2),
    },
  }),
  ...infoNceRows(BATCH, false),
  ...infoNceRows(LARGE_BATCH, true),
  ...entry({
    loss: "clipLoss",
    sizes: BATCH,
    problem: captions,
    losskit:
      (kit, { x1, x2, options }) =>
      () =>
        kit.clipLoss.valueAndGrad(x1, x2, CLIP_SCALE, options).value,
    loops: { loop: ({ x1, x2, width, work, g1, g2, gScale }) => clip(x1.data, x2.data, width, CLIP_SCALE, work, g1, g2, gScale) },
  }),
  ...entry({
    loss: "sigLipLoss",
    sizes: BATCH,
    problem: sigLipCaptions,
    losskit:
      (kit, { x1, x2, options }) =>
      () =>
        kit.sigLipLoss.valueAndGrad(x1, x2, SIG_LIP_SCALE, SIG_LIP_BIAS, options).value,
    loops: {
      loop: ({ x1, x2, width, work, g1, g2, gScale, gBias }) => sigLip(x1.data, x2.data, width, SIG_LIP_SCALE, SIG_LIP_BIAS, work, g1, g2, gScale, gBias),
    },
  }),
  ...entry({
    loss: "ntXentLoss",
    sizes: BATCH,
    problem: labelled,
    losskit:
      (kit, { embeddings, y, options }) =>
      () =>
        kit.ntXentLoss.valueAndGrad(embeddings, y, options).value,
    loops: { loop: ({ x, y, width, work, g }) => ntXent(x, y, width, TEMPERATURE, work, g) },
  }),
  ...entry({
    loss: "supConLoss",
    sizes: BATCH,
    problem: labelled,
    losskit:
      (kit, { embeddings, y, options }) =>
      () =>
        kit.supConLoss.valueAndGrad(embeddings, y, options).value,
    loops: { loop: ({ x, y, width, work, g }) => supCon(x, y, width, SUP_CON_TEMPERATURE, work, g) },
  }),
  ...entry({
    loss: "batchHardTripletLoss",
    sizes: BATCH,
    problem: anchors,
    losskit:
      (kit, { embeddings, y, options }) =>
      () =>
        kit.batchHardTripletLoss.valueAndGrad(embeddings, y, options).value,
    loops: { loop: ({ x, y, width, work, g }) => batchHardTriplet(x, y, width, TRIPLET_MARGIN, work, g) },
  }),
];
