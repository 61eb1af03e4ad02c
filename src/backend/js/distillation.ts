// Distillation in JavaScript: rows of two sets of logits.

import { floatsOf } from "../../array/half.js";
import type { FloatArray } from "../../array/typed.js";
import type { DistillationCall } from "../seam.js";

/**
 * Nearer than this, two logarithms leave too few digits of what probabilities differ by: the far forms' error, some 1e-16, is to be small beside the
 * square of it. Few positions are as near until the student has nearly reached the teacher, so that the branch is predicted.
 */
const NEAR = 2 ** -6;

/** Below the logarithm of any double but 0, and finite: 0 times it is 0. */
const LEAST = -1e3;

/** A row after the other. */
interface Row {
  readonly student: FloatArray;
  readonly teacher: FloatArray;
  start: number;
  readonly share: number;
  /** Exponentials, which may be overwritten. */
  readonly p: Float64Array;
  readonly q: Float64Array;
  /** What makes probabilities of them. */
  perStudent: number;
  perTeacher: number;
  /** What the logits' shares are above the logarithms of those. */
  ofStudent: number;
  ofTeacher: number;
  readonly grad: FloatArray;
  factor: number;
}

/** Of both sets at a time, which is faster than one after the other. A row that is all masked is NaN: no distribution. */
function exponentials(row: Row): void {
  const { student, teacher, start, share, p, q } = row;
  const width = p.length;
  let maxS = Number.NEGATIVE_INFINITY;
  let maxT = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < width; i++) {
    const s = student[start + i] as number;
    const t = teacher[start + i] as number;
    if (s > maxS) maxS = s;
    if (t > maxT) maxT = t;
  }
  let sumS = 0;
  let sumT = 0;
  for (let i = 0; i < width; i++) {
    const s = Math.exp(((student[start + i] as number) - maxS) * share);
    const t = Math.exp(((teacher[start + i] as number) - maxT) * share);
    sumS += s;
    sumT += t;
    p[i] = s;
    q[i] = t;
  }
  row.perStudent = 1 / sumS;
  row.perTeacher = 1 / sumT;
  row.ofStudent = maxS * share + Math.log(sumS);
  row.ofTeacher = maxT * share + Math.log(sumT);
}

// Probabilities add up to 1, so that the sum of what p and q differ by may be added to their divergence: each position's term is then at least 0, and
// keeps its digits where student and teacher are nearly alike. A term whose factor is 0 is 0, whatever its logarithm. With a = log q − log p and
// u = e^a − 1 all is p times something: q = p (1 + u).

/** KL(Q‖S). */
function forward({ student, teacher, start, share, p, q, perStudent, perTeacher, ofStudent, ofTeacher, grad, factor }: Row): number {
  const shift = ofStudent - ofTeacher;
  let value = 0;
  for (let i = 0; i < p.length; i++) {
    const own = (p[i] as number) * perStudent;
    const other = (q[i] as number) * perTeacher;
    const a = ((teacher[start + i] as number) - (student[start + i] as number)) * share + shift;
    let more = other - own;
    if (Math.abs(a) < NEAR) {
      const u = Math.expm1(a);
      more = own * u;
      value += own * ((1 + u) * a - u);
    } else {
      value += (other === 0 ? 0 : other * a) - more;
    }
    grad[start + i] = -more * factor;
  }
  return value;
}

/** KL(S‖Q). */
function reverse({ student, teacher, start, share, p, q, perStudent, perTeacher, ofStudent, ofTeacher, grad, factor }: Row): number {
  const shift = ofStudent - ofTeacher;
  let value = 0;
  for (let i = 0; i < p.length; i++) {
    const own = (p[i] as number) * perStudent;
    const a = ((teacher[start + i] as number) - (student[start + i] as number)) * share + shift;
    const slope = own === 0 ? 0 : -own * a;
    value += slope + (Math.abs(a) < NEAR ? own * Math.expm1(a) : (q[i] as number) * perTeacher - own);
    q[i] = slope;
  }
  const masked = Number.isNaN(value) ? value : 0;
  for (let i = 0; i < p.length; i++) {
    const own = (p[i] as number) * perStudent;
    grad[start + i] = own === 0 ? masked : ((q[i] as number) - value * own) * factor;
  }
  return value;
}

/** beta KL(Q‖M) + (1 − beta) KL(S‖M). What the mixture moves by cancels in the gradient: p (log p − log m − KL(S‖M)) is left. */
function mixed({ student, teacher, start, share, p, q, perStudent, perTeacher, ofStudent, ofTeacher, grad, factor }: Row, beta: number): number {
  const shift = ofStudent - ofTeacher;
  let value = 0;
  let toMixture = 0;
  for (let i = 0; i < p.length; i++) {
    const own = (p[i] as number) * perStudent;
    const other = (q[i] as number) * perTeacher;
    const s = student[start + i] as number;
    const t = teacher[start + i] as number;
    const a = (t - s) * share + shift;
    let slope: number;
    let more: number; // of the mixture than of p
    if (Math.abs(a) < NEAR) {
      const u = Math.expm1(a);
      const log = Math.log1p(beta * u); // of the mixture to p
      slope = -own * log;
      more = own * beta * u;
      value += own * (beta * (1 + u) * a - (1 + beta * u) * log);
    } else {
      more = beta * (other - own);
      const log = Math.log((1 - beta) * own + beta * other + Number.MIN_VALUE);
      slope = own * (Math.max(s * share - ofStudent, LEAST) - log);
      value += (1 - beta) * slope + beta * other * (Math.max(t * share - ofTeacher, LEAST) - log);
    }
    toMixture += slope + more;
    q[i] = slope;
  }
  for (let i = 0; i < p.length; i++) grad[start + i] = ((q[i] as number) - (p[i] as number) * perStudent * toMixture) * factor;
  return value;
}

export function distillation(call: DistillationCall): number {
  const { width, beta, values, gradOutput } = call;
  const student = floatsOf(call.student);
  const teacher = floatsOf(call.teacher);
  const share = 1 / call.temperature;
  const [p, q] = [new Float64Array(width), new Float64Array(width)];
  const grad = call.grad ?? p.subarray(0, 0); // nowhere, where no gradient is wanted
  const slope = call.scale * share * (beta === 1 ? 1 : 1 - beta);
  const row: Row = { student, teacher, start: 0, share, p, q, perStudent: 0, perTeacher: 0, ofStudent: 0, ofTeacher: 0, grad, factor: 0 };
  let sum = 0;
  for (let i = 0; i < call.rows; i++) {
    row.start = i * width;
    row.factor = gradOutput ? slope * (gradOutput[i] as number) : slope;
    exponentials(row);
    const value = beta === 0 ? forward(row) : beta === 1 ? reverse(row) : mixed(row, beta);
    sum += value;
    if (values) values[i] = value;
  }
  return sum;
}
