// CTC in JavaScript. As on WebAssembly (assembly/losses/ctc/ctc.ts), a recursion over scaled probabilities where that loses nothing, else log space.

import { CTC_MOST } from "../protocol.js";
import type { CtcCall } from "../seam.js";

const NEVER = Number.NEGATIVE_INFINITY;
/** Least share of all alignments that a step of the scaled recursion must still see: assembly/losses/ctc/ctc.ts. */
const LEAST = 1e-240;

/** One sample: its states are blank, label 1, blank, label 2, ..., blank. */
interface Sample {
  readonly steps: number;
  readonly states: number;
  /** Class of each state; and whether a state may follow the one two before it, with two of padding behind. */
  readonly symbols: Int32Array;
  readonly jumps: Uint8Array;
  /** Log-probability of a state's class at a step. */
  readonly emission: (t: number, s: number) => number;
  /** What the recursions leave: the weight of each state at each step, and what the weights of a step are divided by. */
  readonly weights: Float64Array;
  readonly sums: Float64Array;
}

export function ctc(call: CtcCall): void {
  for (let n = 0; n < call.batch; n++) {
    const sample = sampleOf(call, n);
    let likelihood = sample.states === 1 ? 0 : NEVER;
    if (sample.steps > 0) {
      const high = poisoned(sample, CTC_MOST);
      likelihood = high ? Number.NaN : scaled(sample);
      if (Number.isNaN(likelihood)) likelihood = logSpace(sample);
      // a NaN or +infinity among the emissions makes NaN, whether a path of the sample meets it or not: as on WebAssembly
      if (high && poisoned(sample, Number.MAX_VALUE)) likelihood = Number.NaN;
    }
    call.losses[n] = -likelihood;
    if (call.grad) gradient(call, n, sample, likelihood);
  }
}

function sampleOf({ x, batch, classes, blank, labels, starts, lengths, times }: CtcCall, n: number): Sample {
  const steps = times[n] as number;
  const length = lengths[n] as number;
  const states = 2 * length + 1;
  const symbols = new Int32Array(states).fill(blank);
  const jumps = new Uint8Array(states + 2);
  for (let k = 0; k < length; k++) {
    symbols[2 * k + 1] = labels[(starts[n] as number) + k] as number;
    if (k > 0 && symbols[2 * k + 1] !== symbols[2 * k - 1]) jumps[2 * k + 1] = 1;
  }
  const emission = (t: number, s: number): number => x[(t * batch + n) * classes + (symbols[s] as number)] as number;
  return { steps, states, symbols, jumps, emission, weights: new Float64Array(steps * states), sums: new Float64Array(steps) };
}

/** Whether an emission is above `most`, or NaN. */
function poisoned({ steps, states, emission }: Sample, most: number): boolean {
  for (let t = 0; t < steps; t++) {
    if (!(emission(t, 0) <= most)) return true;
    for (let s = 1; s < states; s += 2) if (!(emission(t, s) <= most)) return true;
  }
  return false;
}

/** The log-likelihood, or NaN where too much would be lost. Rows are scaled by their largest value. */
function scaled({ steps, states, jumps, emission, weights, sums }: Sample): number {
  const probabilities = new Float64Array(steps * (states + 1)); // of blank and each label, at the places of their first states
  let shift = 0;
  let scale = 1;
  for (let t = 0; t < steps; t++) {
    const now = t * states;
    const before = now - states;
    const row = t * (states + 1);
    const silence = Math.exp(emission(t, 0));
    probabilities[row] = silence;
    let largest = 0;
    let p1 = 0; // of the state before, and of the one before that
    let p2 = 0;
    for (let s = 0; s < states; s++) {
      let probability = silence;
      if (s & 1) {
        probability = Math.exp(emission(t, s));
        probabilities[row + s] = probability;
      }
      const p0 = t === 0 ? Number(s < 2) : (weights[before + s] as number);
      const value = (t === 0 ? p0 : p0 + p1 + (jumps[s] as number) * p2) * scale * probability;
      weights[now + s] = value;
      if (value > largest) largest = value;
      p2 = p1;
      p1 = p0;
    }
    if (t < steps - 1) {
      scale = 1 / largest;
      shift += Math.log(largest);
    }
  }
  const last = steps * states - 1;
  const likelihood = shift + Math.log((weights[last] as number) + (states > 1 ? (weights[last - 1] as number) : 0));

  const beta = new Float64Array(states + 2); // in place: a state reads itself and what follows, and is met before what precedes
  scale = 1;
  for (let t = steps - 1; t >= 0; t--) {
    const now = t * states;
    const row = t * (states + 1);
    const silence = probabilities[row] as number;
    let largest = 0;
    let sum = 0;
    for (let s = 0; s < states; s++) {
      const after =
        t === steps - 1
          ? Number(s >= states - 2)
          : ((beta[s] as number) + (beta[s + 1] as number) + (jumps[s + 2] as number) * (beta[s + 2] as number)) * scale;
      const weight = (weights[now + s] as number) * after;
      weights[now + s] = weight;
      sum += weight;
      const value = after * (s & 1 ? (probabilities[row + s] as number) : silence);
      beta[s] = value;
      if (value > largest) largest = value;
    }
    if (!(sum >= LEAST)) return Number.NaN;
    sums[t] = sum;
    scale = 1 / largest;
  }
  return likelihood;
}

function logAdd(a: number, b: number): number {
  const max = Math.max(a, b);
  return max === NEVER ? NEVER : max + Math.log1p(Math.exp(Math.min(a, b) - max));
}

/** The log-likelihood, whatever the range. */
function logSpace({ steps, states, jumps, emission, weights: alpha, sums }: Sample): number {
  alpha.fill(NEVER);
  for (let s = 0; s < Math.min(2, states); s++) alpha[s] = emission(0, s);
  for (let t = 1; t < steps; t++) {
    const before = (t - 1) * states;
    for (let s = 0; s < states; s++) {
      let sum = alpha[before + s] as number;
      if (s > 0) sum = logAdd(sum, alpha[before + s - 1] as number);
      if (jumps[s]) sum = logAdd(sum, alpha[before + s - 2] as number);
      alpha[t * states + s] = sum + emission(t, s);
    }
  }
  let likelihood = alpha[steps * states - 1] as number;
  if (states > 1) likelihood = logAdd(likelihood, alpha[steps * states - 2] as number);

  let beta = new Float64Array(states);
  let after = new Float64Array(states);
  for (let t = steps - 1; t >= 0; t--) {
    let total = 0;
    for (let s = 0; s < states; s++) {
      let sum: number;
      if (t === steps - 1) sum = s >= states - 2 ? 0 : NEVER;
      else {
        sum = after[s] as number;
        if (s + 1 < states) sum = logAdd(sum, after[s + 1] as number);
        if (jumps[s + 2]) sum = logAdd(sum, after[s + 2] as number);
      }
      const weight = Math.exp((alpha[t * states + s] as number) + sum - likelihood);
      alpha[t * states + s] = weight;
      total += weight;
      beta[s] = sum + emission(t, s);
    }
    sums[t] = total; // 1, but for what rounding did to logarithms of large numbers
    [beta, after] = [after, beta];
  }
  return likelihood;
}

/** factor * (e^x - probability of the class at that time); 0 beyond the sample's time. */
function gradient(call: CtcCall, n: number, { steps, states, symbols, weights, sums }: Sample, likelihood: number): void {
  const { x, batch, classes } = call;
  const grad = call.grad as NonNullable<CtcCall["grad"]>;
  const factor = call.factors[n] as number;
  const lost = likelihood === NEVER || Number.isNaN(likelihood);
  const live = likelihood === NEVER && call.zeroInfinity ? 0 : steps;
  const occupied = new Float64Array(live > 0 ? classes : 0); // no step: any number of classes
  for (let t = 0; t < call.steps; t++) {
    const row = (t * batch + n) * classes;
    if (t >= live || lost) {
      for (let c = 0; c < classes; c++) grad[row + c] = t < live ? Number.NaN : 0;
      continue;
    }
    occupied.fill(0);
    for (let s = 0; s < states; s++) {
      const c = symbols[s] as number;
      occupied[c] = (occupied[c] as number) + (weights[t * states + s] as number);
    }
    const share = 1 / (sums[t] as number);
    for (let c = 0; c < classes; c++) grad[row + c] = (Math.exp(x[row + c] as number) - (occupied[c] as number) * share) * factor;
  }
}
