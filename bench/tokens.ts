// Questions about language models' logits: what scoreTokens costs beside crossEntropyLoss and beside other ways to score, half precision, the axis of the
// classes, and what totals cost.

import * as wasm from "losskit/wasm";
import { classIndices, normal, seeded } from "./data.js";
import { all, rowByRow } from "./loops/scoreTokens.js";
import type { Question } from "./question.js";
import { type Size, sizeText } from "./rows/row.js";

const VOCABULARY = 151936;
const SIZES: readonly Size[] = [
  [16, VOCABULARY],
  [64, VOCABULARY],
];
const EVERYTHING = { outputs: ["logprob", "rank", "entropy", "logSumExp", "max", "argmax"], topLogprobs: 5 } as const;

/** The float16 pattern of a number that has one and is normal there. */
function patternOf(x: number): number {
  const [bits = 0] = new Uint32Array(Float32Array.of(x).buffer);
  return x === 0 ? 0 : ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 255) - 112) << 10) | ((bits & 0x7fffff) >>> 13);
}

/** Logits of a model: multiples of 1/64, which either type has. */
function problem([rows = 0, vocabulary = 0]: Size) {
  const random = seeded(1);
  const x = normal(random, rows * vocabulary, 4).map((z) => Math.round(64 * Math.max(-15, Math.min(15, z))) / 64);
  const shape = [rows, vocabulary];
  const half = { data: Uint16Array.from(x, patternOf), shape, dtype: "float16" } as const;
  return { x, vocabulary, tokens: classIndices(random, rows, vocabulary), logits: { data: x, shape }, half };
}

const meanOf = ({ logprob }: { logprob: Float64Array }): number => -logprob.reduce((sum, one) => sum + one, 0) / logprob.length;

function scoring(size: Size): Question[] {
  const contest = (pick: (made: ReturnType<typeof problem>) => Record<string, () => number>) => () => ({ grads: [], contestants: pick(problem(size)) });
  return [
    {
      name: `scoreTokens ${sizeText(size)}, logprob`,
      same: true,
      most: 1.05,
      of: ["scoreTokens", "crossEntropyLoss"],
      contest: contest(({ logits, tokens }) => ({
        scoreTokens: () => meanOf(wasm.scoreTokens(logits, tokens)),
        crossEntropyLoss: () => wasm.crossEntropyLoss(logits, tokens),
      })),
    },
    {
      name: `scoreTokens ${sizeText(size)}, all there is and the top 5`,
      same: true,
      most: 1.6,
      of: ["scoreTokens", "crossEntropyLoss"],
      contest: contest(({ logits, tokens }) => ({
        scoreTokens: () => meanOf(wasm.scoreTokens(logits, tokens, EVERYTHING)),
        crossEntropyLoss: () => wasm.crossEntropyLoss(logits, tokens),
      })),
    },
    {
      name: `scoreTokens ${sizeText(size)}, all there is and the top 5, from float16`,
      same: true,
      most: 1.7,
      of: ["scoreTokens", "crossEntropyLoss"],
      contest: contest(({ logits, half, tokens }) => ({
        scoreTokens: () => meanOf(wasm.scoreTokens(half, tokens, EVERYTHING)),
        crossEntropyLoss: () => wasm.crossEntropyLoss(logits, tokens),
      })),
    },
  ];
}

const others: Question = {
  name: `scoreTokens ${sizeText([16, VOCABULARY])} beside JavaScript`,
  same: true,
  of: ["log_softmax of each row", "scoreTokens"],
  contest() {
    const { x, vocabulary, tokens, logits } = problem([16, VOCABULARY]);
    const [ranks, places, entropies] = [new Int32Array(16), new Int32Array(16), new Float64Array(16)];
    return {
      grads: [],
      contestants: {
        "log_softmax of each row": () => rowByRow(x, vocabulary, tokens),
        "hand-written, rank, entropy, argmax": () => all(x, vocabulary, tokens, ranks, entropies, places),
        scoreTokens: () => meanOf(wasm.scoreTokens(logits, tokens, EVERYTHING)),
      },
    };
  },
};

const halves: Question = {
  name: `crossEntropyLoss ${sizeText([16, VOCABULARY])}, value, from float16`,
  same: true,
  of: ["float16", "float32"],
  contest() {
    const { half, logits, tokens } = problem([16, VOCABULARY]);
    return { grads: [], contestants: { float16: () => wasm.crossEntropyLoss(half, tokens), float32: () => wasm.crossEntropyLoss(logits, tokens) } };
  },
};

const axis: Question = {
  name: `crossEntropyLoss ${sizeText([4, 4, VOCABULARY])}, value, dim -1`,
  same: true,
  most: 1.05,
  of: ["(B, T, V)", "(B T, V)"],
  contest() {
    const { x, logits, tokens } = problem([16, VOCABULARY]);
    const cube = { data: x, shape: [4, 4, VOCABULARY] };
    const target = { data: tokens, shape: [4, 4] };
    const options = { dim: -1 };
    return {
      grads: [],
      contestants: { "(B, T, V)": () => wasm.crossEntropyLoss(cube, target, options), "(B T, V)": () => wasm.crossEntropyLoss(logits, tokens) },
    };
  },
};

type Elementwise = typeof wasm.mseLoss | typeof wasm.huberLoss;

/** What `totals` costs beside the losses that it adds up. */
function totals(name: string, loss: Elementwise, n: number): Question {
  return {
    name: `${name} ${sizeText([n])}, totals`,
    same: false,
    most: 2,
    of: ["totals", "reduction none"],
    contest() {
      const random = seeded(1);
      const [x, t] = [normal(random, n), normal(random, n)];
      const none = { reduction: "none" } as const;
      return { grads: [], contestants: { totals: () => loss.totals(x, t).sum[0]!, "reduction none": () => loss(x, t, none)[0]! } };
    },
  };
}

const ELEMENTWISE: readonly (readonly [string, Elementwise])[] = [
  ["mseLoss", wasm.mseLoss],
  ["huberLoss", wasm.huberLoss],
  ["bceWithLogitsLoss", wasm.bceWithLogitsLoss],
];

export const tokens: readonly Question[] = [
  ...SIZES.flatMap(scoring),
  others,
  halves,
  axis,
  ...[1 << 16, 1 << 20].flatMap((n) => ELEMENTWISE.map(([name, loss]) => totals(name, loss, n))),
];
