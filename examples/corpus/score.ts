// The score of a shard, and what scores add up to. Sums are exact: how rows are sliced, who scores which shard and in which order they are merged changes no bit.

import { setImmediate, setTimeout } from "node:timers/promises";
// the deterministic build: the machines of a fleet may differ, the bits do not
import { bitsPerByte, l1Loss, meanOf, mergeTotals, perplexity, scoreTokens, type Totals } from "losskit/deterministic";
import type { Shard } from "./shard.js";

/** Plain JSON: what a worker sends for a shard, and what they merge to. */
export interface Score {
  /** Of −log p. */
  readonly loss: Totals;
  readonly entropy: Totals;
  /** Tokens that were the likeliest, and among the five likeliest. */
  readonly first: number;
  readonly five: number;
  readonly bytes: number;
}

export interface Pace {
  /** Milliseconds that a slice may take: in between, the worker renews its locks. */
  readonly slice: number;
  /** Milliseconds of rest after each slice. */
  readonly pause: number;
}

const FIRST_ROWS = 16;

export function merge(scores: readonly Score[]): Score {
  const sum = (of: (score: Score) => number): number => scores.reduce((total, score) => total + of(score), 0);
  return {
    loss: mergeTotals(...scores.map(({ loss }) => loss)),
    entropy: mergeTotals(...scores.map(({ entropy }) => entropy)),
    first: sum(({ first }) => first),
    five: sum(({ five }) => five),
    bytes: sum(({ bytes }) => bytes),
  };
}

/** Some rows of a shard, in one call. */
function scoreRows(file: string, { tokens, bytes, logits }: Shard, vocabulary: number, start: number, end: number): Score {
  const rows = { data: logits.subarray(start * vocabulary, end * vocabulary), dims: [end - start, vocabulary], type: "float16" };
  const { totals, logprob, entropy, rank } = scoreTokens(rows, tokens.subarray(start, end), { outputs: ["logprob", "entropy", "rank"] });
  if (totals.nan > 0) throw new Error(`${file}: row ${start + logprob.findIndex(Number.isNaN)} has no probabilities: NaN, or an infinity, among its logits`);
  return {
    loss: totals,
    // entropies are not negative: their distances from zero are themselves
    entropy: l1Loss.totals(entropy, new Float64Array(entropy.length)),
    first: rank.filter((r) => r === 1).length,
    five: rank.filter((r) => r <= 5).length,
    bytes: bytes.subarray(start, end).reduce((total, n) => total + n, 0),
  };
}

/** The score of a shard, a slice at a time, each as long as the pace allows. */
export async function scoreShard(file: string, shard: Shard, vocabulary: number, { slice, pause }: Pace): Promise<Score> {
  const parts: Score[] = [];
  const length = shard.tokens.length;
  for (let start = 0, rows = FIRST_ROWS; start < length; ) {
    const end = Math.min(start + rows, length);
    const began = performance.now();
    parts.push(scoreRows(file, shard, vocabulary, start, end));
    // half of the time, since the next slice may be slower
    const fit = ((end - start) * slice) / 2 / (performance.now() - began);
    rows = Math.max(1, Math.floor(Math.min(2 * rows, fit)));
    start = end;
    await (pause > 0 ? setTimeout(pause) : setImmediate());
  }
  return merge(parts);
}

/** The numbers that people want of a score. */
export function summary({ loss, entropy, first, five, bytes }: Score) {
  return {
    tokens: loss.count,
    bytes,
    perplexity: perplexity(loss),
    bitsPerByte: bitsPerByte(loss, bytes),
    entropy: meanOf(entropy),
    first: first / loss.count,
    five: five / loss.count,
  };
}
