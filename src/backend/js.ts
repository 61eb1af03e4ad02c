// The JavaScript backend: the fallback, and the reference that the kernels are compared with. Everything is computed in double precision and
// rounded once, when it is written.

import { type Backend, DISTANCE, type FloatArray, IGNORED, type PointwiseCall, type RowsCall, type Source, TRIPLET_MARGIN, type VectorsCall } from "./seam.js";

/** Positions that are worked on at a time where a loss has weights or repeated operands. */
const TILE = 4096;
/** 1e-12 rounded to float32, in double precision too: ATen/native/Loss.cpp, cosine_embedding_loss. */
const EPS = 9.999999960041972e-13;

export const javascript: Backend = { pointwise, crossEntropy, distances, cosine, outside };

// ---- pointwise

function pointwise(call: PointwiseCall): number {
  const { a, b, c, n, weight, gradOutput } = call;
  if (weight || gradOutput || c?.broadcast) return tiled(call);
  return call.loop(a.data, b.data, c ? c.data : a.data, n, call.p, call.q, call.scale, call.values, call.gradA, call.gradB);
}

/** Tile by tile: the loss on doubles, then the factors of each position. */
function tiled(call: PointwiseCall): number {
  const scratch = Array.from({ length: 8 }, () => new Float64Array(Math.min(TILE, call.n)));
  const [a, b, c, w, g, values, gradA, gradB] = scratch as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let sum = 0;
  for (let start = 0; start < call.n; start += TILE) {
    const count = Math.min(TILE, call.n - start);
    fill(call.a, start, count, a);
    fill(call.b, start, count, b);
    if (call.c) fill(call.c, start, count, c);
    if (call.weight) fill(call.weight, start, count, w);
    else w.fill(1);
    if (call.gradOutput) fill({ data: call.gradOutput, broadcast: null }, start, count, g);
    else g.fill(1);
    call.loop(a, b, c, count, call.p, call.q, call.scale, values, gradA, gradB);
    for (let i = 0; i < count; i++) {
      const weight = w[i] as number;
      const value = (values[i] as number) * weight;
      sum += value;
      if (call.values) call.values[start + i] = value;
      if (call.gradA) call.gradA[start + i] = (gradA[i] as number) * weight * (g[i] as number);
      if (call.gradB) call.gradB[start + i] = (gradB[i] as number) * weight * (g[i] as number);
    }
  }
  return sum;
}

function fill(source: Source, start: number, count: number, into: Float64Array): void {
  if (source.broadcast) source.broadcast.fill(source.data, start, count, into, 0);
  else for (let i = 0; i < count; i++) into[i] = source.data[start + i] as number;
}

function outside(data: FloatArray, low: number, high: number): number {
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (!(value >= low && value <= high)) return i;
  }
  return -1;
}

// ---- classes

function crossEntropy(call: RowsCall): number {
  let sum = 0;
  for (let o = 0, sample = 0; o < call.outer; o++) {
    const base = o * call.classes * call.inner;
    for (let i = 0; i < call.inner; i++, sample++) {
      const y = call.index ? (call.index[sample] as number) : 0;
      const value = y === IGNORED ? ignore(call, base + i) : row(call, base + i, sample);
      sum += value;
      if (call.values) call.values[sample] = value;
    }
  }
  return sum;
}

function ignore(call: RowsCall, base: number): number {
  const end = base + call.classes * call.inner;
  for (let at = base; at < end; at += call.inner) {
    if (call.grad) call.grad[at] = 0;
    if (call.gradTarget) call.gradTarget[at] = 0;
  }
  return 0;
}

/** One sample: its class c lies at base + c * inner. */
function row(call: RowsCall, base: number, sample: number): number {
  const { x, inner, index, grad, gradTarget } = call;
  const end = base + call.classes * inner;
  let max = Number.NEGATIVE_INFINITY;
  for (let at = base; at < end; at += inner) if ((x[at] as number) > max) max = x[at] as number;
  if (max === Number.NEGATIVE_INFINITY) max = 0; // all masked: exponentials of 0, not of NaN
  let sum = 0;
  for (let at = base; at < end; at += inner) sum += Math.exp((x[at] as number) - max);
  const logSum = Math.log(sum);

  const weight = call.rowWeight ? (call.rowWeight[sample] as number) : 1;
  const target = index ? base + (index[sample] as number) * inner : -1;
  let value = 0;
  if (index) value = weight * (max - (x[target] as number) + logSum);
  else if (!call.dense) value = max + logSum;
  let qSum = 0;
  if (call.dense) {
    for (let at = base, c = 0; at < end; at += inner, c++) {
      const q = probability(call, at, c);
      qSum += q;
      value += q * (max - (x[at] as number) + logSum);
    }
  }
  if (!grad && !gradTarget) return value;

  const upstream = call.scale * (call.gradOutput ? (call.gradOutput[sample] as number) : 1);
  const factor = ((call.dense ? qSum + (index ? weight : 0) : weight) * upstream) / sum;
  for (let at = base, c = 0; at < end; at += inner, c++) {
    const logit = x[at] as number;
    const q = call.dense ? probability(call, at, c) : 0;
    if (gradTarget) gradTarget[at] = upstream * call.keep * (call.classWeight ? (call.classWeight[c] as number) : 1) * (max - logit + logSum);
    if (grad) grad[at] = Math.exp(logit - max) * factor - (call.dense ? q * upstream : 0) - (at === target ? weight * upstream : 0);
  }
  return value;
}

function probability(call: RowsCall, at: number, c: number): number {
  const q = call.target ? (call.target[at] as number) * call.keep + call.uniform : call.uniform;
  return call.classWeight ? q * (call.classWeight[c] as number) : q;
}

// ---- vectors

function norm(u: FloatArray, v: FloatArray, start: number, end: number, eps: number, p: number): number {
  let sum = 0;
  if (p === 2) {
    for (let i = start; i < end; i++) {
      const d = (u[i] as number) - (v[i] as number) + eps;
      sum += d * d;
    }
    return Math.sqrt(sum);
  }
  for (let i = start; i < end; i++) {
    const d = Math.abs((u[i] as number) - (v[i] as number) + eps);
    if (p === Number.POSITIVE_INFINITY) sum = Math.max(sum, d);
    else if (p === 0) sum += d === 0 ? 0 : 1;
    else sum += p === 1 ? d : d ** p;
  }
  return p === 0 || p === 1 || p === Number.POSITIVE_INFINITY ? sum : sum ** (1 / p);
}

/** The gradient of a norm r by its difference d, but for `factor`, which holds what does not depend on d. */
function slope(d: number, r: number, p: number): number {
  if (p === 2) return d;
  const sign = d > 0 ? 1 : d < 0 ? -1 : 0;
  if (p === 1) return sign;
  if (p === Number.POSITIVE_INFINITY) return Math.abs(d) === r ? sign : 0;
  return p === 0 || d === 0 ? 0 : sign * (Math.abs(d) / r) ** (p - 1);
}

function factor(u: FloatArray, v: FloatArray, start: number, end: number, eps: number, p: number, r: number, upstream: number): number {
  if (p === 2) return r === 0 ? 0 : upstream / r;
  if (p === Number.POSITIVE_INFINITY) {
    let count = 0;
    for (let i = start; i < end; i++) if (Math.abs((u[i] as number) - (v[i] as number) + eps) === r) count++;
    return upstream / count;
  }
  return p === 1 || r !== 0 ? upstream : 0;
}

function distances(call: VectorsCall): number {
  const { a, b, c, dims, p, eps, values } = call;
  let sum = 0;
  for (let row = 0; row < call.rows; row++) {
    const start = row * dims;
    const end = start + dims;
    const near = norm(a, b, start, end, eps, p);
    const value = call.kind === DISTANCE || !c ? near : triplet(call, c, row, start, end, near);
    sum += value;
    if (values) values[row] = value;
  }
  return sum;
}

function triplet(call: VectorsCall, c: FloatArray, row: number, start: number, end: number, near: number): number {
  const { a, b, p, eps, gradA, gradB, gradC } = call;
  const far = norm(a, c, start, end, eps, p);
  const other = call.swap ? norm(b, c, start, end, eps, p) : far;
  const share = !call.swap || far < other ? 1 : other < far ? 0 : 0.5; // of the gradient, to d(anchor, negative)
  const u = near - Math.min(far, other);
  let value: number;
  let slopeOfValue: number;
  if (call.kind === TRIPLET_MARGIN) {
    value = Math.max(0, call.margin + u);
    slopeOfValue = call.margin + u >= 0 ? 1 : 0;
  } else {
    // sigma(u) and sigma(-u) from e^-|u|: neither overflows, neither is a difference
    const e = Math.exp(-Math.abs(u));
    const s = (u < 0 ? e : 1) / (1 + e);
    value = 2 * s * s;
    slopeOfValue = (4 * s * s * (u < 0 ? 1 : e)) / (1 + e);
  }
  if (!gradA && !gradB && !gradC) return value;

  const upstream = slopeOfValue * call.scale * (call.gradOutput ? (call.gradOutput[row] as number) : 1);
  const k0 = factor(a, b, start, end, eps, p, near, upstream);
  const k1 = factor(a, c, start, end, eps, p, far, share * upstream);
  const k2 = call.swap ? factor(b, c, start, end, eps, p, other, (1 - share) * upstream) : 0;
  for (let i = start; i < end; i++) {
    const anchor = a[i] as number;
    const positive = b[i] as number;
    const negative = c[i] as number;
    const g0 = k0 * slope(anchor - positive + eps, near, p);
    const g1 = k1 * slope(anchor - negative + eps, far, p);
    const g2 = call.swap ? k2 * slope(positive - negative + eps, other, p) : 0;
    if (gradA) gradA[i] = g0 - g1;
    if (gradB) gradB[i] = -g0 - g2;
    if (gradC) gradC[i] = g1 + g2;
  }
  return value;
}

function cosine(call: VectorsCall): number {
  const { a, b, dims, sign, margin, eps, values, gradA, gradB } = call;
  let sum = 0;
  for (let row = 0; row < call.rows; row++) {
    const start = row * dims;
    const end = start + dims;
    let aa = 0;
    let bb = 0;
    let ab = 0;
    for (let i = start; i < end; i++) {
      const x = a[i] as number;
      const y = b[i] as number;
      aa += x * x;
      bb += y * y;
      ab += x * y;
    }
    let value = 0;
    if (!sign) value = ab / (Math.max(Math.sqrt(aa), eps) * Math.max(Math.sqrt(bb), eps));
    else {
      const m1 = aa + EPS;
      const m2 = bb + EPS;
      const size = Math.sqrt(m1 * m2);
      const cos = ab / size;
      const y = sign[row];
      let slopeOfValue = 0;
      if (y === 1) {
        value = 1 - cos;
        slopeOfValue = -1;
      } else if (y === -1) {
        value = Math.max(0, cos - margin);
        slopeOfValue = cos - margin >= 0 ? 1 : 0;
      }
      const upstream = slopeOfValue * call.scale * (call.gradOutput ? (call.gradOutput[row] as number) : 1);
      const mixed = upstream / size;
      const ownA = (-upstream * cos) / m1;
      const ownB = (-upstream * cos) / m2;
      if (gradA || gradB) {
        for (let i = start; i < end; i++) {
          const x1 = a[i] as number;
          const x2 = b[i] as number;
          if (gradA) gradA[i] = x2 * mixed + x1 * ownA;
          if (gradB) gradB[i] = x1 * mixed + x2 * ownB;
        }
      }
    }
    sum += value;
    if (values) values[row] = value;
  }
  return sum;
}
