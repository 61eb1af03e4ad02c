/**
 * The losses of one element: value and derivatives as spec/semantics.md states them, section by section, in plain double arithmetic.
 */
import { type Args, argument, broadcastIndex, largestFinite, numberOption, type Options, type Reference, sum, type Tensor, tensorOption } from "./tensor.js";

/** The constant of spec/semantics.md 2.7: 1e-12 rounded to float32, in float64 too. */
export const BCE_EPS = 9.999999960041972e-13;

type Denominators = (weight: Tensor | undefined, count: number) => Record<string, number>;
const elements: Denominators = (_weight, count) => ({ mean: count });
const weights: Denominators = (weight, count) => ({ mean: weight ? sum(weight.data) : count });

/** The value of element i and its derivatives in the order of the names. */
type Lane = (i: number) => readonly number[];

/** All that `lane` gives is multiplied by the (broadcast) weight. */
function pointwise(args: Args, names: readonly string[], lane: Lane, weight?: Tensor, denominators = elements): Reference {
  const { shape, data } = Object.values(args)[0] as Tensor;
  const weightIndex = weight && broadcastIndex(weight.shape, shape);
  const weightOf = (i: number) => (weight && weightIndex ? (weight.data[weightIndex(i)] as number) : 1);
  const values = new Float64Array(data.length);
  const partials = names.map(() => new Float64Array(data.length));
  for (let i = 0; i < data.length; i++) {
    const [value, ...slopes] = lane(i) as [number, ...number[]];
    values[i] = weightOf(i) * value;
    partials.forEach((partial, k) => {
      partial[i] = weightOf(i) * (slopes[k] as number);
    });
  }
  return {
    values,
    denominators: denominators(weight, data.length),
    grads: (upstream) =>
      Object.fromEntries(names.map((name, k) => [name, Float64Array.from(upstream, (g, i) => g * ((partials[k] as Float64Array)[i] as number))])),
  };
}

/** A loss of d = input − target: the target's derivative is the negative of the input's. */
function ofDifference(args: Args, lane: (d: number) => readonly [number, number], weight?: Tensor, denominators = elements): Reference {
  const x = argument(args, "input").data;
  const t = argument(args, "target").data;
  const both = (i: number) => {
    const [value, slope] = lane((x[i] as number) - (t[i] as number));
    return [value, slope, -slope];
  };
  return pointwise(args, ["input", "target"], both, weight, denominators);
}

/** As PyTorch's sign kernel computes it (spec/semantics.md 2.0): the sign of NaN is 0. */
export const signum = (v: number): number => (v > 0 ? 1 : 0) - (v < 0 ? 1 : 0);
/** log σ(x), stable on both sides; NaN goes through. */
export const logSigmoid = (x: number): number => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
export const sigmoid = (x: number): number => Math.exp(logSigmoid(x));
/** max(0, z) that lets NaN through, and where its gradient passes: z >= 0. */
export const hinge = (z: number): number => (z < 0 ? 0 : z);
export const hingePasses = (z: number): boolean => z >= 0;

export const l1 = (args: Args, options: Options): Reference => ofDifference(args, (d) => [Math.abs(d), signum(d)], tensorOption(options, "weight"), weights);

export const mse = (args: Args, options: Options): Reference => ofDifference(args, (d) => [d * d, 2 * d], tensorOption(options, "weight"), weights);

export function smoothL1(args: Args, options: Options): Reference {
  const beta = numberOption(options, "beta", 1);
  if (beta === 0) return ofDifference(args, (d) => [Math.abs(d), signum(d)]);
  return ofDifference(args, (d) => {
    const z = Math.abs(d);
    return [z < beta ? (0.5 * z * z) / beta : z - 0.5 * beta, d <= -beta ? -1 : d >= beta ? 1 : d / beta];
  });
}

export function huber(args: Args, options: Options): Reference {
  const delta = numberOption(options, "delta", 1);
  const lane = (d: number): [number, number] => {
    const z = Math.abs(d);
    return [z < delta ? 0.5 * z * z : delta * (z - 0.5 * delta), d <= -delta ? -delta : d >= delta ? delta : d];
  };
  return ofDifference(args, lane, tensorOption(options, "weight"));
}

export function bce(args: Args, options: Options): Reference {
  const input = argument(args, "input").data;
  const target = argument(args, "target").data;
  const lane = (i: number) => {
    const x = input[i] as number;
    const t = target[i] as number;
    const value = (t - 1) * Math.max(Math.log1p(-x), -100) - t * Math.max(Math.log(x), -100);
    return [value, (x - t) / Math.max((1 - x) * x, BCE_EPS)];
  };
  return pointwise(args, ["input"], lane, tensorOption(options, "weight"));
}

export function bceWithLogits(args: Args, options: Options): Reference {
  const input = argument(args, "input");
  const target = argument(args, "target").data;
  const positive = tensorOption(options, "posWeight");
  const positiveIndex = positive && broadcastIndex(positive.shape, input.shape);
  const lane = (i: number) => {
    const x = input.data[i] as number;
    const t = target[i] as number;
    const pw = positive && positiveIndex ? (positive.data[positiveIndex(i)] as number) : 1;
    const value = (1 - t) * x - (1 + (pw - 1) * t) * logSigmoid(x);
    // (pw·t + 1 − t)·σ(x) − pw·t, with 1 − σ(x) written σ(−x): the same without cancelling.
    const slope = (1 - t) * sigmoid(x) - pw * t * sigmoid(-x);
    return [value, slope, positive ? logSigmoid(-x) - pw * logSigmoid(x) : -x];
  };
  const terms = largestFinite(input.data) * Math.max(1, largestFinite(positive?.data ?? []));
  return { ...pointwise(args, ["input", "target"], lane, tensorOption(options, "weight")), terms: { value: terms, slope: terms } };
}

export function klDiv(args: Args, options: Options): Reference {
  const input = argument(args, "input");
  const target = argument(args, "target").data;
  const logTarget = options.logTarget === true;
  const lane = (i: number) => {
    const x = input.data[i] as number;
    const t = target[i] as number;
    if (logTarget) return [Math.exp(t) * (t - x), -Math.exp(t), Math.exp(t) * (t - x + 1)];
    const entropy = t === 0 ? 0 : t * Math.log(t);
    return [entropy - t * x, -t, t === 0 ? Number.NaN : Math.log(t) + 1 - x];
  };
  const denominators: Denominators = (_weight, count) => ({ mean: count, batchmean: input.shape.length === 0 ? 1 : (input.shape[0] as number) });
  const terms = 1 + largestFinite(input.data) + largestFinite(logTarget ? target : target.map(Math.log));
  return { ...pointwise(args, ["input", "target"], lane, undefined, denominators), terms: { value: terms, slope: terms } };
}

export function marginRanking(args: Args, options: Options): Reference {
  const [x1, x2, target] = ["input1", "input2", "target"].map((name) => argument(args, name).data) as [Float64Array, Float64Array, Float64Array];
  const margin = numberOption(options, "margin", 0);
  const lane = (i: number) => {
    const y = target[i] as number;
    const z = -y * ((x1[i] as number) - (x2[i] as number)) + margin;
    return hingePasses(z) ? [hinge(z), -y, y] : [hinge(z), 0, 0];
  };
  const terms = Math.abs(margin) + largestFinite(x1) + largestFinite(x2);
  return { ...pointwise(args, ["input1", "input2"], lane), terms: { value: terms, slope: 0 } };
}

export function hingeEmbedding(args: Args, options: Options): Reference {
  const [input, target] = [argument(args, "input").data, argument(args, "target").data];
  const margin = numberOption(options, "margin", 1);
  const lane = (i: number) => {
    const [x, t] = [input[i] as number, target[i] as number];
    // Anything beside ±1 gets both terms.
    const [below, above] = [t !== 1, t !== -1];
    return [(below ? hinge(margin - x) : 0) + (above ? x : 0), (above ? 1 : 0) - (below && hingePasses(margin - x) ? 1 : 0)];
  };
  const terms = Math.abs(margin) + 2 * largestFinite(input);
  return { ...pointwise(args, ["input"], lane), terms: { value: terms, slope: 0 } };
}

export function softMargin(args: Args): Reference {
  const [input, target] = [argument(args, "input").data, argument(args, "target").data];
  const lane = (i: number) => {
    const [x, t] = [input[i] as number, target[i] as number];
    return [-logSigmoid(t * x), -t * sigmoid(-t * x)];
  };
  return pointwise(args, ["input"], lane);
}

export function poissonNll(args: Args, options: Options): Reference {
  const [input, target] = [argument(args, "input").data, argument(args, "target").data];
  const eps = numberOption(options, "eps", 1e-8);
  const logInput = options.logInput !== false;
  const stirling = (t: number) => (options.full === true && t > 1 ? t * Math.log(t) - t + 0.5 * Math.log(2 * Math.PI * t) : 0);
  const lane = (i: number) => {
    const [x, t] = [input[i] as number, target[i] as number];
    return logInput ? [Math.exp(x) - t * x + stirling(t), Math.exp(x) - t] : [x - t * Math.log(x + eps) + stirling(t), 1 - t / (x + eps)];
  };
  // The two terms of a slope, and those of a value: e^x, t·x or t·log x, t·log t.
  const [largest, most] = [largestFinite(input), largestFinite(target)];
  const slope = logInput ? largestFinite(input.map(Math.exp)) + most : 1 + largestFinite(input.map((x, i) => (target[i] as number) / (x + eps)));
  const logs = Math.max(largest, largestFinite(input.map((x) => Math.log(x + eps))), Math.log(1 + most), 1);
  return { ...pointwise(args, ["input"], lane), terms: { value: slope + most * logs, slope } };
}

export function gaussianNll(args: Args, options: Options): Reference {
  const [input, target, variance] = ["input", "target", "var"].map((name) => argument(args, name).data) as [Float64Array, Float64Array, Float64Array];
  const eps = numberOption(options, "eps", 1e-6);
  const constant = options.full === true ? 0.5 * Math.log(2 * Math.PI) : 0;
  const clamped = variance.map((v) => Math.max(v, eps));
  const lane = (i: number) => {
    const d = (input[i] as number) - (target[i] as number);
    // Clamped outside the graph: the slope to var is that at the clamped value.
    const v = clamped[i] as number;
    return [0.5 * (Math.log(v) + (d * d) / v) + constant, d / v, -d / v, 0.5 * (1 / v - (d * d) / (v * v))];
  };
  const inverse = largestFinite(clamped.map((v) => 1 / v));
  const square = largestFinite(input.map((x, i) => (x - (target[i] as number)) ** 2));
  return {
    ...pointwise(args, ["input", "target", "var"], lane),
    terms: { value: 1 + largestFinite(clamped.map(Math.log)) + square * inverse, slope: inverse + square * inverse * inverse },
  };
}
