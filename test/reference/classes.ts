/**
 * The losses over classes (spec/semantics.md 2.5 and 2.6). The class axis is 1, or 0 for a single sample: element (n, c, d) lies at (n·C + c)·inner + d.
 */
import { type Args, argument, largestFinite, numberOption, type Options, type Reference, sizeOf, sum, tensorOption } from "./tensor.js";

/** Calls `visit` with every sample's number and the addresses of its classes. */
export function slices(shape: readonly number[], axis: number): { samples: number; count: number; at: (sample: number, c: number) => number } {
  const count = shape[axis] ?? 1;
  const inner = sizeOf(shape.slice(axis + 1));
  const samples = sizeOf(shape.slice(0, axis)) * inner;
  return { samples, count, at: (sample, c) => (Math.floor(sample / inner) * count + c) * inner + (sample % inner) };
}

/** log p of a slice, the maximum subtracted. A slice with a NaN, a +inf or nothing but −inf comes out NaN. */
export function logSoftmaxOf(x: Float64Array): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < x.length; c++) largest = Math.max(largest, x[c] as number);
  const rest = Math.log(sum(x.map((v) => Math.exp(v - largest))));
  return x.map((v) => v - largest - rest);
}

const zeros = (n: number) => new Float64Array(n);

/** The classes of one sample, side by side. */
export function gather(data: Float64Array, count: number, at: (c: number) => number): Float64Array {
  const slice = zeros(count);
  for (let c = 0; c < count; c++) slice[c] = data[at(c)] as number;
  return slice;
}

/** Slopes are w·(p − 1). */
const slopeTerms = (weight: Float64Array | undefined) => (weight ? largestFinite(weight) : 1);

export function nll(args: Args, options: Options): Reference {
  const input = argument(args, "input");
  const target = argument(args, "target").data;
  const weight = tensorOption(options, "weight")?.data;
  const ignore = Number(options.ignoreIndex ?? -100);
  const { samples, at } = slices(input.shape, input.shape.length > 1 ? 1 : 0);
  const weightOf = (y: number) => (weight ? (weight[y] as number) : 1);
  const kept = [...Array(samples).keys()].filter((n) => target[n] !== ignore);
  const values = zeros(samples);
  for (const n of kept) values[n] = -weightOf(target[n] as number) * (input.data[at(n, target[n] as number)] as number);
  return {
    values,
    denominators: { mean: sum(kept.map((n) => weightOf(target[n] as number))) },
    grads: (upstream) => {
      const grad = zeros(input.data.length);
      for (const n of kept) grad[at(n, target[n] as number)] = -weightOf(target[n] as number) * (upstream[n] as number);
      return { input: grad };
    },
  };
}

export function crossEntropy(args: Args, options: Options): Reference {
  return argument(args, "target").kind === "class" ? withClasses(args, options) : withProbabilities(args, options);
}

/** 2.6 (a) and (b): smoothing mixes in −Σ w log p, divided like the rest by the weights of the targets. */
function withClasses(args: Args, options: Options): Reference {
  const input = argument(args, "input");
  const target = argument(args, "target").data;
  const weight = tensorOption(options, "weight")?.data;
  const smoothing = numberOption(options, "labelSmoothing", 0);
  const ignore = Number(options.ignoreIndex ?? -100);
  const { samples, count, at } = slices(input.shape, input.shape.length > 1 ? 1 : 0);
  const weightOf = (c: number) => (weight ? (weight[c] as number) : 1);
  const weightSum = weight ? sum(weight) : count;
  const row = (n: number) => logSoftmaxOf(gather(input.data, count, (c) => at(n, c)));
  const kept = [...Array(samples).keys()].filter((n) => target[n] !== ignore);
  const values = zeros(samples);
  const terms = zeros(samples);
  for (const n of kept) {
    const logp = row(n);
    const y = target[n] as number;
    const picked = -weightOf(y) * (logp[y] as number);
    // lse − x_y, and what smoothing adds, all of one sign.
    const x = input.data[at(n, y)] as number;
    terms[n] = weightOf(y) * (Math.abs(x) + Math.abs(x - (logp[y] as number)));
    values[n] = smoothing === 0 ? picked : (1 - smoothing) * picked + (smoothing / count) * -sum(logp.map((l, c) => weightOf(c) * l));
  }
  return {
    values,
    denominators: { mean: sum(kept.map((n) => weightOf(target[n] as number))) },
    terms: { value: largestFinite(terms) + largestFinite(values), slope: slopeTerms(weight) },
    grads: (upstream) => {
      const grad = zeros(input.data.length);
      for (const n of kept) {
        const y = target[n] as number;
        row(n).forEach((l, c) => {
          const p = Math.exp(l);
          // p − 1 at the target: expm1 keeps its digits where p is near 1.
          const hard = (1 - smoothing) * weightOf(y) * (c === y ? Math.expm1(l) : p);
          grad[at(n, c)] = (upstream[n] as number) * (hard + (smoothing / count) * (p * weightSum - weightOf(c)));
        });
      }
      return { input: grad };
    },
  };
}

/** 2.6 (c): the denominator is the number of samples, whatever the weights. */
function withProbabilities(args: Args, options: Options): Reference {
  const input = argument(args, "input");
  const target = argument(args, "target").data;
  const weight = tensorOption(options, "weight")?.data;
  const smoothing = numberOption(options, "labelSmoothing", 0);
  const { samples, count, at } = slices(input.shape, input.shape.length > 1 ? 1 : 0);
  const weightOf = (c: number) => (weight ? (weight[c] as number) : 1);
  const row = (n: number) => logSoftmaxOf(gather(input.data, count, (c) => at(n, c)));
  const mixed = (n: number) => gather(target, count, (c) => at(n, c)).map((t, c) => weightOf(c) * ((1 - smoothing) * t + smoothing / count));
  const values = zeros(samples);
  const terms = zeros(samples);
  for (let n = 0; n < samples; n++) {
    const logp = row(n);
    const wanted = mixed(n);
    values[n] = -sum(wanted.map((t, c) => t * (logp[c] as number)));
    // t·(lse − x): the logits, each with its share, are what may cancel.
    terms[n] = sum(wanted.map((t, c) => Math.abs(t * (input.data[at(n, c)] as number))));
  }
  return {
    values,
    denominators: { mean: samples },
    terms: { value: largestFinite(terms) + largestFinite(values), slope: slopeTerms(weight) },
    grads: (upstream) => {
      const grad = { input: zeros(input.data.length), target: zeros(input.data.length) };
      for (let n = 0; n < samples; n++) {
        const g = upstream[n] as number;
        const wanted = mixed(n);
        const mass = sum(wanted);
        row(n).forEach((l, c) => {
          grad.input[at(n, c)] = g * (Math.exp(l) * mass - (wanted[c] as number));
          grad.target[at(n, c)] = g * -(1 - smoothing) * weightOf(c) * l;
        });
      }
      return grad;
    },
  };
}
