/**
 * Arguments for the rows of the table: shapes in which a length decides where loops end, and random tensors that fit them and lie on no kink.
 */
import { logSoftmax } from "./operations.js";
import type { Random } from "./random.js";
import { type Args, argument, classes, sizeOf, type Tensor, tensor } from "./tensor.js";

export type Shape = readonly number[];

/** One element is also a tensor without an axis. */
export const line = (length: number): Shape[] => (length === 1 ? [[1], []] : [[length]]);
/** Long in the last axis, long in the first: for weights that broadcast along one of them. */
export const grids = (length: number): Shape[] => [...line(length), [2, length], [length, 3]];
export const firstAxis = (shape: Shape): Shape => shape.map((extent, axis) => (axis === 0 ? extent : 1));
/** Single sample, long rows, many rows, classes apart in memory. No classes at all are no case. */
export const classShapes = (length: number): Shape[] =>
  length === 0
    ? [
        [0, 5],
        [2, 5, 0],
      ]
    : [[length], [2, length], [length, 3], [2, 3, length], [2, length, 3]];
export const vectorShapes = (length: number): Shape[] =>
  length === 0
    ? [
        [0, 5],
        [2, 0],
      ]
    : [[length], [2, length], [length, 3]];
export const sliceShapes = (length: number): Shape[] =>
  length === 0
    ? [[0, 5]]
    : [
        [2, length],
        [length, 3],
      ];

export const normals = (...names: string[]) => {
  return (random: Random, shape: Shape): Args => Object.fromEntries(names.map((name) => [name, random.normal(shape)]));
};
export const withSigns = (random: Random, shape: Shape): Args => ({ ...normals("input1", "input2")(random, shape), target: random.signs(shape) });
export const logs = (random: Random, shape: Shape): Tensor => random.uniform(shape, -5, -0.01);

const classCount = (shape: Shape) => (shape.length > 1 ? shape[1] : shape[0]) as number;
const targetShape = (shape: Shape) => (shape.length > 1 ? [shape[0] as number, ...shape.slice(2)] : []);
export const classWeight = (random: Random, shape: Shape) => ({ weight: random.uniform([classCount(shape)], 0.1, 2) });
export const withClasses = (random: Random, shape: Shape): Args => ({
  input: random.normal(shape, 2),
  target: random.classes(targetShape(shape), classCount(shape)),
});
/** About a third of the targets are the default ignoreIndex, but never the first: a mean of nothing is tested by name elsewhere. */
export const withIgnored = (random: Random, shape: Shape): Args => {
  const { input, target } = withClasses(random, shape) as { input: Tensor; target: Tensor };
  const some = target.data.map((y, n) => (n > 0 && random.integer(3) === 0 ? -100 : y));
  return { input, target: classes(some, target.shape) };
};
/** For variants that ignore class 1: the first target is another. */
export const firstIsKept = (random: Random, shape: Shape): Args => {
  const { input, target } = withClasses(random, shape) as { input: Tensor; target: Tensor };
  return {
    input,
    target: classes(
      target.data.map((y, n) => (n === 0 ? 0 : y)),
      target.shape,
    ),
  };
};
export const withProbabilities = (random: Random, shape: Shape): Args => ({ input: random.normal(shape, 2), target: random.probabilities(shape) });
export const ignoring = (random: Random, shape: Shape) => ({ ...classWeight(random, shape), ignoreIndex: classCount(shape) > 1 ? 1 : -7 });

export const ofVectors = (random: Random, shape: Shape): Args => ({
  ...normals("input1", "input2")(random, shape),
  target: random.signs(shape.slice(0, -1)),
});
export const withUnknownTargets = (random: Random, shape: Shape): Args => {
  const args = ofVectors(random, shape);
  return {
    ...args,
    target: tensor(
      argument(args, "target").data.map((y, n) => (n % 3 === 1 ? 0 : y)),
      shape.slice(0, -1),
    ),
  };
};

/** (C) and (N, C), without classes apart in memory: the multi-margin losses know no other. */
export const rowShapes = (length: number): Shape[] => (length === 0 ? [[0, 5]] : [[length], [2, length], [length, 3]]);

/** Lists of up to six different classes, most of them ended by −1; what follows that is never looked at. */
export const withLists = (random: Random, shape: Shape): Args => {
  const count = shape[shape.length - 1] as number;
  const lists = Array.from({ length: sizeOf(shape) / count || 0 }, () => {
    const own = new Set(Array.from({ length: random.integer(Math.min(count, 6) + 1) }, () => random.integer(count)));
    return [...own, -1, ...Array(count).fill(30_000)].slice(0, count);
  });
  return { input: random.normal(shape, 2), target: classes(lists.flat(), shape) };
};

export const withLabels = (random: Random, shape: Shape): Args => ({ input: random.normal(shape, 3), target: random.uniform(shape, 0, 1) });

/** Arguments of their own shapes, which broadcast to the drawn one. */
export const shaped = (of: Readonly<Record<string, (random: Random, shape: Shape) => Tensor>>) => {
  return (random: Random, shape: Shape): Args => Object.fromEntries(Object.entries(of).map(([name, make]) => [name, make(random, shape)]));
};
export const lastAxis = (shape: Shape): Shape => shape.slice(-1);
/** The shape with an axis of length 1. */
export const flatAt = (shape: Shape, axis: number): Shape => shape.map((extent, own) => (own === axis ? 1 : extent));

export const counts = (random: Random, shape: Shape): Tensor => random.uniform(shape, 0, 4);
export const rates = (random: Random, shape: Shape): Tensor => random.uniform(shape, 0.05, 3);
export const signs = (random: Random, shape: Shape): Tensor => random.signs(shape);
export const normal = (random: Random, shape: Shape): Tensor => random.normal(shape);

type Reshape = (shape: Shape) => Shape;
const same: Reshape = (shape) => shape;
/** Variances away from every eps, in a shape that follows from the input's; and so the target. */
export const gaussian = (ofVariance = same, ofTarget = same) =>
  shaped({ input: normal, target: (r, shape) => r.normal(ofTarget(shape)), var: (r, shape) => r.uniform(ofVariance(shape), 0.25, 2) });

/** (T, C), (T, N, C): many times, many classes. Without times only empty targets have a path. */
export const timeShapes = (length: number): Shape[] =>
  length === 0
    ? [
        [0, 2, 5],
        [5, 0, 4],
      ]
    : [
        [length, 4],
        [length, 2, 5],
        [6, 3, length],
      ];

export interface CtcForm {
  /** From the number of classes; 0 by default. */
  readonly blank?: (count: number) => number;
  /** All labels one after the other instead of rows that are padded. */
  readonly concatenated?: boolean;
  /** Times that end before T; targets without a label. */
  readonly short?: boolean;
  /** Every second sample has more labels than times. */
  readonly infeasible?: boolean;
}

/** Labels that are no blank, up to half as many as there are times but never more than 33: as many states as two vectors of two accumulators. */
export function ctcMaker({ blank = () => 0, concatenated = false, short = false, infeasible = false }: CtcForm = {}) {
  return (random: Random, shape: Shape): Args => {
    const [steps, count] = [shape[0] as number, shape[shape.length - 1] as number];
    const batch = shape.length === 3 ? (shape[1] as number) : 1;
    const most = count === 1 ? 0 : Math.min(Math.floor(steps / 2), steps > 100 ? 9 : 33);
    const labelsOf = (length: number) => Array.from({ length }, () => (blank(count) + 1 + random.integer(count - 1)) % count);
    const samples = Array.from({ length: batch }, (_, n) => {
      const labels = labelsOf(short ? random.integer(most + 1) : most);
      const needed = labels.length + labels.filter((y, i) => y === labels[i - 1]).length;
      // A label more than fits, from one time less.
      if (infeasible && n % 2 === 0 && labels.length > 0) return { labels, times: labels.length - 1 };
      // Repeated labels need blanks between them; where there is no room for those, fewer labels.
      const kept = needed > steps ? labels.slice(0, Math.ceil(steps / 2)) : labels;
      const least = Math.min(steps, 2 * kept.length);
      return { labels: kept, times: short ? least + random.integer(steps - least + 1) : steps };
    });
    const width = Math.max(0, ...samples.map(({ labels }) => labels.length)) + 1;
    const padded = samples.map(({ labels }) => [...labels, ...Array(width - labels.length).fill(-1)]);
    const targets = concatenated || shape.length === 2 ? classes(samples.flatMap(({ labels }) => labels)) : classes(padded.flat(), [batch, width]);
    const lengths = (of: number[]) => classes(of, shape.length === 3 ? [batch] : []);
    const logits = random.normal(shape, 2);
    const logProbs = logSoftmax({ input: logits }, { dim: -1 }).map(Math.fround);
    return {
      logProbs: tensor(logProbs, shape),
      targets,
      inputLengths: lengths(samples.map(({ times }) => times)),
      targetLengths: lengths(samples.map(({ labels }) => labels.length)),
    };
  };
}

/** CTC's gradient is that of the logits behind the log-probabilities: this takes either for the latter, to the last digit of a double. */
export const normalised = (args: Args): Args => {
  const logProbs = argument(args, "logProbs");
  return { ...args, logProbs: { ...logProbs, data: logSoftmax({ input: logProbs }, { dim: -1 }) } };
};

/** Two sets of vectors: the drawn shape is the first's, or the second's. */
export const crowds =
  (which: "first" | "second") =>
  (random: Random, shape: Shape): Args => {
    const other = [3, shape[1] as number];
    return which === "first" ? { input1: random.normal(shape), input2: random.normal(other) } : { input1: random.normal(other), input2: random.normal(shape) };
  };
export const crowdsOfBatches = (random: Random, shape: Shape): Args => ({
  input1: random.normal([2, 1, ...shape]),
  input2: random.normal([3, 2, shape[1] as number]),
});
