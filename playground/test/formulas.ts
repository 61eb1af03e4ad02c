// Each loss as one would write it on a blackboard, in the settings of its view.

import type { Settings } from "../src/losses/descriptor.js";

type Formula = (x: number, s: Settings<string>) => number;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const relu = (x: number) => Math.max(0, x);
const softplus = (x: number) => Math.log1p(Math.exp(x));
const logSumExp = (scores: number[]) => Math.log(scores.reduce((sum, x) => sum + Math.exp(x), 0));
const bce = (x: number, t: number) => -(t === 0 ? 0 : t * Math.max(Math.log(x), -100)) - (t === 1 ? 0 : (1 - t) * Math.max(Math.log(1 - x), -100));
const norm = (v: number[], p: number) => (p === Infinity ? Math.max(...v.map(Math.abs)) : v.reduce((sum, x) => sum + Math.abs(x) ** p, 0) ** (1 / p));
/** PyTorch adds eps to every coordinate of the difference. */
const distance = (a: number[], b: number[], p: number) =>
  norm(
    a.map((x, i) => x - b[i]! + 1e-6),
    p,
  );
/** Distances to the positive and the harder negative. */
function distances(x: number, { positive, swap }: Settings<string>, p: number): [number, number] {
  const [a, near, far] = [
    [0, 0],
    [positive!, 0],
    [x, 0.4],
  ];
  const away = distance(a!, far!, p);
  return [distance(a!, near!, p), swap ? Math.min(away, distance(near!, far!, p)) : away];
}

const SCORES = [2, 0, -1, 1.5, 0, -0.5, 0.5, -0.5, 1.5, 2, -1, 0];
const TARGETS = ["12", "1", "11", "111"];

/** All 81 paths of three symbols through four steps: what is merged, and freed of blanks, must be the target. */
function ctc(x: number, { text, step, zeroInfinity }: Settings<string>): number {
  const scores = SCORES.map((score, i) => (i === (step! - 1) * 3 + 1 ? x : score));
  const target = TARGETS[text!]!;
  let sum = 0;
  for (let n = 0; n < 81; n++) {
    const path = n.toString(3).padStart(4, "0");
    if (path.replace(/(.)\1+/g, "$1").replaceAll("0", "") !== target) continue;
    const log = [...path].reduce((total, symbol, t) => total + scores[3 * t + Number(symbol)]! - logSumExp(scores.slice(3 * t, 3 * t + 3)), 0);
    sum += Math.exp(log);
  }
  return sum === 0 && zeroInfinity ? 0 : -Math.log(sum) / target.length;
}

export const formulas: Record<string, Formula> = {
  mseLoss: (x, { target }) => (x - target!) ** 2,
  l1Loss: (x, { target }) => Math.abs(x - target!),
  smoothL1Loss: (x, { target, beta }) => {
    const d = Math.abs(x - target!);
    return d < beta! ? (0.5 * d * d) / beta! : d - beta! / 2;
  },
  huberLoss: (x, { target, delta }) => {
    const d = Math.abs(x - target!);
    return d < delta! ? 0.5 * d * d : delta! * (d - delta! / 2);
  },
  crossEntropyLoss: (x, { other, target, labelSmoothing: e }) => {
    const scores = [x, other!, 0];
    const logs = scores.map((score) => logSumExp(scores) - score);
    return (1 - e!) * logs[target!]! + (e! / 3) * (logs[0]! + logs[1]! + logs[2]!);
  },
  nllLoss: (x, { weight }) => (weight! * -x + Math.log(2)) / (weight! + 1),
  bceWithLogitsLoss: (x, { target, posWeight }) => posWeight! * target! * softplus(-x) + (1 - target!) * softplus(x),
  bceLoss: (x, { target }) => bce(x, target!),
  softMarginLoss: (x, { target }) => softplus(-target! * x),
  multiMarginLoss: (x, { other, target, margin, p }) => {
    const scores = [x, other!, 0];
    return scores.reduce((sum, score, i) => sum + (i === target ? 0 : relu(margin! - scores[target!]! + score) ** p!), 0) / 3;
  },
  multiLabelMarginLoss: (x, { other, target }) => {
    const scores = [x, other!, 0.5, -0.5];
    const right = [[0], [0, 1], [1], [1, 3]][target!]!;
    const wrong = [0, 1, 2, 3].filter((i) => !right.includes(i));
    return right.reduce((sum, j) => sum + wrong.reduce((part, i) => part + relu(1 - scores[j]! + scores[i]!), 0), 0) / 4;
  },
  multiLabelSoftMarginLoss: (x, { target, other, weight }) => (weight! * bce(sigmoid(x), target!) + bce(sigmoid(other!), 1)) / 2,
  klDivLoss: (q, { p }) => p! * Math.log(p! / q) + (1 - p!) * Math.log((1 - p!) / (1 - q)),
  poissonNllLoss: (x, { target: t, logInput, full, eps }) =>
    (logInput ? Math.exp(x) - t! * x : x - (t === 0 ? 0 : t! * Math.log(x + eps!))) +
    (full && t! > 1 ? t! * Math.log(t!) - t! + 0.5 * Math.log(2 * Math.PI * t!) : 0),
  gaussianNllLoss: (x, { against, target, other, full, eps }) => {
    const [mean, variance] = against ? [other!, Math.max(x, eps!)] : [x, Math.max(other!, eps!)];
    return 0.5 * (Math.log(variance) + (mean - target!) ** 2 / variance) + (full ? 0.5 * Math.log(2 * Math.PI) : 0);
  },
  marginRankingLoss: (x, { input2, target, margin }) => relu(-target! * (x - input2!) + margin!),
  hingeEmbeddingLoss: (x, { target, margin }) => (target === 1 ? x : relu(margin! - x)),
  cosineEmbeddingLoss: (x, { target, margin }) => {
    const cosine = Math.cos((x * Math.PI) / 180);
    return target === 1 ? 1 - cosine : relu(cosine - margin!);
  },
  tripletMarginLoss: (x, s) => {
    const [near, far] = distances(x, s, s.p!);
    return relu(near - far + s.margin!);
  },
  tripletRatioLoss: (x, s) => {
    const [near, far] = distances(x, s, 2);
    return 2 * sigmoid(near - far) ** 2;
  },
  ctcLoss: ctc,
};
