// In-batch losses in JavaScript: one row of logits at a time, computed again where it is needed again, so that nothing has rows times columns elements.

import type { FloatArray } from "../../array/typed.js";
import { copyOf, overlap } from "../../array/typed.js";
import { INFO_NCE, SIG_LIP, SUP_CON } from "../protocol.js";
import type { InBatchCall } from "../seam.js";

/** One side of the losses: those of its rows, each from its logits against all of the other side. */
interface Side {
  /** The loss of row i; keeps what its slope needs. */
  take(i: number, logits: Float64Array): number;
  /** Its derivative by logit j. */
  slope(i: number, j: number, logit: number): number;
}

/** log(1 + e^x). */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

function infoNce({ rows, labels }: InBatchCall): Side {
  const tops = new Float64Array(rows);
  const sums = new Float64Array(rows);
  const counts = (i: number, j: number): boolean => !labels || i === j || labels[i] !== labels[j];
  return {
    take(i, logits) {
      let top = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < logits.length; j++) if (counts(i, j)) top = Math.max(top, logits[j] as number);
      let sum = 0;
      for (let j = 0; j < logits.length; j++) if (counts(i, j)) sum += Math.exp((logits[j] as number) - top);
      tops[i] = top;
      sums[i] = sum;
      return top - (logits[i] as number) + Math.log(sum);
    },
    slope: (i, j, logit) => (counts(i, j) ? Math.exp(logit - (tops[i] as number)) / (sums[i] as number) - (i === j ? 1 : 0) : 0),
  };
}

const sigLip: Side = {
  take(i, logits) {
    let sum = 0;
    for (let j = 0; j < logits.length; j++) sum += softplus(i === j ? -(logits[j] as number) : (logits[j] as number));
    return sum;
  },
  slope: (i, j, logit) => (i === j ? -sigmoid(-logit) : sigmoid(logit)),
};

/** How many others have the label of each. */
export function othersOf(labels: Int32Array): Int32Array {
  const counts = new Int32Array(labels.length);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  return labels.map((label) => (counts[label] as number) - 1);
}

function supCon({ rows, labels }: InBatchCall & { labels: Int32Array }): Side {
  const tops = new Float64Array(rows);
  const sums = new Float64Array(rows);
  const others = othersOf(labels);
  return {
    take(i, logits) {
      if (others[i] === 0) return 0;
      let top = Number.NEGATIVE_INFINITY;
      let positives = 0;
      for (let j = 0; j < rows; j++) {
        if (j === i) continue;
        top = Math.max(top, logits[j] as number);
        if (labels[j] === labels[i]) positives += logits[j] as number;
      }
      let sum = 0;
      for (let j = 0; j < rows; j++) if (j !== i) sum += Math.exp((logits[j] as number) - top);
      tops[i] = top;
      sums[i] = sum;
      return top - positives / (others[i] as number) + Math.log(sum);
    },
    slope(i, j, logit) {
      if (i === j || others[i] === 0) return 0;
      return Math.exp(logit - (tops[i] as number)) / (sums[i] as number) - (labels[i] === labels[j] ? 1 / (others[i] as number) : 0);
    },
  };
}

function ntXent({ rows, labels }: InBatchCall & { labels: Int32Array }): Side {
  /** Log-sum-exp of each row's negatives, and what the losses of its pairs have for a slope by that. */
  const negatives = new Float64Array(rows);
  const slopes = new Float64Array(rows);
  return {
    take(i, logits) {
      let top = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < rows; j++) if (labels[j] !== labels[i]) top = Math.max(top, logits[j] as number);
      let sum = 0;
      for (let j = 0; j < rows; j++) if (labels[j] !== labels[i]) sum += Math.exp((logits[j] as number) - top);
      negatives[i] = top + Math.log(sum);
      let loss = 0;
      for (let j = 0; j < rows; j++) {
        if (j === i || labels[j] !== labels[i]) continue;
        const over = (negatives[i] as number) - (logits[j] as number);
        loss += softplus(over);
        slopes[i] = (slopes[i] as number) + sigmoid(over);
      }
      return loss;
    },
    slope(i, j, logit) {
      if (i === j) return 0;
      const over = (negatives[i] as number) - logit;
      if (labels[i] === labels[j]) return -sigmoid(over);
      return slopes[i] === 0 ? 0 : (slopes[i] as number) * Math.exp(-over);
    },
  };
}

function sideOf(call: InBatchCall): Side {
  if (call.kind === INFO_NCE) return infoNce(call);
  if (call.kind === SIG_LIP) return sigLip;
  const labelled = call as InBatchCall & { labels: Int32Array };
  return call.kind === SUP_CON ? supCon(labelled) : ntXent(labelled);
}

/** Rows of vectors, and what each is multiplied by. */
interface Vectors {
  readonly data: FloatArray;
  readonly count: number;
  readonly dims: number;
  readonly inverse: Float64Array;
}

function vectorsOf(data: FloatArray, count: number, { dims, floor }: InBatchCall): Vectors {
  const inverse = new Float64Array(count).fill(1);
  for (let i = 0; i < count && floor > 0; i++) inverse[i] = 1 / Math.max(Math.sqrt(dot(data, i * dims, data, i * dims, dims)), floor);
  return { data, count, dims, inverse };
}

function dot(x: FloatArray, at: number, y: FloatArray, to: number, dims: number): number {
  let even = 0;
  let odd = 0;
  let d = 0;
  for (; d + 1 < dims; d += 2) {
    even += (x[at + d] as number) * (y[to + d] as number);
    odd += (x[at + d + 1] as number) * (y[to + d + 1] as number);
  }
  return even + odd + (d < dims ? (x[at + d] as number) * (y[to + d] as number) : 0);
}

/** The products of vector i with all of the other side. */
function products(x: Vectors, i: number, y: Vectors, into: Float64Array): void {
  const { dims, inverse } = x;
  for (let j = 0; j < y.count; j++) {
    // from either side the same bits
    into[j] = dot(x.data, i * dims, y.data, j * dims, dims) * ((inverse[i] as number) * (y.inverse[j] as number));
  }
}

export function inBatch(call: InBatchCall): number {
  const { rows, cols, factor, bias, scale, gradOutput, values } = call;
  // what is written must not be read afterwards
  const safe = (data: FloatArray, grad: FloatArray | null): FloatArray => (grad && overlap(grad, data) !== 0 ? copyOf(data) : data);
  const a = vectorsOf(safe(call.a, call.gradA), rows, call);
  const b = call.b ? vectorsOf(safe(call.b, call.gradB), cols, call) : a;
  const own = sideOf(call);
  const other = call.b ? (call.symmetric ? sideOf(call) : null) : own;
  const share = call.symmetric ? 0.5 : 1;
  const losses = new Float64Array(rows);
  const logits = (x: Vectors, i: number, y: Vectors, into: Float64Array): Float64Array => {
    products(x, i, y, into);
    for (let j = 0; j < into.length; j++) into[j] = factor * (into[j] as number) + bias;
    return into;
  };
  const row = new Float64Array(cols);
  for (let i = 0; i < rows; i++) losses[i] = share * own.take(i, logits(a, i, b, row));
  if (call.symmetric && other) for (let i = 0; i < rows; i++) losses[i] = (losses[i] as number) + share * other.take(i, logits(b, i, a, row));
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    sum += losses[i] as number;
    if (values) values[i] = losses[i] as number;
  }

  const upstream = Float64Array.from({ length: rows }, (_, i) => share * scale * (gradOutput ? (gradOutput[i] as number) : 1));
  const fromOwn = (i: number, j: number, logit: number): number => (upstream[i] as number) * own.slope(i, j, logit);
  const fromOther = (j: number, i: number, logit: number): number => (other ? (upstream[j] as number) * other.slope(j, i, logit) : 0);
  if (call.gradA || call.gradFactor || call.gradBias) {
    const [byFactor, byBias] = pull(call, a, b, (i, j, logit) => fromOwn(i, j, logit) + fromOther(j, i, logit), call.gradA);
    if (call.gradFactor) call.gradFactor[0] = byFactor;
    if (call.gradBias) call.gradBias[0] = byBias;
  }
  if (call.gradB) pull(call, b, a, (j, i, logit) => fromOwn(i, j, logit) + fromOther(j, i, logit), call.gradB);
  return sum;
}

/** The gradient of one side, whose logits have these slopes; returns those of factor and bias. */
function pull(
  { factor, bias, floor }: InBatchCall,
  x: Vectors,
  y: Vectors,
  slope: (i: number, j: number, logit: number) => number,
  grad: FloatArray | null,
): readonly [byFactor: number, byBias: number] {
  const { dims } = x;
  const row = new Float64Array(y.count);
  const sum = new Float64Array(dims);
  let byFactor = 0;
  let byBias = 0;
  for (let i = 0; i < x.count; i++) {
    products(x, i, y, row);
    sum.fill(0);
    let along = 0;
    for (let j = 0; j < y.count; j++) {
      const product = row[j] as number;
      const g = slope(i, j, factor * product + bias);
      byBias += g;
      along += g * product;
      const weight = g * factor * (y.inverse[j] as number);
      if (grad) for (let d = 0; d < dims; d++) sum[d] = (sum[d] as number) + weight * (y.data[j * dims + d] as number);
    }
    byFactor += along;
    const inverse = x.inverse[i] as number;
    // a norm has no part in the gradient where its floor stands for it
    const radial = floor > 0 && inverse < 1 / floor ? along * factor * inverse : 0;
    const at = i * dims;
    if (grad) for (let d = 0; d < dims; d++) grad[at + d] = ((sum[d] as number) - radial * (x.data[at + d] as number)) * inverse;
  }
  return [byFactor, byBias];
}
