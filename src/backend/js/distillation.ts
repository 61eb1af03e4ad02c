// Distillation in JavaScript: rows of two sets of logits.

import type { FloatArray } from "../../array/typed.js";
import type { DistillationCall } from "../seam.js";

/** The log-sum-exp of elements start to end, divided by the temperature. */
function logSumExp(x: FloatArray, start: number, end: number, share: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i++) if ((x[i] as number) > max) max = x[i] as number;
  if (max === Number.NEGATIVE_INFINITY) max = 0; // all masked, or NaN: the logarithm tells
  let sum = 0;
  for (let i = start; i < end; i++) sum += Math.exp(((x[i] as number) - max) * share);
  return max * share + Math.log(sum);
}

export function distillation(call: DistillationCall): number {
  const { student, teacher, width, beta, values, grad } = call;
  const share = 1 / call.temperature;
  let sum = 0;
  for (let row = 0; row < call.rows; row++) {
    const start = row * width;
    const end = start + width;
    const ofStudent = logSumExp(student, start, end, share);
    const ofTeacher = logSumExp(teacher, start, end, share);
    // KL(S‖·) of beta > 0 and KL(Q‖·) of beta < 1, against the mixture or, at the ends, against the other; a term whose factor is 0 is 0
    let own = 0;
    let other = 0;
    for (let i = start; i < end; i++) {
      const s = (student[i] as number) * share - ofStudent;
      const q = (teacher[i] as number) * share - ofTeacher;
      const m = mixture(s, q, beta);
      const p = Math.exp(s);
      const t = Math.exp(q);
      if (beta > 0 && p !== 0) own += p * (s - (beta === 1 ? q : m));
      if (beta < 1 && t !== 0) other += t * (q - (beta === 0 ? s : m));
    }
    const value = beta === 0 ? other : beta === 1 ? own : beta * other + (1 - beta) * own;
    sum += value;
    if (values) values[row] = value;
    if (!grad) continue;
    const upstream = call.scale * share * (call.gradOutput ? (call.gradOutput[row] as number) : 1);
    for (let i = start; i < end; i++) {
      const s = (student[i] as number) * share - ofStudent;
      const q = (teacher[i] as number) * share - ofTeacher;
      const p = Math.exp(s);
      if (beta === 0) grad[i] = (p - Math.exp(q)) * upstream;
      // what the mixture moves by cancels against the sum of the probabilities: p (log p − log m − KL) is left
      else if (p === 0) grad[i] = Number.isNaN(value) ? Number.NaN : 0;
      else grad[i] = (beta === 1 ? 1 : 1 - beta) * p * (s - (beta === 1 ? q : mixture(s, q, beta)) - own) * upstream;
    }
  }
  return sum;
}

/** log((1 − beta) e^s + beta e^q), for 0 < beta < 1. */
function mixture(s: number, q: number, beta: number): number {
  const high = Math.max(s, q);
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log((1 - beta) * Math.exp(s - high) + beta * Math.exp(q - high));
}
