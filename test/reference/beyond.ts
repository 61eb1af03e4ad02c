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
    const slope = gamma === 0 ? 0 : gamma * missed ** (gamma - 1) * p * q * (1 - 2 * target) * bce;
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
  each(args, ["input"], (x, target) => [Math.abs(x - target) + Math.log1p(Math.exp(-2 * Math.abs(x - target))) - Math.LN2, Math.tanh(x - target)], 1);

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

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
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
  { title: "dpo of (1, 1)", loss: "dpoLoss", args: [1, 2, 3, 4].map((v) => t([v], [1, 1])), throws: "shape (N)" },
];
