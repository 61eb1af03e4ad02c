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

/** Products of rows that are kept for the gradients: 16 MiB of them. */
const KEPT = 1 << 21;

function dot(x: FloatArray, at: number, y: FloatArray, to: number, dims: number): number {
  let sum = 0;
  for (let d = 0; d < dims; d++) sum += (x[at + d] as number) * (y[to + d] as number);
  return sum;
}

/** The products of vector i with those of the other side `from` one on, four at a time: that keeps the processor busy, and each has the same bits from either side. */
function products(x: Vectors, i: number, y: Vectors, into: Float64Array, from = 0): void {
  const { data, dims } = x;
  const other = y.data;
  const at = i * dims;
  let j = from;
  for (; j + 3 < y.count; j += 4) {
    const to = j * dims;
    const [to1, to2, to3] = [to + dims, to + 2 * dims, to + 3 * dims];
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let d = 0; d < dims; d++) {
      const own = data[at + d] as number;
      s0 += own * (other[to + d] as number);
      s1 += own * (other[to1 + d] as number);
      s2 += own * (other[to2 + d] as number);
      s3 += own * (other[to3 + d] as number);
    }
    into[j] = s0;
    into[j + 1] = s1;
    into[j + 2] = s2;
    into[j + 3] = s3;
  }
  for (; j < y.count; j++) into[j] = dot(data, at, other, j * dims, dims);
  const inverse = x.inverse[i] as number;
  for (j = from; j < y.count; j++) into[j] = (into[j] as number) * (inverse * (y.inverse[j] as number));
}

/** Adds the vectors of a side, each times its weight. */
function gather({ data, count, dims }: Vectors, weights: Float64Array, sum: Float64Array): void {
  let j = 0;
  for (; j + 3 < count; j += 4) {
    const to = j * dims;
    const [to1, to2, to3] = [to + dims, to + 2 * dims, to + 3 * dims];
    const w0 = weights[j] as number;
    const w1 = weights[j + 1] as number;
    const w2 = weights[j + 2] as number;
    const w3 = weights[j + 3] as number;
    for (let d = 0; d < dims; d++) {
      const more = w0 * (data[to + d] as number) + w1 * (data[to1 + d] as number) + (w2 * (data[to2 + d] as number) + w3 * (data[to3 + d] as number));
      sum[d] = (sum[d] as number) + more;
    }
  }
  for (; j < count; j++) {
    const weight = weights[j] as number;
    for (let d = 0; d < dims; d++) sum[d] = (sum[d] as number) + weight * (data[j * dims + d] as number);
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
  const twice = call.symmetric || call.gradA || call.gradB || call.gradFactor || call.gradBias;
  const kept = twice && rows * cols <= KEPT ? new Float64Array(rows * cols) : null;
  const row = new Float64Array(cols);
  const column = new Float64Array(rows);
  const logits = (of: Float64Array): Float64Array => {
    for (let j = 0; j < of.length; j++) of[j] = factor * (of[j] as number) + bias;
    return of;
  };
  /** Row i of what is kept, or the products anew; column j likewise. */
  const across = (i: number): Float64Array => {
    if (kept) row.set(kept.subarray(i * cols, (i + 1) * cols));
    else products(a, i, b, row);
    return row;
  };
  const down = (j: number): Float64Array => {
    if (kept) for (let i = 0; i < rows; i++) column[i] = kept[i * cols + j] as number;
    else products(b, j, a, column);
    return column;
  };
  if (kept) {
    for (let i = 0; i < rows; i++) {
      const known = call.b ? 0 : i; // of vectors among themselves each pair is one product
      for (let j = 0; j < known; j++) kept[i * cols + j] = kept[j * cols + i] as number;
      products(a, i, b, kept.subarray(i * cols, (i + 1) * cols), known);
    }
  }
  for (let i = 0; i < rows; i++) losses[i] = share * own.take(i, logits(across(i)));
  if (call.symmetric && other) for (let i = 0; i < rows; i++) losses[i] = (losses[i] as number) + share * other.take(i, logits(down(i)));
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    sum += losses[i] as number;
    if (values) values[i] = losses[i] as number;
  }

  const upstream = Float64Array.from({ length: rows }, (_, i) => share * scale * (gradOutput ? (gradOutput[i] as number) : 1));
  /** What the sum of the losses has for a slope by the product of vectors i and j, but for the factor. */
  const slope = (i: number, j: number, product: number): number => {
    const logit = factor * product + bias;
    return (upstream[i] as number) * own.slope(i, j, logit) + (other ? (upstream[j] as number) * other.slope(j, i, logit) : 0);
  };
  if (!call.gradA && !call.gradB && !call.gradFactor && !call.gradBias) return sum;
  let byFactor = 0;
  let byBias = 0;
  const acrossSlopes = (i: number): Float64Array => {
    across(i);
    for (let j = 0; j < cols; j++) {
      const product = row[j] as number;
      const g = slope(i, j, product);
      byFactor += g * product;
      byBias += g;
      row[j] = g;
    }
    return row;
  };
  if (kept) for (let i = 0; i < rows; i++) kept.set(acrossSlopes(i), i * cols);
  const slopesDown = (j: number): Float64Array => {
    down(j);
    if (!kept) for (let i = 0; i < rows; i++) column[i] = slope(i, j, column[i] as number);
    return column;
  };
  if (call.gradA || !kept) pull(call, a, b, kept ? across : acrossSlopes, call.gradA);
  if (call.gradB) pull(call, b, a, slopesDown, call.gradB);
  if (call.gradFactor) call.gradFactor[0] = byFactor;
  if (call.gradBias) call.gradBias[0] = byBias;
  return sum;
}

/** The gradient of one side, of which `slopes` are those of a vector's products. */
function pull({ factor, floor }: InBatchCall, x: Vectors, y: Vectors, slopes: (i: number) => Float64Array, grad: FloatArray | null): void {
  const { dims } = x;
  const sum = new Float64Array(dims);
  for (let i = 0; i < x.count; i++) {
    const weights = slopes(i);
    if (!grad) continue;
    for (let j = 0; j < y.count; j++) weights[j] = (weights[j] as number) * factor * (y.inverse[j] as number);
    sum.fill(0);
    gather(y, weights, sum);
    const inverse = x.inverse[i] as number;
    const at = i * dims;
    // a norm has no part in the gradient where its floor stands for it
    const radial = floor > 0 && inverse < 1 / floor ? dot(x.data, at, sum, 0, dims) * inverse * inverse : 0;
    for (let d = 0; d < dims; d++) grad[at + d] = ((sum[d] as number) - radial * (x.data[at + d] as number)) * inverse;
  }
}
