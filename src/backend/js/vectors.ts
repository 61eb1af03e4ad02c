// Losses and operations of rows of vectors in JavaScript.

import type { FloatArray } from "../../array/typed.js";
import { DISTANCE, TRIPLET_MARGIN } from "../protocol.js";
import type { CdistCall, VectorsCall } from "../seam.js";
import { euclidean } from "./euclidean.js";

/** 1e-12 rounded to float32, in double precision too: ATen/native/Loss.cpp, cosine_embedding_loss. */
const EPS = 9.999999960041972e-13;

/** ||u - v + eps||_p of elements start to end of u and those of v that lie `shift` behind. */
function norm(u: FloatArray, v: FloatArray, start: number, end: number, eps: number, p: number, shift = 0): number {
  let sum = 0;
  if (p === 2) {
    for (let i = start; i < end; i++) {
      const d = (u[i] as number) - (v[i + shift] as number) + eps;
      sum += d * d;
    }
    return Math.sqrt(sum);
  }
  for (let i = start; i < end; i++) {
    const d = Math.abs((u[i] as number) - (v[i + shift] as number) + eps);
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

export function distances(call: VectorsCall): number {
  const { a, b, c, dims, p, eps, values } = call;
  let sum = 0;
  for (let row = 0; row < call.rows; row++) {
    const start = row * dims;
    const end = start + dims;
    let value: number;
    if (call.kind !== DISTANCE && c) value = triplet(call, c, row, start, end);
    else {
      value = norm(a, b, start, end, eps, p);
      if (call.gradA || call.gradB) distance(call, row, start, end, value);
    }
    sum += value;
    if (values) values[row] = value;
  }
  return sum;
}

/** The gradient of a distance. */
function distance({ a, b, p, eps, gradA, gradB, scale, gradOutput }: VectorsCall, row: number, start: number, end: number, r: number): void {
  const k = factor(a, b, start, end, eps, p, r, scale * (gradOutput ? (gradOutput[row] as number) : 1));
  for (let i = start; i < end; i++) {
    const g = k * slope((a[i] as number) - (b[i] as number) + eps, r, p);
    if (gradA) gradA[i] = g;
    if (gradB) gradB[i] = -g;
  }
}

function triplet(call: VectorsCall, c: FloatArray, row: number, start: number, end: number): number {
  const { a, b, p, eps, gradA, gradB, gradC } = call;
  let near: number;
  let far: number;
  if (p === 2) {
    // both at once, as an addition waits for the one before it
    near = 0;
    far = 0;
    for (let i = start; i < end; i++) {
      const d0 = (a[i] as number) - (b[i] as number) + eps;
      const d1 = (a[i] as number) - (c[i] as number) + eps;
      near += d0 * d0;
      far += d1 * d1;
    }
    near = Math.sqrt(near);
    far = Math.sqrt(far);
  } else {
    near = norm(a, b, start, end, eps, p);
    far = norm(a, c, start, end, eps, p);
  }
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
  if (p === 2 && !call.swap && gradA && gradB && gradC) {
    // the usual case without the calls
    for (let i = start; i < end; i++) {
      const g0 = k0 * ((a[i] as number) - (b[i] as number) + eps);
      const g1 = k1 * ((a[i] as number) - (c[i] as number) + eps);
      gradA[i] = g0 - g1;
      gradB[i] = -g0;
      gradC[i] = g1;
    }
    return value;
  }
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

export function cosine(call: VectorsCall): number {
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
      if (dims === 1) {
        // cos is 1 or -1, but for EPS: without the difference that is almost 0; NaN as there
        const [x1, x2] = [a[start] as number, b[start] as number];
        if (gradA) gradA[start] = x2 * mixed * (EPS / m1) + 0 * ownA;
        if (gradB) gradB[start] = x1 * mixed * (EPS / m2) + 0 * ownB;
      } else if (gradA || gradB) {
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

export function cdist(call: CdistCall): void {
  const { a, b, startA, startB, rows, cols, dims, p, into, at } = call;
  for (let i = 0; i < rows; i++) {
    const row = startA + i * dims;
    if (p === 2) {
      euclidean(a, row, b, startB, cols, dims, into, at + i * cols);
      continue;
    }
    for (let j = 0; j < cols; j++) {
      const shift = startB + j * dims - row;
      let r = norm(a, b, row, row + dims, 0, p, shift);
      // p = 0 has NaN where a difference has it, as torch.cdist; a pairwise distance counts it as any other, as PyTorch's, too
      if (p === 0 && Number.isNaN(norm(a, b, row, row + dims, 0, 1, shift))) r = Number.NaN;
      into[at + i * cols + j] = r;
    }
  }
}

/** Pairs with a sign: the squared distance, or what it lacks to the margin, squared. */
export function contrastive(call: VectorsCall): number {
  const { a, b, dims, eps, gradA, gradB, values } = call;
  const sign = call.sign as FloatArray;
  let sum = 0;
  for (let row = 0; row < call.rows; row++) {
    const start = row * dims;
    const end = start + dims;
    const d = norm(a, b, start, end, eps, 2);
    const upstream = call.scale * (call.gradOutput ? (call.gradOutput[row] as number) : 1);
    let value = 0;
    let slope = 0; // times the difference: the gradient of a
    if (sign[row] === 1) {
      value = d * d;
      slope = 2 * upstream;
    } else if (sign[row] === -1) {
      const hinge = Math.max(0, call.margin - d);
      value = hinge * hinge;
      if (call.margin - d >= 0 && d > 0) slope = (-2 * upstream * hinge) / d;
    }
    sum += value;
    if (values) values[row] = value;
    if (!gradA && !gradB) continue;
    for (let i = start; i < end; i++) {
      const grad = slope * ((a[i] as number) - (b[i] as number) + eps);
      if (gradA) gradA[i] = grad;
      if (gradB) gradB[i] = -grad;
    }
  }
  return sum;
}
