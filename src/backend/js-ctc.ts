// CTC in JavaScript: forward and backward recursion in log space.

import type { CtcCall } from "./seam.js";

const NEVER = Number.NEGATIVE_INFINITY;

function logAdd(a: number, b: number): number {
  const max = Math.max(a, b);
  return max === NEVER ? NEVER : max + Math.log1p(Math.exp(Math.min(a, b) - max));
}

export function ctc(call: CtcCall): void {
  for (let sample = 0; sample < call.batch; sample++) sampleOf(call, sample);
}

function sampleOf(call: CtcCall, sample: number): void {
  const { x, batch, classes, blank, labels } = call;
  const steps = call.times[sample] as number;
  const length = call.lengths[sample] as number;
  const start = call.starts[sample] as number;
  // blank, label 1, blank, label 2, ..., blank
  const states = 2 * length + 1;
  const classOf = (s: number): number => (s % 2 === 0 ? blank : (labels[start + (s >> 1)] as number));
  const mayJump = (s: number): boolean => s % 2 === 1 && s > 1 && classOf(s) !== classOf(s - 2);
  const emission = (t: number, s: number): number => x[(t * batch + sample) * classes + classOf(s)] as number;

  const alpha = new Float64Array(steps * states).fill(NEVER);
  for (let s = 0; s < Math.min(2, states) && steps > 0; s++) alpha[s] = emission(0, s);
  for (let t = 1; t < steps; t++) {
    const before = (t - 1) * states;
    for (let s = 0; s < states; s++) {
      let sum = alpha[before + s] as number;
      if (s > 0) sum = logAdd(sum, alpha[before + s - 1] as number);
      if (mayJump(s)) sum = logAdd(sum, alpha[before + s - 2] as number);
      alpha[t * states + s] = sum + emission(t, s);
    }
  }
  // a NaN or +infinity among the emissions makes NaN, whether a path of the sample meets it or not: as on WebAssembly
  let poison = 0;
  for (let t = 0; t < steps; t++) for (let s = 0; s < states; s++) if (!(emission(t, s) < Number.POSITIVE_INFINITY)) poison = Number.NaN;
  let likelihood = length === 0 ? 0 : NEVER;
  if (steps > 0) {
    likelihood = alpha[steps * states - 1] as number;
    if (states > 1) likelihood = logAdd(likelihood, alpha[steps * states - 2] as number);
  }
  likelihood += poison;
  call.losses[sample] = -likelihood;
  if (call.grad) gradient(call, sample, steps, states, likelihood, alpha, { classOf, mayJump, emission });
}

interface States {
  classOf: (s: number) => number;
  mayJump: (s: number) => boolean;
  emission: (t: number, s: number) => number;
}

/** factor * (e^x - probability of the class at that time); 0 beyond the sample's time. */
function gradient(call: CtcCall, sample: number, steps: number, states: number, likelihood: number, alpha: Float64Array, of: States): void {
  const { x, batch, classes } = call;
  const grad = call.grad as NonNullable<CtcCall["grad"]>;
  const factor = call.factors[sample] as number;
  const live = likelihood === NEVER && call.zeroInfinity ? 0 : steps;
  let beta = new Float64Array(states);
  let after = new Float64Array(states);
  const occupied = new Float64Array(classes);
  for (let t = call.steps - 1; t >= 0; t--) {
    const row = (t * batch + sample) * classes;
    if (t >= live) {
      for (let c = 0; c < classes; c++) grad[row + c] = 0;
      continue;
    }
    occupied.fill(0);
    for (let s = 0; s < states; s++) {
      let sum: number;
      if (t === steps - 1) sum = s >= states - 2 ? 0 : NEVER;
      else {
        sum = after[s] as number;
        if (s + 1 < states) sum = logAdd(sum, after[s + 1] as number);
        if (s + 2 < states && of.mayJump(s + 2)) sum = logAdd(sum, after[s + 2] as number);
      }
      const c = of.classOf(s);
      occupied[c] = (occupied[c] as number) + Math.exp((alpha[t * states + s] as number) + sum - likelihood);
      beta[s] = sum + of.emission(t, s);
    }
    for (let c = 0; c < classes; c++) {
      grad[row + c] = likelihood === NEVER || Number.isNaN(likelihood) ? Number.NaN : (Math.exp(x[row + c] as number) - (occupied[c] as number)) * factor;
    }
    [beta, after] = [after, beta];
  }
}
