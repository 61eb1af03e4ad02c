/**
 * The losses beyond PyTorch's: naive references in doubles, written from SEMANTICS.md's definitions, and points worked out by hand.
 */
import type { Point } from "./points.js";
import { logSigmoid, sigmoid } from "./pointwise.js";
import { type Args, argument, largestFinite, numberOption, type Options, type Reference, tensor as t } from "./tensor.js";

/** One loss an element, and the slopes of the named arguments. */
function each(args: Args, names: readonly string[], lane: (...x: number[]) => readonly number[], terms = 0): Reference {
  const columns = Object.values(args).map(({ data }) => data);
  const results = Array.from(columns[0] as Float64Array, (_, i) => lane(...columns.map((column) => column[i] as number)));
  return {
    values: Float64Array.from(results, (result) => result[0] as number),
    denominators: { mean: results.length },
    terms: { value: terms, slope: terms },
    grads: (upstream) => Object.fromEntries(names.map((name, k) => [name, upstream.map((g, i) => g * ((results[i] as number[])[k + 1] as number))])),
  };
}

export function sigmoidFocal(args: Args, options: Options): Reference {
  const alpha = numberOption(options, "alpha", 0.25);
  const gamma = numberOption(options, "gamma", 2);
  const lane = (x: number, target: number) => {
    const p = sigmoid(x);
    const q = sigmoid(-x);
    const bce = -target * logSigmoid(x) - (1 - target) * logSigmoid(-x);
    const missed = p * (1 - target) + q * target;
    const weight = alpha === -1 ? 1 : alpha * target + (1 - alpha) * (1 - target);
    const slope = gamma === 0 || missed === 0 ? 0 : gamma * missed ** (gamma - 1) * p * q * (1 - 2 * target) * bce;
    return [weight * missed ** gamma * bce, weight * (slope + missed ** gamma * (p * (1 - target) - q * target))];
  };
  return each(args, ["input"], lane, 1);
}

export function pinball(args: Args, options: Options): Reference {
  const quantile = numberOption(options, "quantile", 0.5);
  const lane = (x: number, target: number) => {
    const d = target - x;
    return [Math.max(quantile * d, (quantile - 1) * d), d > 0 ? -quantile : d < 0 ? 1 - quantile : d === 0 ? 0.5 - quantile : 1 - 2 * quantile];
  };
  return each(args, ["input"], lane, largestFinite(argument(args, "input").data));
}

export const logCosh = (args: Args): Reference =>
  each(
    args,
    ["input"],
    (x, target) => [
      Math.abs(x - target) < 1
        ? Math.log1p(2 * Math.sinh((x - target) / 2) ** 2)
        : Math.abs(x - target) + Math.log1p(Math.exp(-2 * Math.abs(x - target))) - Math.LN2,
      Math.tanh(x - target),
    ],
    1,
  );

export function dpo(args: Args, options: Options): Reference {
  const beta = numberOption(options, "beta", 0.1);
  const smoothing = numberOption(options, "labelSmoothing", 0);
  const lane = (pc: number, pr: number, rc: number, rr: number) => {
    const u = beta * (pc - pr - (rc - rr));
    const slope = beta * (smoothing * sigmoid(u) - (1 - smoothing) * sigmoid(-u));
    return [-(1 - smoothing) * logSigmoid(u) - smoothing * logSigmoid(-u), slope, -slope];
  };
  return each(args, ["policyChosen", "policyRejected"], lane, 1);
}

/** Rows of `width` numbers: a value a row, and gradients of the named arguments. */
export function rows(
  args: Args,
  names: readonly string[],
  row: (n: number, ...slices: Float64Array[]) => readonly [number, ...Float64Array[]],
  terms = 1,
): Reference {
  const { shape } = Object.values(args)[0] as { shape: readonly number[] };
  const width = shape[shape.length - 1] as number;
  const count = shape.slice(0, -1).reduce((product, axis) => product * axis, 1);
  const results = Array.from({ length: count }, (_, n) => row(n, ...Object.values(args).map(({ data }) => data.slice(n * width, (n + 1) * width))));
  return {
    values: Float64Array.from(results, ([value]) => value),
    denominators: { mean: count },
    terms: { value: terms, slope: terms },
    grads: (upstream) =>
      Object.fromEntries(
        names.map((name, k) => {
          const parts = results.map((result, n) => (result[k + 1] as Float64Array).map((slope) => slope * (upstream[n] as number)));
          return [name, Float64Array.from(parts.flatMap((part) => [...part]))];
        }),
      ),
  };
}

export function contrastive({ target, ...inputs }: Args, options: Options): Reference {
  const margin = numberOption(options, "margin", 1);
  const eps = numberOption(options, "eps", 1e-6);
  return rows(inputs, ["input1", "input2"], (n, a = new Float64Array(), b = new Float64Array()) => {
    const v = a.map((c, i) => c - (b[i] as number) + eps);
    const d = Math.sqrt(v.reduce((total, c) => total + c * c, 0));
    const y = target?.data[n];
    const short = Math.max(0, margin - d);
    const factor = y === 1 ? 2 : y === -1 && d > 0 ? (-2 * short) / d : 0;
    return [y === 1 ? d * d : y === -1 ? short * short : 0, v.map((c) => factor * c), v.map((c) => -factor * c)];
  });
}

/** Dice is Tversky with ½ and ½. */
export function tversky(args: Args, options: Options): Reference {
  const [alpha, beta, smooth] = [numberOption(options, "alpha", 0.5), numberOption(options, "beta", 0.5), numberOption(options, "smooth", 1)];
  const { shape } = argument(args, "input");
  const [groups, length] = [(shape[0] as number) * (shape[1] as number), shape.slice(2).reduce((total, axis) => total * axis, 1)];
  const flat = Object.fromEntries(Object.entries(args).map(([name, { data }]) => [name, t(data, [groups, length])]));
  return rows(flat, ["input"], (_, x = new Float64Array(), y = new Float64Array()) => {
    const p = options.fromLogits ? x.map(sigmoid) : x;
    const total = (of: (p: number, y: number) => number) => p.reduce((before, v, i) => before + of(v, y[i] as number), 0);
    const top = total((v, w) => v * w) + smooth;
    const below = top + alpha * total((v, w) => v * (1 - w)) + beta * total((v, w) => (1 - v) * w);
    const slope = (w: number) => -(w * below - top * (w + alpha * (1 - w) - beta * w)) / below ** 2;
    return [1 - top / below, x.map((v, i) => slope(y[i] as number) * (options.fromLogits ? sigmoid(v) * sigmoid(-v) : 1))];
  });
}

export function distillation(args: Args, options: Options): Reference {
  const [beta, temperature] = [numberOption(options, "beta", 0.5), numberOption(options, "temperature", 1)];
  const logSoftmax = (x: Float64Array) => {
    const z = x.map((v) => v / temperature);
    const top = Math.max(...z);
    const lse = top + Math.log(z.reduce((total, v) => total + Math.exp(v - top), 0));
    return z.map((v) => v - lse);
  };
  return rows(args, ["student"], (_, student = new Float64Array(), teacher = new Float64Array()) => {
    const [S, Q] = [logSoftmax(student), logSoftmax(teacher)];
    const M = S.map((s, i) => Math.log((1 - beta) * Math.exp(s) + beta * Math.exp(Q[i] as number)));
    const kl = (a: Float64Array, b: Float64Array) => a.reduce((total, v, i) => (Math.exp(v) === 0 ? total : total + Math.exp(v) * (v - (b[i] as number))), 0);
    const against = beta === 1 ? Q : M;
    const own = kl(S, against);
    const value = beta === 0 ? kl(Q, S) : beta === 1 ? own : beta * kl(Q, M) + (1 - beta) * own;
    const slope = (s: number, i: number) => {
      if (beta === 0) return Math.exp(s) - Math.exp(Q[i] as number);
      return Math.exp(s) === 0 ? 0 : (beta === 1 ? 1 : 1 - beta) * Math.exp(s) * (s - (against[i] as number) - own);
    };
    return [value, S.map((s, i) => slope(s, i) / temperature)];
  });
}

/** Box IoU losses, their slopes by the chain rule edge by edge: each quantity carries its four partial derivatives. */
export const boxIou =
  (kind: "generalized" | "distance" | "complete") =>
  (args: Args, options: Options): Reference => {
    const eps = numberOption(options, "eps", 1e-7);
    type Dual = readonly number[]; // value, then the slopes by x1 y1 x2 y2
    const dual = (v: number, k = -1): Dual => [v, 0, 0, 0, 0].map((u, i) => (i === k + 1 && k >= 0 ? 1 : u));
    const at = (u: Dual, i: number) => u[i] as number;
    const lin = (u: Dual, p: number, v: Dual, q: number): Dual => u.map((c, i) => p * c + q * at(v, i));
    const times = (u: Dual, v: Dual): Dual => u.map((c, i) => (i === 0 ? c * at(v, 0) : c * at(v, 0) + at(u, 0) * at(v, i)));
    const over = (u: Dual, v: Dual): Dual => u.map((c, i) => (i === 0 ? c / at(v, 0) : (c - (at(u, 0) / at(v, 0)) * at(v, i)) / at(v, 0)));
    const most = (u: Dual, v: Dual): Dual => (at(u, 0) > at(v, 0) ? u : at(u, 0) < at(v, 0) ? v : lin(u, 0.5, v, 0.5));
    const least = (u: Dual, v: Dual): Dual => (at(u, 0) < at(v, 0) ? u : at(u, 0) > at(v, 0) ? v : lin(u, 0.5, v, 0.5));
    const minus = (u: Dual, v: Dual) => lin(u, 1, v, -1);
    const plus = (u: Dual, v: Dual) => lin(u, 1, v, 1);
    const atan = (u: Dual): Dual => u.map((c, i) => (i === 0 ? Math.atan(c) : c / (1 + at(u, 0) ** 2)));
    return rows(args, ["input"], (_, box = new Float64Array(), other = new Float64Array()) => {
      const [x1, y1, x2, y2] = Array.from(box, dual) as [Dual, Dual, Dual, Dual];
      const [s1, t1, s2, t2] = Array.from(other, (v) => dual(v)) as [Dual, Dual, Dual, Dual];
      const [inX, inY] = [minus(least(x2, s2), most(x1, s1)), minus(least(y2, t2), most(y1, t1))];
      const I = at(inX, 0) > 0 && at(inY, 0) > 0 ? times(inX, inY) : dual(0);
      const U = minus(plus(times(minus(x2, x1), minus(y2, y1)), times(minus(s2, s1), minus(t2, t1))), I);
      const iou = over(I, plus(U, dual(eps)));
      const [hullX, hullY] = [minus(most(x2, s2), least(x1, s1)), minus(most(y2, t2), least(y1, t1))];
      let loss = minus(dual(1), iou);
      if (kind === "generalized") {
        const A = times(hullX, hullY);
        loss = plus(loss, over(minus(A, U), plus(A, dual(eps))));
      } else {
        const [dx, dy] = [lin(plus(x1, x2), 0.5, plus(s1, s2), -0.5), lin(plus(y1, y2), 0.5, plus(t1, t2), -0.5)];
        loss = plus(loss, over(plus(times(dx, dx), times(dy, dy)), plus(plus(times(hullX, hullX), times(hullY, hullY)), dual(eps))));
        if (kind === "complete") {
          const angle = minus(atan(over(minus(s2, s1), minus(t2, t1))), atan(over(minus(x2, x1), minus(y2, y1))));
          const v = lin(times(angle, angle), 4 / Math.PI ** 2, dual(0), 0);
          const alpha = at(v, 0) / (1 - at(iou, 0) + at(v, 0) + eps);
          loss = lin(loss, 1, v, alpha);
        }
      }
      return [at(loss, 0), Float64Array.from(loss.slice(1))];
    });
  };

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
/** v of a square and a box twice as wide as high. */
const ASPECT = (4 / Math.PI ** 2) * (Math.atan(2) - Math.PI / 4) ** 2;
const none = { reduction: "none" };
const { LN2 } = Math;

export const beyond: readonly Point[] = [
  {
    title: "sigmoidFocal at x = 0: 1 − p_t = ½",
    loss: "sigmoidFocalLoss",
    args: [t([0, 0]), t([1, 0])],
    options: none,
    value: [0.0625 * LN2, 0.1875 * LN2],
    // α (γ m (−p q) bce − m² q) = ¼ (−¼ ln 2 − ⅛), and the mirror image with 1 − α
    grad: { input: [-0.25 * (0.25 * LN2 + 0.125), 0.75 * (0.25 * LN2 + 0.125)] },
  },
  {
    title: "sigmoidFocal of the wrong sign, far out: the logit itself",
    loss: "sigmoidFocalLoss",
    args: [t([100, -100, 1000]), t([0, 1, 0])],
    options: { ...none, alpha: -1 },
    value: [100, 100, 1000],
    grad: { input: [1, -1, 1] },
  },
  {
    title: "sigmoidFocal of the right sign, far out: nothing, for any γ",
    loss: "sigmoidFocalLoss",
    args: [t([1000, -1000]), t([1, 0])],
    options: { ...none, gamma: 0.5 },
    value: [0, 0],
    grad: { input: [0, 0] },
    exact: true,
  },
  {
    title: "sigmoidFocal, γ = 0, α off is bceWithLogits",
    loss: "sigmoidFocalLoss",
    args: [t([0, 1000, -1000, nan]), t([1, 1, 1, 1])],
    options: { ...none, gamma: 0, alpha: -1 },
    value: [LN2, 0, 1000, nan],
    grad: { input: [-0.5, 0, -1, nan] },
  },
  { title: "sigmoidFocal, alpha −0.5", loss: "sigmoidFocalLoss", args: [t([0]), t([1])], options: { alpha: -0.5 }, throws: "a number in [0, 1], or -1" },
  {
    title: "pinball on both sides and at d = 0",
    loss: "pinballLoss",
    args: [t([0, 2, 1, nan]), t([1, 1, 1, 1])],
    options: { ...none, quantile: 0.75 },
    value: [0.75, 0.25, 0, nan],
    grad: { input: [-0.75, 0.25, -0.25, -0.5] },
    exact: true,
  },
  { title: "pinball, quantile 1", loss: "pinballLoss", args: [t([0]), t([1])], options: { quantile: 1 }, throws: "(0, 1)" },
  {
    title: "logCosh of a difference of 2⁻¹³: d² / 2 − d⁴ / 12",
    loss: "logCoshLoss",
    args: [t([2 ** -13]), t([0])],
    options: none,
    value: [2 ** -27 * (1 - 2 ** -26 / 6)],
    grad: { input: [2 ** -13 * (1 - 2 ** -26 / 3)] },
  },
  {
    title: "logCosh at 0, far out, NaN",
    loss: "logCoshLoss",
    args: [t([0, 1000, -1000, inf, nan]), t([0, 0, 0, 0, 0])],
    options: none,
    value: [0, 1000 - LN2, 1000 - LN2, inf, nan],
    grad: { input: [0, 1, -1, 1, nan] },
  },
  {
    title: "dpo where policy and reference agree",
    loss: "dpoLoss",
    args: [t([-3]), t([-5]), t([-4]), t([-6])],
    value: LN2,
    grad: { policyChosen: [-0.05], policyRejected: [0.05] },
  },
  {
    title: "dpo far out, smoothed: a line on both sides",
    loss: "dpoLoss",
    args: [t([2000, -2000]), t([0, 0]), t([0, 0]), t([0, 0])],
    options: { ...none, beta: 0.5, labelSmoothing: 0.25 },
    value: [250, 750],
    grad: { policyChosen: [0.125, -0.375], policyRejected: [-0.125, 0.375] },
  },
  {
    title: "contrastive: similar, too near, far enough, another target",
    loss: "contrastiveLoss",
    args: [t([3, 0.75, 3, 1], [4, 1]), t([1, 0.5, 0, 0], [4, 1]), t([1, -1, -1, 0])],
    options: { ...none, eps: 0 },
    value: [4, 0.5625, 0, 0],
    grad: { input1: [4, -1.5, 0, 0], input2: [-4, 1.5, 0, 0] },
    exact: true,
  },
  {
    title: "contrastive at a distance of 0 and of the margin",
    loss: "contrastiveLoss",
    args: [t([1, 1, 3, 4], [2, 2]), t([1, 1, 0, 0], [2, 2]), t([-1, -1])],
    options: { ...none, eps: 0, margin: 5 },
    value: [25, 0],
    grad: { input1: [0, 0, 0, 0], input2: [0, 0, 0, 0] },
  },
  {
    title: "generalizedBoxIou: half of each, apart, the same box",
    loss: "generalizedBoxIouLoss",
    args: [t([0, 0, 2, 1, 0, 0, 1, 1, 0, 0, 2, 2], [3, 4]), t([1, 0, 3, 1, 3, 0, 4, 1, 0, 0, 2, 2], [3, 4])],
    options: { ...none, eps: 0 },
    value: [2 / 3, 1.5, 0],
  },
  {
    title: "distanceBoxIou: half of each, apart",
    loss: "distanceBoxIouLoss",
    args: [t([0, 0, 2, 1, 0, 0, 1, 1], [2, 4]), t([1, 0, 3, 1, 3, 0, 4, 1], [2, 4])],
    options: { ...none, eps: 0 },
    value: [2 / 3 + 0.1, 1 + 9 / 17],
  },
  {
    title: "completeBoxIou: a square on its double in width; a box without area",
    loss: "completeBoxIouLoss",
    args: [t([0, 0, 1, 1, 1, 1, 1, 1], [2, 4]), t([0, 0, 2, 1, 0, 0, 1, 1], [2, 4])],
    options: { ...none, eps: 0 },
    value: [0.55 + ASPECT ** 2 / (0.5 + ASPECT), nan],
  },
  {
    title: "completeBoxIou, corners the wrong way round",
    loss: "completeBoxIouLoss",
    args: [t([0, 0, 1, 1, 0, 2, 1, 1], [2, 4]), t([0, 0, 2, 1, 0, 0, 1, 1], [2, 4])],
    throws: "row 1 expected y2 >= y1, got [0, 2, 1, 1]",
  },
  {
    title: "dice: a half and a whole, nothing at all",
    loss: "diceLoss",
    args: [t([0.5, 1, 0, 0], [1, 2, 2]), t([1, 1, 0, 0], [1, 2, 2])],
    options: none,
    // TP 1.5, FN 0.5: 1 − 2.5 / 2.75; slopes −(2.75 − 2.5 · ½) / 2.75², ½ / 1 for targets of 0
    value: [1 / 11, 0],
    grad: { input: [-1.5 / 2.75 ** 2, -1.5 / 2.75 ** 2, 0.5, 0.5] },
  },
  {
    title: "tversky of one element, not smoothed: only what was missed",
    loss: "tverskyLoss",
    args: [t([0.5], [1, 1]), t([1], [1, 1])],
    options: { ...none, alpha: 3, beta: 1, smooth: 0 },
    value: [0.5],
    grad: { input: [-1] },
  },
  { title: "tversky of (N)", loss: "tverskyLoss", args: [t([0.5]), t([1])], throws: "shape (N, C, d1 …)" },
  ...[0, 0.5, 1].map((beta) => ({
    title: `distillation of equal logits, some masked, beta ${beta}`,
    loss: "distillationLoss",
    args: [t([1, -inf, 2, 1000], [1, 4]), t([1, -inf, 2, 1000], [1, 4])],
    options: { ...none, beta },
    value: [0],
    grad: { student: [0, 0, 0, 0] },
  })),
  {
    title: "distillation of a sure teacher, beta 0: the cross entropy",
    loss: "distillationLoss",
    args: [t([0, 0], [1, 2]), t([0, -inf], [1, 2])],
    options: { ...none, beta: 0 },
    value: [LN2],
    grad: { student: [-0.5, 0.5] },
  },
  { title: "dpo of (1, 1)", loss: "dpoLoss", args: [1, 2, 3, 4].map((v) => t([v], [1, 1])), throws: "shape (N)" },
];
