// Each loss as one would write it on a blackboard, in the settings of its view.

import type { Settings } from "../src/losses/descriptor.js";

/** `at` is where a factor that takes no part in the gradient is taken: x itself, but for differences. */
type Formula = (x: number, s: Settings<string>, at?: number) => number;

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

/** Four pixels of a mask: true positives, false positives, false negatives. */
function overlap(x: number, { target, others, smooth }: Settings<string>, alpha: number, beta: number): number {
  const p = [x, others!, 1 - others!, 1 - others!];
  const t = [target!, 1, 0, 0];
  const sum = (f: (p: number, t: number) => number) => p.reduce((total, _, i) => total + f(p[i]!, t[i]!), 0);
  const hit = sum((p, t) => p * t);
  return 1 - (hit + smooth!) / (hit + alpha * sum((p, t) => p * (1 - t)) + beta * sum((p, t) => (1 - p) * t) + smooth!);
}

const EPS = 1e-7;
/** The box that moves, and the square from 0 to 2. */
function boxes(x: number, { y, width: w }: Settings<string>) {
  const h = 1.5;
  const shared = (from: number, size: number) => relu(Math.min(from + size, 2) - Math.max(from, 0));
  const around = (from: number, size: number) => Math.max(from + size, 2) - Math.min(from, 0);
  const intersection = shared(x, w!) * shared(y!, h);
  const union = w! * h + 4 - intersection;
  const iou = intersection / (union + EPS);
  const area = around(x, w!) * around(y!, h);
  const apart = (x + w! / 2 - 1) ** 2 + (y! + h / 2 - 1) ** 2;
  const distance = 1 - iou + apart / (around(x, w!) ** 2 + around(y!, h) ** 2 + EPS);
  const v = (4 / Math.PI ** 2) * (Math.atan(1) - Math.atan(w! / h)) ** 2;
  return { iou, generalized: 1 - iou + (area - union) / (area + EPS), distance, v };
}

const distribution = (scores: number[]) => scores.map((score) => Math.exp(score - logSumExp(scores)));
const divergence = (p: number[], q: number[]) => p.reduce((sum, p, i) => sum + p * Math.log(p / q[i]!), 0);

const cosine = (a: number, b: number) => Math.cos(((a - b) * Math.PI) / 180);
const chord = (a: number, b: number) => 2 * Math.abs(Math.sin(((a - b) * Math.PI) / 360));
const KEYS = [0, 120, -120];
/** Rows of similarities of the three queries to the three keys. */
const pairs = (x: number, scale: number) => [x, 120, -120].map((q) => KEYS.map((k) => cosine(q, k) * scale));
const columns = (rows: number[][]) => rows[0]!.map((_, j) => rows.map((row) => row[j]!));
const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
const ranked = (rows: number[][]) => mean(rows.map((row, i) => logSumExp(row) - row[i]!));
const four = (x: number, { other }: Settings<string>) => [x, other!, 150, -110];
/** The other point of its class among four, and the two that are not. */
const mates = [1, 0, 3, 2];
const rivals = [
  [2, 3],
  [2, 3],
  [0, 1],
  [0, 1],
];

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
  logCoshLoss: (x, { target }) => Math.log(Math.cosh(x - target!)),
  pinballLoss: (x, { target, quantile }) => Math.max(quantile! * (target! - x), (quantile! - 1) * (target! - x)),
  sigmoidFocalLoss: (x, { target: t, gamma, alpha }) => {
    const p = sigmoid(x);
    const right = p * t! + (1 - p) * (1 - t!);
    return (alpha! < 0 ? 1 : alpha! * t! + (1 - alpha!) * (1 - t!)) * (1 - right) ** gamma! * (t! * softplus(-x) + (1 - t!) * softplus(x));
  },
  contrastiveLoss: (x, { target, margin }) => {
    const d = distance([0, 0], [x, 0], 2);
    return target === 1 ? d * d : relu(margin! - d) ** 2;
  },
  dpoLoss: (x, { rejected, reference, beta, labelSmoothing: e }) => {
    const u = beta! * (x - rejected! - (reference! + 20));
    return (1 - e!) * softplus(-u) + e! * softplus(u);
  },
  distillationLoss: (x, { teacher, beta, temperature }) => {
    const [s, q] = [x, teacher!].map((score) => distribution([score, 1, 0].map((z) => z / temperature!))) as [number[], number[]];
    if (beta === 0) return divergence(q, s);
    if (beta === 1) return divergence(s, q);
    const m = s.map((p, i) => (1 - beta!) * p + beta! * q[i]!);
    return beta! * divergence(q, m) + (1 - beta!) * divergence(s, m);
  },
  diceLoss: (x, s) => overlap(x, s, 0.5, 0.5),
  tverskyLoss: (x, s) => overlap(x, s, s.alpha!, s.beta!),
  generalizedBoxIouLoss: (x, s) => boxes(x, s).generalized,
  distanceBoxIouLoss: (x, s) => boxes(x, s).distance,
  completeBoxIouLoss: (x, s, at = x) => {
    const { distance, v } = boxes(x, s);
    return distance + (v / (1 - boxes(at, s).iou + v + EPS)) * v;
  },
  infoNceLoss: (x, { temperature, symmetric }) => {
    const rows = pairs(x, 1 / temperature!);
    return symmetric ? (ranked(rows) + ranked(columns(rows))) / 2 : ranked(rows);
  },
  clipLoss: (x, { logitScale }) => {
    const rows = pairs(x, logitScale!);
    return (ranked(rows) + ranked(columns(rows))) / 2;
  },
  sigLipLoss: (x, { logitScale, logitBias }) =>
    pairs(x, logitScale!).reduce((sum, row, i) => sum + row.reduce((part, s, j) => part + softplus((i === j ? -1 : 1) * (s + logitBias!)), 0), 0) / 3,
  supConLoss: (x, s) => {
    const angles = four(x, s);
    const to = (i: number, j: number) => cosine(angles[i]!, angles[j]!) / s.temperature!;
    return mean(mates.map((p, i) => logSumExp([p, ...rivals[i]!].map((j) => to(i, j))) - to(i, p)));
  },
  // with one mate for each there is no other positive to leave out
  ntXentLoss: (x, s) => formulas.supConLoss!(x, s),
  batchHardTripletLoss: (x, s) => {
    const angles = four(x, s);
    const to = (i: number, j: number) => chord(angles[i]!, angles[j]!);
    const lead = mates.map((p, i) => to(i, p) - Math.min(...rivals[i]!.map((n) => to(i, n))));
    return mean(lead.map((d) => (s.soft ? softplus(d) : relu(d + s.margin!))));
  },
};
