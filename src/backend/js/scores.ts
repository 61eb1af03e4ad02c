// Scores of tokens in JavaScript: a row of logits, read twice.

import { floatsOf } from "../../array/half.js";
import type { FloatArray } from "../../array/typed.js";
import { IGNORED } from "../protocol.js";
import type { ScoresCall } from "../seam.js";

/** A call whose logits are floats. */
type Floats = ScoresCall & { readonly x: FloatArray };

export function scores(given: ScoresCall): void {
  const call = ("storage" in given.x ? { ...given, x: floatsOf(given.x) } : given) as Floats;
  for (let row = 0; row < call.positions; row++) if (call.index[row] !== IGNORED) score(call, row);
}

/** A logit under the cap, if there is one; -infinity is a mask and stays. */
function capped(x: number, softcap: number): number {
  return softcap === 0 || x === Number.NEGATIVE_INFINITY ? x : softcap * Math.tanh(x / softcap);
}

function score(call: Floats, row: number): void {
  const { x, vocabulary, softcap, temperature, k } = call;
  const base = row * vocabulary;
  const end = base + vocabulary;
  const target = x[base + (call.index[row] as number)] as number;
  let largest = Number.NEGATIVE_INFINITY;
  let place = 0;
  let rank = 0;
  let firstNaN = -1;
  for (let at = base; at < end; at++) {
    const logit = x[at] as number;
    if (logit > largest) {
      largest = logit;
      place = at - base;
    }
    if (logit >= target) rank++;
    if (firstNaN < 0 && Number.isNaN(logit)) firstNaN = at - base;
  }
  const top = capped(largest, softcap);
  const max = top === Number.NEGATIVE_INFINITY ? 0 : top;
  let sum = 0;
  let dot = 0;
  for (let at = base; at < end; at++) {
    const d = (capped(x[at] as number, softcap) - max) / temperature;
    const e = Math.exp(d);
    sum += e;
    if (e !== 0) dot += d * e;
  }
  if (sum === 0) sum = Number.NaN; // nothing but -infinity: no distribution
  const logSum = Math.log(sum);
  const logprobOf = (logit: number): number => (capped(logit, softcap) - top) / temperature - logSum;
  call.logprob[row] = logprobOf(target);
  // rounding may take the entropy of a certain token below 0
  if (call.entropy) call.entropy[row] = Math.max(0, logSum - dot / sum);
  if (call.logSumExp) call.logSumExp[row] = top / temperature + logSum;
  if (call.max) call.max[row] = firstNaN < 0 ? top / temperature : Number.NaN;
  if (call.rank) call.rank[row] = rank;
  if (call.argmax) call.argmax[row] = firstNaN < 0 ? place : firstNaN;
  if (!call.token || !call.tokenLogprob) return;
  if (firstNaN >= 0) {
    call.tokenLogprob.fill(Number.NaN, row * k, (row + 1) * k);
    return;
  }
  list(call, base, end, row * k);
  for (let i = row * k; i < (row + 1) * k; i++) call.tokenLogprob[i] = logprobOf(x[base + (call.token[i] as number)] as number);
}

/** The k tokens with the largest logits, in descending order, the lower one first on a tie: each goes in behind those that are not smaller. */
function list({ x, k, token }: Floats, base: number, end: number, first: number): void {
  const tokens = token as Int32Array;
  let listed = 0;
  for (let at = base; at < end; at++) {
    const logit = x[at] as number;
    if (listed === k && !(logit > (x[base + (tokens[first + k - 1] as number)] as number))) continue;
    let i = listed < k ? listed++ : k - 1;
    for (; i > 0 && (x[base + (tokens[first + i - 1] as number)] as number) < logit; i--) tokens[first + i] = tokens[first + i - 1] as number;
    tokens[first + i] = at - base;
  }
}
