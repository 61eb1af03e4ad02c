/**
 * The losses of many classes at once (spec/semantics.md 2.16 to 2.18): the class axis is the last, a 1-D input is one sample.
 */
import { logSigmoid, sigmoid } from "./pointwise.js";
import { type Args, argument, broadcastIndex, largestFinite, numberOption, type Options, type Reference, sizeOf, sum, tensorOption } from "./tensor.js";

interface Rows {
  readonly samples: number;
  readonly count: number;
  readonly x: (n: number, c: number) => number;
}

function rowsOf(args: Args): Rows {
  const { data, shape } = argument(args, "input");
  const count = shape[shape.length - 1] as number;
  return { samples: sizeOf(shape.slice(0, -1)), count, x: (n, c) => data[n * count + c] as number };
}

/** The gradient of samples whose every row is `slopes(n)`, times its sample's upstream. */
const scaled =
  ({ samples, count }: Rows, slopes: readonly Float64Array[]) =>
  (upstream: Float64Array) => {
    const input = new Float64Array(samples * count);
    slopes.forEach((row, n) => {
      input.set(
        row.map((v) => v * (upstream[n] as number)),
        n * count,
      );
    });
    return { input };
  };

/** Σ over j of `chosen` and i outside it of max(0, margin − x_j + x_i)^p, over C: strictly above 0, so that a NaN adds nothing. */
function hinges(rows: Rows, n: number, chosen: readonly number[], margin: number, p: number, weight: number): { value: number; slopes: Float64Array } {
  const { count, x } = rows;
  const among = new Set(chosen);
  const slopes = new Float64Array(count);
  const values: number[] = [];
  for (const j of chosen) {
    const paid: number[] = [];
    for (let i = 0; i < count; i++) {
      const z = margin - x(n, j) + x(n, i);
      if (among.has(i) || !(z > 0)) continue;
      const slope = (weight * (p === 2 ? 2 * z : 1)) / count;
      values.push((weight * (p === 2 ? z * z : z)) / count);
      paid.push(slope);
      slopes[i] = (slopes[i] as number) + slope;
    }
    slopes[j] = (slopes[j] as number) - sum(paid);
  }
  return { value: sum(values), slopes };
}

export function multiMargin(args: Args, options: Options): Reference {
  const rows = rowsOf(args);
  const target = argument(args, "target").data;
  const weight = tensorOption(options, "weight")?.data;
  const [p, margin] = [numberOption(options, "p", 1), numberOption(options, "margin", 1)];
  const results = Array.from({ length: rows.samples }, (_, n) => {
    const y = target[n] as number;
    return hinges(rows, n, [y], margin, p, weight ? (weight[y] as number) : 1);
  });
  // A hinge is off by the rounding of its terms; squared, by that times twice itself.
  const hinge = Math.abs(margin) + 2 * largestFinite(argument(args, "input").data);
  const heaviest = weight ? largestFinite(weight) : 1;
  return {
    values: Float64Array.from(results, ({ value }) => value),
    denominators: { mean: rows.samples },
    terms: { value: heaviest * hinge ** p, slope: p === 2 ? 2 * heaviest * hinge : 0 },
    grads: scaled(
      rows,
      results.map(({ slopes }) => slopes),
    ),
  };
}

/** The classes of a row before its first −1. */
export function listOf(row: Float64Array): number[] {
  const end = row.indexOf(-1);
  return [...(end < 0 ? row : row.subarray(0, end))];
}

export function multiLabelMargin(args: Args): Reference {
  const rows = rowsOf(args);
  const { samples, count } = rows;
  const target = argument(args, "target").data;
  const results = Array.from({ length: samples }, (_, n) => hinges(rows, n, listOf(target.subarray(n * count, (n + 1) * count)), 1, 1, 1));
  const most = largestFinite(results.map(({ slopes }) => largestFinite(slopes)));
  return {
    values: Float64Array.from(results, ({ value }) => value),
    denominators: { mean: samples },
    terms: { value: 1 + 2 * largestFinite(argument(args, "input").data), slope: most },
    grads: scaled(
      rows,
      results.map(({ slopes }) => slopes),
    ),
  };
}

export function multiLabelSoftMargin(args: Args, options: Options): Reference {
  const rows = rowsOf(args);
  const { samples, count, x } = rows;
  const { shape, data } = argument(args, "input");
  const target = argument(args, "target").data;
  const weight = tensorOption(options, "weight");
  const place = weight && broadcastIndex(weight.shape, shape);
  const weightOf = (i: number) => (weight && place ? (weight.data[place(i)] as number) : 1);
  const each = (n: number, of: (x: number, t: number, w: number) => number): Float64Array =>
    Float64Array.from({ length: count }, (_, c) => of(x(n, c), target[n * count + c] as number, weightOf(n * count + c)));
  const samplesOf = (of: (n: number) => Float64Array) => Array.from({ length: samples }, (_, n) => of(n));
  const losses = samplesOf((n) => each(n, (v, t, w) => -w * (t * logSigmoid(v) + (1 - t) * logSigmoid(-v))));
  // σ(x) − t as (1 − t)·σ(x) − t·σ(−x): the same without cancelling.
  const slopes = samplesOf((n) => each(n, (v, t, w) => (w * ((1 - t) * sigmoid(v) - t * sigmoid(-v))) / count));
  const heaviest = weight ? largestFinite(weight.data) : 1;
  return {
    values: Float64Array.from(losses, (own) => sum(own) / count),
    denominators: { mean: samples },
    terms: { value: heaviest * (1 + largestFinite(data)), slope: heaviest / count },
    grads: scaled(rows, slopes),
  };
}
