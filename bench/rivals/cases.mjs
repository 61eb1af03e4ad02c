// What is computed: every loss and size, its seeded data, and the call of losskit that all contestants must agree with.

import { classIndices, labels, logUniform, normal, seeded, signs, uniform } from "../../build/tools/bench/data.js";
import { sizeText } from "../../build/tools/bench/rows/row.js";

const POINTWISE = [[320], [1 << 16], [1 << 20], [1 << 23]];
const CLASSES = [
  [32, 10],
  [128, 1000],
  [4096, 1000],
  [64, 131072],
];
const VECTORS = [
  [32, 16],
  [4096, 384],
  [65536, 128],
];
/** Of a language model. */
const VOCABULARY = [16, 151936];
/** Labels a row of multiLabelMargin. */
const LISTED = 4;
/** Times, samples, classes, labels a sample. */
const CTC = [500, 16, 128, 60];

const wide = (random, n) => normal(random, n, 3);
// not near 0, where one over the variance is what is measured
const variance = (random, n) => uniform(random, n, 0.5, 2);
// not below 1e-4: there the logarithm of a float32 is all about the last digit of 1 - x
const probability = (random, n) => uniform(random, n, 1e-4, 1 - 1e-4);
const counts = (random, n) => Float32Array.from({ length: n }, () => Math.floor(8 * random()));
const ones = (_random, n) => new Float32Array(n).fill(1);
// Multiples of 2^-10: 1 - x[y] + x[j] is exact, and whether it is above 0 no matter of rounding
const coarse = (random, n) => normal(random, n).map((x) => Math.round(1024 * x) / 1024);

/** `out` names the gradients; `kernel` is the one of assembly/ with its parameters p and q. */
function pointwise(loss, makers, out, kernel, sizes = POINTWISE) {
  return sizes.map((size, i) => ({
    loss,
    family: "pointwise",
    size: sizeText(size),
    elements: size[0],
    kernel,
    make() {
      const random = seeded(1 + i);
      const inputs = makers.map((maker) => ({ data: maker(random, size[0]), shape: size }));
      return { loss, n: size[0], inputs, plain: true, out, grads: out.map(() => new Float32Array(size[0])) };
    },
  }));
}

/** That of the margin losses writes to its input, and so cannot be called again and again. */
const CLASS_KERNELS = { crossEntropyLoss: ["crossEntropy"], multiLabelSoftMarginLoss: ["bceWithLogits", 0, 0] };

function classes(loss, maker, index, sizes = CLASSES) {
  return sizes.map((size, i) => ({
    loss,
    family: "classes",
    size: sizeText(size),
    elements: size[0] * size[1],
    kernel: CLASS_KERNELS[loss],
    make() {
      const [rows, width] = size;
      const random = seeded(1 + i);
      const n = rows * width;
      const inputs = [{ data: maker(random, n), shape: size }];
      const made = { loss, n, rows, width, inputs, out: ["input"], grads: [new Float32Array(n)] };
      if (index === "labels") inputs.push({ data: labels(random, n), shape: size });
      else if (index === "class") Object.assign(made, { listed: 1, index: classIndices(random, rows, width), indexShape: [rows] });
      else Object.assign(made, { listed: width, index: lists(random, rows, width), indexShape: size });
      return made;
    },
  }));
}

/** Some different classes a row, ended by -1. */
function lists(random, rows, width) {
  const made = new Int32Array(rows * width).fill(-1);
  for (let row = 0; row < rows; row++) {
    const chosen = new Set();
    while (chosen.size < LISTED) chosen.add(Math.floor(random() * width));
    made.set([...chosen], row * width);
  }
  return made;
}

function vectors(loss, operands, last, out, kernel, more = {}) {
  return VECTORS.map((size, i) => ({
    loss,
    family: "vectors",
    size: sizeText(size),
    elements: size[0] * size[1],
    kernel,
    make() {
      const [rows, width] = size;
      const random = seeded(1 + i);
      const inputs = Array.from({ length: operands }, () => ({ data: normal(random, rows * width), shape: size }));
      if (last) inputs.push({ data: last(random, rows), shape: [rows] });
      return { loss, n: rows * width, rows, width, inputs, out, grads: out.map(() => new Float32Array(rows * width)), ...more };
    },
  }));
}

function ctc() {
  const [times, rows, width, listed] = CTC;
  return {
    loss: "ctcLoss",
    family: "ctc",
    size: sizeText(CTC),
    elements: times * rows * width,
    make() {
      const random = seeded(1);
      const data = uniform(random, times * rows * width, -4, 4);
      for (let at = 0; at < data.length; at += width) logSoftmax(data.subarray(at, at + width));
      const index = classIndices(random, rows * listed, width - 1).map((label) => label + 1); // 0 is the blank
      const inputs = [{ data, shape: [times, rows, width] }];
      const lengths = [new Int32Array(rows).fill(times), new Int32Array(rows).fill(listed)];
      const grads = [new Float32Array(data.length)];
      return { loss: "ctcLoss", n: data.length, rows, width, listed, times, inputs, index, indexShape: [rows, listed], lengths, out: ["logProbs"], grads };
    },
  };
}

function logSoftmax(row) {
  let sum = 0;
  for (const x of row) sum += Math.exp(x);
  for (let i = 0; i < row.length; i++) row[i] -= Math.log(sum);
}

/** Logits of a student and of its teacher, who agree more or less. */
function distillation() {
  return [CLASSES[0], CLASSES[1], VOCABULARY].map((size, i) => ({
    loss: "distillationLoss",
    family: "classes",
    size: sizeText(size),
    elements: size[0] * size[1],
    make() {
      const [rows, width] = size;
      const random = seeded(1 + i);
      const n = rows * width;
      const student = wide(random, n);
      const inputs = [student, normal(random, n).map((x, at) => x + student[at])].map((data) => ({ data, shape: size }));
      return { loss: "distillationLoss", n, rows, width, inputs, out: ["student"], grads: [new Float32Array(n)] };
    },
  }));
}

/** Queries and their keys, each beside noise: every query against every key. */
function infoNce() {
  return [
    [256, 384],
    [1024, 768],
  ].map((size, i) => ({
    loss: "infoNceLoss",
    family: "vectors",
    size: sizeText(size),
    elements: size[0] * size[1],
    make() {
      const [rows, width] = size;
      const random = seeded(1 + i);
      const n = rows * width;
      const query = normal(random, n);
      const inputs = [query, normal(random, n).map((x, at) => x + query[at])].map((data) => ({ data, shape: size }));
      return { loss: "infoNceLoss", n, rows, width, inputs, out: ["query", "key"], grads: [new Float32Array(n), new Float32Array(n)] };
    },
  }));
}

/** Every score of the tokens of a text and the five most probable; values alone. Multiples of 2^-6, which float16 has, too. */
function scores(storage) {
  return {
    loss: storage ? `scoreTokens ${storage}` : "scoreTokens",
    family: "classes",
    size: sizeText(VOCABULARY),
    elements: VOCABULARY[0] * VOCABULARY[1],
    make() {
      const [rows, width] = VOCABULARY;
      const random = seeded(1);
      const data = normal(random, rows * width, 4).map((x) => Math.round(64 * Math.max(-15, Math.min(15, x))) / 64);
      const index = classIndices(random, rows, width);
      return {
        loss: this.loss,
        n: data.length,
        rows,
        width,
        listed: 1,
        inputs: [{ data, shape: VOCABULARY }],
        index,
        indexShape: [rows],
        storage,
        out: [],
        grads: [],
      };
    },
  };
}

const SCORES = { outputs: ["logprob", "rank", "entropy", "logSumExp", "max", "argmax"], topLogprobs: 5 };
/** The float16 pattern of a number that has one, and is 0 or normal there. */
function patternOf(x) {
  const [bits] = new Uint32Array(Float32Array.of(x).buffer);
  return x === 0 ? 0 : ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 255) - 112) << 10) | ((bits & 0x7fffff) >>> 13);
}

// bce's EPS and -100: ATen/native/Loss.cpp
export const cases = [
  ...pointwise("mseLoss", [normal, normal], ["input"], ["mse", 0, 0]),
  ...pointwise("l1Loss", [normal, normal], ["input"], ["l1", 1, -0]),
  ...pointwise("smoothL1Loss", [normal, normal], ["input"], ["smoothL1", 1, 0.5]),
  ...pointwise("huberLoss", [normal, normal], ["input"], ["huber", 1, -1]),
  ...pointwise("bceLoss", [probability, uniform], ["input"], ["bce", 9.999999960041972e-13, -100]),
  ...pointwise("bceWithLogitsLoss", [wide, labels], ["input"], ["bceWithLogits", 0, 0]),
  ...pointwise("klDivLoss", [logUniform, uniform], ["input"], ["klDiv", 0, 0]),
  ...pointwise("marginRankingLoss", [normal, normal, signs], ["input1", "input2"], ["marginRanking", 0, 0]),
  ...classes("crossEntropyLoss", (random, n) => uniform(random, n, -8, 8), "class", [...CLASSES, VOCABULARY]),
  ...classes("nllLoss", (random, n) => uniform(random, n, -8, 0), "class"),
  ...vectors("tripletMarginLoss", 3, undefined, ["anchor", "positive", "negative"], ["tripletEuclidean", 1]),
  ...vectors("tripletRatioLoss", 3, undefined, ["anchor", "positive", "negative"], ["tripletEuclidean", 2]),
  ...vectors("cosineEmbeddingLoss", 2, signs, ["input1", "input2"], ["cosine"]),
  ...pointwise("hingeEmbeddingLoss", [wide, signs], ["input"], ["hingeEmbedding", 1, 1]),
  ...pointwise("softMarginLoss", [wide, signs], ["input"], ["softMargin", 0, 0]),
  ...classes("multiMarginLoss", coarse, "class"),
  ...classes("multiLabelMarginLoss", coarse, "lists"),
  ...classes("multiLabelSoftMarginLoss", wide, "labels"),
  ...pointwise("poissonNllLoss", [normal, counts], ["input"], ["poissonLog", 1e-8, 0]),
  ...pointwise("gaussianNllLoss", [normal, normal, variance], ["input", "var"], ["gaussianNll", 1e-6, 0]),
  ctc(),
  ...distillation(),
  ...infoNce(),
  scores(),
  scores("float16"),
  // for the libraries of distances: no gradient
  ...vectors("cosine distance", 2, ones, [], undefined, { call: "cosineEmbeddingLoss" }),
  ...vectors("euclidean distance", 2, undefined, [], undefined, { call: "pairwiseDistance" }),
];

/**
 * A call of a kit with all that a training loop prepares once: { value, grad }. `place` puts a Float32Array elsewhere, as into what alloc gives.
 */
export function callOf(kit, made, place = (data) => data) {
  if (made.loss.startsWith("scoreTokens")) return scoresOf(kit, made, place);
  const f = kit[made.call ?? made.loss];
  const args = made.inputs.map(({ data, shape }) => (made.plain || shape.length < 2 ? place(data) : { data: place(data), shape }));
  if (made.index) args.push(made.indexShape.length > 1 ? { data: made.index, shape: made.indexShape } : made.index);
  if (made.lengths) args.push(...made.lengths);
  const buffers = made.grads.map((grad) => place(grad));
  const options = { out: Object.fromEntries(made.out.map((name, i) => [name, buffers[i]])) };
  const [a, b, c, d] = args;
  if (made.loss === "euclidean distance") {
    const noEps = { eps: 0 };
    return { value: () => mean(f(a, b, noEps)), buffers };
  }
  // calls as a user writes them: spreading an array costs as much as a small loss
  if (args.length === 2) return { value: () => f(a, b), grad: () => f.valueAndGrad(a, b, options).value, buffers };
  if (args.length === 3) return { value: () => f(a, b, c), grad: () => f.valueAndGrad(a, b, c, options).value, buffers };
  return { value: () => f(a, b, c, d), grad: () => f.valueAndGrad(a, b, c, d, options).value, buffers };
}

/** The mean loss of the tokens, with all that is asked for beside it. */
function scoresOf(kit, { inputs: [{ data, shape }], index, storage }, place) {
  const logits = storage ? { data: Uint16Array.from(data, patternOf), shape, dtype: storage } : { data: place(data), shape };
  return { value: () => -mean(kit.scoreTokens(logits, index, SCORES).logprob), buffers: [] };
}

function mean(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
