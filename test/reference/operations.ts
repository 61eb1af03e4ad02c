/**
 * The operations (spec/semantics.md 2.23): values only, so that a reference is just its output, flat.
 */
import { commonShape } from "./broadcast.js";
import { gather, logSoftmaxOf, slices } from "./classes.js";
import { type Args, argument, broadcastIndex, numberOption, type Options, sizeOf, sum, type Tensor } from "./tensor.js";
import { norm } from "./vectors.js";

const axisOf = (dim: number, rank: number): number => (dim < 0 ? dim + Math.max(rank, 1) : dim);

/** Replaces every slice along `dim` by what `change` makes of it. */
function alongAxis(input: Tensor, dim: number, change: (slice: Float64Array) => Float64Array): Float64Array {
  const { samples, count, at } = slices(input.shape, axisOf(dim, input.shape.length));
  const out = new Float64Array(input.data.length);
  for (let n = 0; n < samples; n++) {
    change(gather(input.data, count, (c) => at(n, c))).forEach((v, c) => {
      out[at(n, c)] = v;
    });
  }
  return out;
}

export const softmax = (args: Args, options: Options): Float64Array =>
  alongAxis(argument(args, "input"), options.dim as number, (slice) => logSoftmaxOf(slice).map(Math.exp));

export const logSoftmax = (args: Args, options: Options): Float64Array => alongAxis(argument(args, "input"), options.dim as number, logSoftmaxOf);

function logSumExpOf(slice: Float64Array): number {
  const largest = slice.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  // Nothing, or only −inf: log 0. A +inf would give inf − inf below; a NaN has won the maximum already.
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(sum(slice.map((v) => Math.exp(v - largest))));
}

/** Over any list of axes: gathers for each output element the inputs that share its kept coordinates. */
export function logSumExp(args: Args, options: Options): Float64Array {
  const { shape, data } = argument(args, "input");
  const axes = [options.dim as number | number[]].flat().map((dim) => axisOf(dim, shape.length));
  const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const groups: number[][] = Array.from({ length: sizeOf(kept) }, () => []);
  data.forEach((value, index) => {
    let rest = index;
    let place = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis] as number;
      if (!axes.includes(axis)) place += (rest % extent) * stride;
      stride *= kept[axis] as number;
      rest = Math.floor(rest / extent);
    }
    (groups[place] as number[]).push(value);
  });
  return Float64Array.from(groups, (group) => logSumExpOf(Float64Array.from(group)));
}

/** Every pair of slices along `dim`, folded into one number. */
function pairs(args: Args, dim: number, fold: (a: Float64Array, b: Float64Array) => number): Float64Array {
  const first = argument(args, "input1");
  const second = argument(args, "input2");
  const { samples, count, at } = slices(first.shape, axisOf(dim, first.shape.length));
  const slice = (from: Tensor, n: number) => gather(from.data, count, (c) => at(n, c));
  return Float64Array.from({ length: samples }, (_, n) => fold(slice(first, n), slice(second, n)));
}

export function pairwiseDistance(args: Args, options: Options): Float64Array {
  const eps = numberOption(options, "eps", 1e-6);
  return pairs(args, -1, (a, b) =>
    norm(
      a.map((c, i) => c - (b[i] as number) + eps),
      numberOption(options, "p", 2),
    ),
  );
}

export function cosineSimilarity(args: Args, options: Options): Float64Array {
  const eps = numberOption(options, "eps", 1e-8);
  const lines = ["input1", "input2"].every((name) => argument(args, name).shape.length === 1);
  return pairs(args, numberOption(options, "dim", lines ? 0 : 1), (a, b) => {
    const dot = sum(a.map((c, i) => c * (b[i] as number)));
    return dot / (Math.max(norm(a, 2), eps) * Math.max(norm(b, 2), eps));
  });
}

/** Every vector of the first with every vector of the second; leading axes broadcast. */
export function cdist(args: Args, options: Options): Float64Array {
  const [first, second] = [argument(args, "input1"), argument(args, "input2")];
  const [rows, size] = first.shape.slice(-2) as [number, number];
  const columns = second.shape[second.shape.length - 2] as number;
  const leads = [first.shape.slice(0, -2), second.shape.slice(0, -2)] as const;
  const shape = commonShape(leads);
  const [at1, at2] = [broadcastIndex(leads[0], shape), broadcastIndex(leads[1], shape)];
  const vector = ({ data }: Tensor, n: number) => data.subarray(n * size, (n + 1) * size);
  return Float64Array.from({ length: sizeOf(shape) * rows * columns }, (_, at) => {
    const k = Math.floor(at / (rows * columns));
    const a = vector(first, at1(k) * rows + (Math.floor(at / columns) % rows));
    const b = vector(second, at2(k) * columns + (at % columns));
    return norm(
      a.map((c, i) => c - (b[i] as number)),
      numberOption(options, "p", 2),
    );
  });
}

export function softshrink(args: Args, options: Options): Float64Array {
  const lambda = numberOption(options, "lambda", 0.5);
  return argument(args, "input").data.map((x) => (x > lambda ? x - lambda : x < -lambda ? x + lambda : Number.isNaN(x) ? x : 0));
}
