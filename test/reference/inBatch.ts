/**
 * In-batch losses: naive references in doubles with the whole matrix, written from SEMANTICS.md's definitions. Their points: points-inBatch.ts.
 */
import { logSigmoid, sigmoid } from "./pointwise.js";
import { type Args, argument, largestFinite, numberOption, type Options, type Reference, type Tensor, tensorOption } from "./tensor.js";

type Matrix = number[][];

const rowsOf = ({ data, shape }: Tensor): Matrix =>
  Array.from({ length: shape[0] as number }, (_, i) => [...data.slice(i * (shape[1] as number), (i + 1) * (shape[1] as number))]);
const at = (m: Matrix, i: number, j: number): number => (m[i] as number[])[j] as number;
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((total, v, d) => total + v * (b[d] as number), 0);
const normOf = (a: readonly number[]): number => Math.sqrt(dot(a, a));
const flatten = (rows: Matrix): Float64Array => Float64Array.from(rows.flat());
const zeros = (n: number, m: number): Matrix => Array.from({ length: n }, () => new Array<number>(m).fill(0));
const transposed = (m: Matrix): Matrix => (m[0] ?? []).map((_, j) => m.map((row) => row[j] as number));

/** log Σ e^s over the columns that count, and their softmax. */
function softmax(s: readonly number[], counts: (j: number) => boolean): { lse: number; p: number[] } {
  const top = s.reduce((most, v, j) => (counts(j) ? Math.max(most, v) : most), Number.NEGATIVE_INFINITY);
  const e = s.map((v, j) => (counts(j) ? Math.exp(v - top) : 0));
  const sum = e.reduce((total, v) => total + v, 0);
  return { lse: top + Math.log(sum), p: e.map((v) => v / sum) };
}

/** The losses of a matrix of logits, and the slopes of Σ upstream · loss by each logit. */
interface OfMatrix {
  readonly values: readonly number[];
  slopes(upstream: Float64Array): Matrix;
  readonly count?: number;
}

function nce(s: Matrix, groups: Float64Array | undefined): OfMatrix {
  const rows = s.map((row, i) => softmax(row, (j) => i === j || !groups || groups[i] !== groups[j]));
  return {
    values: rows.map(({ lse }, i) => lse - at(s, i, i)),
    slopes: (upstream) => rows.map(({ p }, i) => p.map((v, j) => (upstream[i] as number) * (v - (i === j ? 1 : 0)))),
  };
}

/** The mean of a loss and of the same from the other side. */
function bothWays(s: Matrix, loss: (s: Matrix) => OfMatrix): OfMatrix {
  const [one, other] = [loss(s), loss(transposed(s))];
  return {
    values: one.values.map((v, i) => (v + (other.values[i] as number)) / 2),
    slopes: (upstream) => {
      const [g, h] = [one.slopes(upstream), transposed(other.slopes(upstream))];
      return g.map((row, i) => row.map((v, j) => (v + at(h, i, j)) / 2));
    },
  };
}

function pairwise(s: Matrix): OfMatrix {
  const z = (i: number, j: number) => (i === j ? 1 : -1);
  return {
    values: s.map((row, i) => row.reduce((total, v, j) => total - logSigmoid(z(i, j) * v), 0)),
    slopes: (upstream) => s.map((row, i) => row.map((v, j) => -(upstream[i] as number) * z(i, j) * sigmoid(-z(i, j) * v))),
  };
}

function supervised(s: Matrix, labels: Float64Array): OfMatrix {
  const positives = s.map((_, i) => s.map((__, j) => j).filter((j) => j !== i && labels[j] === labels[i]));
  const rows = s.map((row, i) => softmax(row, (j) => j !== i));
  return {
    values: rows.map(({ lse }, i) => {
      const own = positives[i] as number[];
      return own.length === 0 ? 0 : -own.reduce((total, p) => total + at(s, i, p) - lse, 0) / own.length;
    }),
    slopes: (upstream) =>
      rows.map(({ p }, i) => {
        const own = positives[i] as number[];
        return p.map((v, j) => (own.length === 0 ? 0 : (upstream[i] as number) * (v - (own.includes(j) ? 1 / own.length : 0))));
      }),
    count: positives.filter((own) => own.length > 0).length,
  };
}

function pairs(s: Matrix, labels: Float64Array): OfMatrix {
  const values = s.map(() => 0);
  const slopes = zeros(s.length, s.length);
  let count = 0;
  s.forEach((row, i) => {
    row.forEach((v, p) => {
      if (p === i || labels[p] !== labels[i]) return;
      count++;
      // among its negatives and itself
      const { lse, p: share } = softmax(row, (j) => j === p || labels[j] !== labels[i]);
      values[i] = (values[i] as number) + lse - v;
      share.forEach((w, j) => {
        (slopes[i] as number[])[j] = at(slopes, i, j) + w - (j === p ? 1 : 0);
      });
    });
  });
  return { values, slopes: (upstream) => slopes.map((row, i) => row.map((v) => (v === 0 ? 0 : v * (upstream[i] as number)))), count };
}

interface Form {
  readonly factor: number;
  readonly bias?: number;
  readonly normalize?: boolean;
  readonly loss: (s: Matrix) => OfMatrix;
}

/** Two sides by name, or one against itself; what there is beside them has its gradient by name, too. */
function reference(args: Args, names: readonly string[], { factor, bias = 0, normalize = false, loss }: Form): Reference {
  const given = names.map((name) => rowsOf(argument(args, name)));
  const norms = given.map((side) => side.map((row) => (normalize ? Math.max(normOf(row), 1e-12) : 1)));
  const sides = given.map((side, k) => side.map((row, i) => row.map((v) => v / at(norms, k, i))));
  const a = sides[0] as Matrix;
  const b = (sides[1] ?? a) as Matrix;
  const products = a.map((u) => b.map((v) => dot(u, v)));
  const found = loss(products.map((row) => row.map((p) => factor * p + bias)));
  // The error of a logit is that of a product of such norms; a softmax has all of it, times what a slope is multiplied by.
  const most = (m: Matrix): number => largestFinite(m.map(normOf));
  const logit = Math.abs(factor) * most(a) * most(b) + Math.abs(bias);
  const least = Math.min(1, ...norms.flat().filter((norm) => norm > 0));
  const slope = (Math.max(Math.abs(factor), a.length) * Math.max(most(a), most(b)) * (1 + logit)) / least;
  return {
    values: Float64Array.from(found.values),
    denominators: { mean: found.count ?? a.length },
    terms: { value: (2 * logit + Math.log(1 + b.length)) * Math.max(1, found.count ? b.length : 1), slope },
    grads: (upstream) => {
      const g = found.slopes(found.count === 0 ? new Float64Array(upstream.length) : upstream);
      const pulls = [a.map((u, i) => u.map((_, d) => factor * b.reduce((total, v, j) => total + at(g, i, j) * (v[d] as number), 0)))];
      const back = b.map((v, j) => v.map((_, d) => factor * a.reduce((total, u, i) => total + at(g, i, j) * (u[d] as number), 0)));
      if (names.length > 1) pulls.push(back);
      else pulls[0] = (pulls[0] as Matrix).map((row, i) => row.map((v, d) => v + at(back, i, d)));
      const grads = Object.fromEntries(
        names.map((name, k) => {
          const side = sides[k] as Matrix;
          const through = (pulls[k] as Matrix).map((pull, i) => {
            const norm = at(norms, k, i);
            const along = normalize && norm > 1e-12 ? dot(pull, side[i] as number[]) : 0;
            return pull.map((v, d) => (v - along * at(side, i, d)) / norm);
          });
          return [name, flatten(through)];
        }),
      );
      const total = (of: (i: number, j: number) => number) =>
        Float64Array.of(g.reduce((sum, row, i) => sum + row.reduce((part, _, j) => part + of(i, j), 0), 0));
      if (args.logitScale) grads.logitScale = total((i, j) => at(g, i, j) * at(products, i, j));
      if (args.logitBias) grads.logitBias = total((i, j) => at(g, i, j));
      return grads;
    },
  };
}

const scale = (args: Args, name: string): number => argument(args, name).data[0] as number;

export function infoNce(args: Args, options: Options): Reference {
  const groups = tensorOption(options, "groups")?.data;
  const loss = (s: Matrix) => nce(s, groups);
  const form = { factor: 1 / numberOption(options, "temperature", 0.07), normalize: options.normalize !== false };
  return reference(args, ["query", "key"], { ...form, loss: options.symmetric ? (s) => bothWays(s, loss) : loss });
}
export const clip = (args: Args): Reference =>
  reference(args, ["image", "text"], { factor: scale(args, "logitScale"), loss: (s) => bothWays(s, (one) => nce(one, undefined)) });
export const sigLip = (args: Args): Reference =>
  reference(args, ["image", "text"], { factor: scale(args, "logitScale"), bias: scale(args, "logitBias"), loss: pairwise });
const labelled =
  (loss: (s: Matrix, labels: Float64Array) => OfMatrix, temperature: number) =>
  (args: Args, options: Options): Reference =>
    reference(args, ["embeddings"], {
      factor: 1 / numberOption(options, "temperature", temperature),
      normalize: options.normalize !== false,
      loss: (s) => loss(s, argument(args, "labels").data),
    });
export const supCon = labelled(supervised, 0.1);
export const ntXent = labelled(pairs, 0.07);

export function batchHard(args: Args, options: Options): Reference {
  const rows = rowsOf(argument(args, "embeddings"));
  const labels = argument(args, "labels").data;
  const margin = numberOption(options, "margin", 1);
  const others = (i: number, same: boolean) => rows.map((_, j) => j).filter((j) => j !== i && (labels[j] === labels[i]) === same);
  const apart = (i: number, j: number) => normOf((rows[i] as number[]).map((v, d) => v - at(rows, j, d)));
  const found = rows.map((_, i) => {
    const [positives, negatives] = [others(i, true), others(i, false)];
    if (positives.length === 0 || negatives.length === 0) return { value: 0, slope: 0, positive: i, negative: i, anchor: false };
    // a NaN is the maximum and the minimum
    const worse = (d: number, best: number) => d > best || (Number.isNaN(d) && !Number.isNaN(best));
    const positive = positives.reduce((best, j) => (worse(apart(i, j), apart(i, best)) ? j : best));
    const negative = negatives.reduce((best, j) => (worse(-apart(i, j), -apart(i, best)) ? j : best));
    const difference = apart(i, positive) - apart(i, negative);
    const value = options.soft ? -logSigmoid(-difference) : Math.max(0, difference + margin);
    return { value, slope: options.soft ? sigmoid(difference) : difference + margin >= 0 ? 1 : 0, positive, negative, anchor: true };
  });
  const size = 1 + largestFinite(rows.map(normOf));
  return {
    values: Float64Array.from(found, ({ value }) => value),
    denominators: { mean: found.filter(({ anchor }) => anchor).length },
    terms: { value: 2 * size + Math.abs(margin), slope: rows.length * (1 + size) },
    grads: (upstream) => {
      const grad = rows.map((row) => row.map(() => 0));
      const pull = (i: number, j: number, g: number) => {
        const distance = apart(i, j);
        if (distance === 0) return;
        (rows[i] as number[]).forEach((v, d) => {
          const part = (g * (v - at(rows, j, d))) / distance;
          (grad[i] as number[])[d] = at(grad, i, d) + part;
          (grad[j] as number[])[d] = at(grad, j, d) - part;
        });
      };
      found.forEach(({ slope, positive, negative, anchor }, i) => {
        if (!anchor) return;
        pull(i, positive, slope * (upstream[i] as number));
        pull(i, negative, -slope * (upstream[i] as number));
      });
      return { embeddings: flatten(grad) };
    },
  };
}
