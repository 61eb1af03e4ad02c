// Losses of the overlap of groups in JavaScript.

import type { OverlapCall } from "../seam.js";

function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

export function overlap(call: OverlapCall): number {
  const { x, t, length, fromLogits, alpha, beta, smooth, values, grad } = call;
  let sum = 0;
  for (let group = 0; group < call.groups; group++) {
    const start = group * length;
    const end = start + length;
    let hits = 0;
    let extra = 0;
    let missed = 0;
    for (let i = start; i < end; i++) {
      const p = fromLogits ? sigmoid(x[i] as number) : (x[i] as number);
      const target = t[i] as number;
      hits += p * target;
      extra += p * (1 - target);
      missed += (1 - p) * target;
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
    for (let i = start; i < end; i++) {
      const e = fromLogits ? Math.exp(-Math.abs(x[i] as number)) : 0;
      grad[i] = (slope * (t[i] as number) + base) * (fromLogits ? e / ((1 + e) * (1 + e)) : 1);
    }
  }
  return sum;
}
