// Distillation in JavaScript: rows of two sets of logits.

import { floatsOf } from "../../array/half.js";
import type { FloatArray } from "../../array/typed.js";
import type { DistillationCall } from "../seam.js";

/** The log-sum-exp of elements start to end, divided by the temperature. */
function logSumExp(x: FloatArray, start: number, end: number, share: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i++) if ((x[i] as number) > max) max = x[i] as number;
  if (max === Number.NEGATIVE_INFINITY) return Number.NaN; // all masked, or NaN: no distribution
  let sum = 0;
  for (let i = start; i < end; i++) sum += Math.exp(((x[i] as number) - max) * share);
  return max * share + Math.log(sum);
}

/** Below 1 by its last digit: a share of it leaves something. */
const NEAR_ONE = 1 - 2 ** -53;

/**
 * Probabilities add up to 1, so that the sum of what p and q differ by may be added to their divergence: each position's term is then at least 0, and
 * keeps its digits where student and teacher are nearly alike. assembly/losses/distillation has the formulas.
 */
export function distillation(call: DistillationCall): number {
  const { width, beta, values, grad } = call;
  const student = floatsOf(call.student);
  const teacher = floatsOf(call.teacher);
  const share = 1 / call.temperature;
  // of a row: the student's probabilities, and these times their logarithm to what they are measured against (for beta 0: less the teacher's)
  const p = new Float64Array(grad ? width : 0);
  const slopes = new Float64Array(grad ? width : 0);
  let sum = 0;
  for (let row = 0; row < call.rows; row++) {
    const start = row * width;
    const end = start + width;
    const ofStudent = logSumExp(student, start, end, share);
    const ofTeacher = logSumExp(teacher, start, end, share);
    const upstream = call.scale * share * (call.gradOutput ? (call.gradOutput[row] as number) : 1);
    let value = 0;
    let own = 0; // KL(S‖·), which the gradient of beta > 0 needs
    for (let i = start; i < end; i++) {
      const s = (student[i] as number) * share - ofStudent;
      const q = (teacher[i] as number) * share - ofTeacher;
      const lead = s >= q; // whether the student's probability is the larger
      const larger = Math.exp(lead ? s : q);
      let slope = 0;
      let probability = 0;
      // a term whose factor is 0 is 0, whatever its logarithm
      if (larger !== 0) {
        const apart = Math.abs(((student[i] as number) - (teacher[i] as number)) * share + (ofTeacher - ofStudent));
        const ratio = Math.exp(-apart); // of the smaller to the larger
        const less = -Math.expm1(-apart); // 1 − ratio
        const both = ratio === 0 ? 0 : ratio * apart;
        probability = lead ? larger : larger * ratio;
        if (beta === 0) {
          value += larger * (lead ? less - both : apart - less);
          slope = lead ? larger * less : -larger * less;
        } else if (beta === 1) {
          value += larger * (lead ? apart - less : less - both);
          slope = larger * (lead ? apart : -both);
        } else {
          const w = lead ? beta : 1 - beta; // of the smaller in the mixture
          const log = Math.log1p(-Math.min(w * less, NEAR_ONE)); // of the mixture to the larger
          value -= larger * ((1 - w + w * ratio) * log + w * both);
          slope = -larger * (lead ? log : both + ratio * log);
          own += slope + larger * (lead ? -w * less : (1 - w) * less);
        }
      }
      p[i - start] = probability; // nowhere, where no gradient is wanted
      slopes[i - start] = slope;
    }
    if (beta === 1) own = value;
    sum += value;
    if (values) values[row] = value;
    if (!grad) continue;
    const factor = upstream * (beta === 0 || beta === 1 ? 1 : 1 - beta);
    for (let i = 0; i < width; i++) {
      // what the mixture moves by cancels against the sum of the probabilities: p (log p − log m − KL) is left
      const slope = p[i] === 0 && beta > 0 ? 0 : (slopes[i] as number) - own * (p[i] as number);
      grad[start + i] = Number.isNaN(value) ? Number.NaN : slope * factor;
    }
  }
  return sum;
}
