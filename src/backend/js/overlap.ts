// Losses of the overlap of groups in JavaScript.

import type { OverlapCall } from "../seam.js";

export function overlap(call: OverlapCall): number {
  const { x, t, length, fromLogits, alpha, beta, smooth, values, grad } = call;
  // of a group: the derivative of each probability by its logit, so that there is one exponential per element
  const steps = new Float64Array(fromLogits && grad ? length : 0);
  let sum = 0;
  for (let group = 0; group < call.groups; group++) {
    const start = group * length;
    const end = start + length;
    let hits = 0;
    let extra = 0;
    let missed = 0;
    if (fromLogits) {
      for (let i = start; i < end; i++) {
        const logit = x[i] as number;
        const target = t[i] as number;
        const e = Math.exp(-Math.abs(logit));
        const share = 1 / (1 + e);
        const up = Number(logit >= 0); // a branch would be mispredicted
        const p = (up + (1 - up) * e) * share;
        const hit = p * target;
        hits += hit;
        extra += p - hit;
        missed += target - hit;
        steps[i - start] = e * share * share; // nowhere, where no gradient is wanted
      }
    } else {
      for (let i = start; i < end; i++) {
        const p = x[i] as number;
        const target = t[i] as number;
        const hit = p * target;
        hits += hit;
        extra += p - hit;
        missed += target - hit;
      }
    }
    const top = hits + smooth;
    const wrong = alpha * extra + beta * missed;
    const below = top + wrong;
    const value = wrong / below; // 1 − top / below without the difference
    sum += value;
    if (values) values[group] = value;
    if (!grad) continue;
    const upstream = call.scale * (call.gradOutput ? (call.gradOutput[group] as number) : 1);
    const base = (upstream * alpha * top) / (below * below);
    const slope = (-upstream * (wrong + top * (alpha + beta))) / (below * below);
    if (fromLogits) for (let i = start; i < end; i++) grad[i] = (slope * (t[i] as number) + base) * (steps[i - start] as number);
    else for (let i = start; i < end; i++) grad[i] = slope * (t[i] as number) + base;
  }
  return sum;
}
