/**
 * CTC (spec/semantics.md 2.21): the forward and backward recursions of Graves et al. (2006) over the labels with blanks between and around, in log space.
 * Each time's logarithms are taken relative to their largest, and those are summed apart, so that thousands of times cost no digits.
 */
import { type Args, argument, largestFinite, numberOption, type Options, type Reference, sum } from "./tensor.js";

const minf = Number.NEGATIVE_INFINITY;

function logSumOf(...terms: number[]): number {
  const largest = Math.max(...terms);
  if (largest === minf) return minf;
  return largest + Math.log(sum(terms.map((v) => Math.exp(v - largest))));
}

interface Table {
  /** For every time and state: its logarithm relative to the time's own largest. */
  readonly rows: Float64Array[];
  /** What was taken off up to and with each time. */
  readonly taken: number[];
}

/** log α: paths that come from the left, the emission at their own time included. `lp(t, s)` is the emission of state s. */
function forward(times: number, states: number, lp: (t: number, s: number) => number, skips: (s: number) => boolean): Table {
  const rows: Float64Array[] = [];
  const taken: number[] = [];
  for (let t = 0; t < times; t++) {
    const before = rows[t - 1];
    const reach = (s: number) => (before ? (before[s] ?? minf) : minf);
    const row = Float64Array.from({ length: states }, (_, s) => {
      const paths = t === 0 ? (s < 2 ? 0 : minf) : logSumOf(reach(s), reach(s - 1), skips(s) ? reach(s - 2) : minf);
      return paths + lp(t, s);
    });
    const largest = row.reduce((a, b) => Math.max(a, b), minf);
    rows.push(largest === minf ? row : row.map((v) => v - largest));
    taken.push(largest);
  }
  return { rows, taken };
}

interface Sample {
  readonly value: number;
  /** For each time before the end and each class: e^lp − (probability of the class at that time). */
  readonly slopes: Float64Array[];
}

function sampleOf(x: (t: number, c: number) => number, times: number, labels: readonly number[], count: number, blank: number): Sample {
  const classOf = (s: number) => (s % 2 === 0 ? blank : (labels[(s - 1) / 2] as number));
  const states = 2 * labels.length + 1;
  // A NaN goes through wherever the labels have it read, on a path to the end or not.
  const heard = [blank, ...labels].flatMap((c) => Array.from({ length: times }, (_, t) => x(t, c)));
  if (heard.some(Number.isNaN)) return { value: Number.NaN, slopes: Array.from({ length: times }, () => new Float64Array(count).fill(Number.NaN)) };
  if (times === 0) return { value: labels.length === 0 ? 0 : Number.POSITIVE_INFINITY, slopes: [] };
  // Over a blank a path may jump, but not from a label to the same one.
  const skips = (s: number) => s >= 2 && classOf(s) !== classOf(s - 2);
  const alpha = forward(times, states, (t, s) => x(t, classOf(s)), skips);
  // The same from the other end.
  const mirrored = (s: number) => states - 1 - s;
  const beta = forward(
    times,
    states,
    (t, s) => x(times - 1 - t, classOf(mirrored(s))),
    (s) => s >= 2 && classOf(mirrored(s)) !== classOf(mirrored(s - 2)),
  );
  const last = alpha.rows[times - 1] as Float64Array;
  const rest = logSumOf(last[states - 1] as number, states > 1 ? (last[states - 2] as number) : minf);
  const value = rest === minf ? Number.POSITIVE_INFINITY : -(sum(alpha.taken) + rest);
  const slopes = alpha.rows.map((row, t) => {
    // α·β counts the emission twice. All paths pass each time, so the states' shares add up to 1 there.
    const joint = row.map((a, s) => {
      const b = (beta.rows[times - 1 - t] as Float64Array)[mirrored(s)] as number;
      return a === minf || b === minf ? minf : a + b - x(t, classOf(s));
    });
    const all = logSumOf(...joint);
    const slope = Float64Array.from({ length: count }, (_, c) => (value === Number.POSITIVE_INFINITY ? Number.NaN : Math.exp(x(t, c))));
    joint.forEach((j, s) => {
      slope[classOf(s)] = (slope[classOf(s)] as number) - (j === minf ? 0 : Math.exp(j - all));
    });
    return slope;
  });
  return { value, slopes };
}

export function ctc(args: Args, options: Options): Reference {
  const { data, shape } = argument(args, "logProbs");
  const [targets, inputLengths, targetLengths] = ["targets", "inputLengths", "targetLengths"].map((name) => argument(args, name));
  if (!targets || !inputLengths || !targetLengths) throw new Error("unreachable");
  const count = shape[shape.length - 1] as number;
  const batch = shape.length === 3 ? (shape[1] as number) : 1;
  const forgives = options.zeroInfinity === true;
  let next = 0;
  const lengths = [...targetLengths.data];
  const samples = lengths.map((length, n) => {
    const start = targets.shape.length === 2 ? n * (targets.shape[1] as number) : next;
    next += length;
    const labels = [...targets.data.subarray(start, start + length)];
    const at = (t: number, c: number) => (t * batch + n) * count + c;
    const times = inputLengths.data[n] as number;
    return { at, ...sampleOf((t, c) => data[at(t, c)] as number, times, labels, count, numberOption(options, "blank", 0)) };
  });
  const isForgiven = (value: number) => forgives && value === Number.POSITIVE_INFINITY;
  return {
    values: Float64Array.from(samples, ({ value }) => (isForgiven(value) ? 0 : value)),
    denominators: { mean: batch },
    shares: { mean: Float64Array.from(lengths, (length) => 1 / Math.max(length, 1)) },
    // Every slope is a difference of two probabilities; in log space each of the times rounds a logarithm of up to the value.
    terms: { value: 0, slope: 1, chain: 4 * 2 ** -53 * largestFinite(samples.map(({ value }) => value)) * Math.sqrt(shape[0] as number) },
    grads: (upstream) => {
      const grad = new Float64Array(data.length);
      samples.forEach(({ at, value, slopes }, n) => {
        slopes.forEach((slope, t) => {
          slope.forEach((v, c) => {
            grad[at(t, c)] = isForgiven(value) ? 0 : v * (upstream[n] as number);
          });
        });
      });
      return { logProbs: grad };
    },
  };
}
