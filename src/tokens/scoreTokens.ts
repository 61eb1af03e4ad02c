import { equalShapes } from "../array/shape.js";
import type { FloatArray } from "../array/typed.js";
import { scores } from "../backend/js/scores.js";
import { IGNORED } from "../backend/protocol.js";
import { describe, rangeError, shapeText, typeError } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { boolean, integer, integersOption, number, type Option, positive } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { totalsOf } from "../call/totals.js";
import { checkIntegers } from "../families/classes.js";
import type { Classes, Tensor, Totals } from "../types.js";

const WORDS = ["logprob", "rank", "entropy", "logSumExp", "max", "argmax"] as const;
/** What scoreTokens gives for each position. */
export type TokenScore = (typeof WORDS)[number];

export interface ScoreTokensOptions<O extends readonly TokenScore[] = readonly TokenScore[], K extends number = number> {
  /** What is wanted of each position; log-probabilities by default. */
  outputs?: O | undefined;
  /** How many of the most probable tokens are listed, with their log-probabilities: 0 to 256. */
  topLogprobs?: K | undefined;
  /** Divides the logits, after the cap. */
  temperature?: number | undefined;
  /** Logits count as c tanh(x / c), c > 0. */
  softcap?: number | undefined;
  /** Positions whose token is this one do not count. */
  ignoreIndex?: number | bigint | undefined;
  /** Integers in the shape of the target, 0 where a token does not count. */
  mask?: Classes | undefined;
  /** Whether position i is scored against the target at i + 1, as causal models are; the last position does not count. */
  shift?: boolean | undefined;
}

/** The most probable tokens of each position, k of them, the most probable first. */
export interface TopLogprobs {
  token: Int32Array<ArrayBuffer>;
  logprob: Float64Array<ArrayBuffer>;
}

/** The fields that were asked for, and the totals of the losses -logprob. */
export type TokenScores<O extends readonly TokenScore[], K extends number> = { totals: Totals } & {
  [W in O[number]]: W extends "rank" | "argmax" ? Int32Array<ArrayBuffer> : Float64Array<ArrayBuffer>;
} & (K extends 0 ? unknown : number extends K ? { topLogprobs?: TopLogprobs } : { topLogprobs: TopLogprobs });

// Words beside O: as in Loss, so that an editor offers every word
type ScoreTokens = <
  const O extends readonly TokenScore[] = readonly ["logprob"],
  const K extends number = 0,
  const Words extends readonly TokenScore[] = readonly TokenScore[],
>(
  logits: Tensor,
  target: Classes,
  options?: ScoreTokensOptions<O | Words, K>,
) => TokenScores<O, K>;

/** Most that topLogprobs may list. */
const MOST = 256;

function words(): Option {
  const expected = `a list of ${WORDS.map((word) => JSON.stringify(word)).join(", ")}`;
  return {
    name: "outputs",
    default: ["logprob"],
    read: (loss, place, value) => {
      if (!Array.isArray(value)) throw typeError(loss, place, expected, describe(value));
      const list: unknown[] = [...value];
      list.forEach((word, i) => {
        if (typeof word !== "string") throw typeError(loss, `${place}[${i}]`, expected, describe(word));
        if (!(WORDS as readonly string[]).includes(word)) throw rangeError(loss, `${place}[${i}]`, expected, describe(word));
      });
      return list;
    },
  };
}

const finite = (value: number): boolean => value > 0 && value < Number.POSITIVE_INFINITY;

/**
 * A language model's logits against the tokens that came, in one pass: z_y − log Σ e^z, z = x / temperature or softcap · tanh(x / softcap) / temperature,
 * and what else is asked for. PyTorch: `log_softmax`, `gather`, `topk` and more of them.
 *
 * Shapes: logits (…, V) of any float type, target (…) in any integer array. Options: `outputs` = ["logprob"] ("rank": how many logits are not below the
 * token's; "entropy"; "logSumExp"; "max", the largest z; "argmax", its first place), `topLogprobs` = 0 (k: the k most probable tokens, the lower first
 * where two are alike), `temperature` = 1, `softcap` (none), `ignoreIndex` = −100, `mask` (0: not counted), `shift` = false (true: position i against
 * target i + 1).
 * Result: `totals` of −logprob, for perplexity and mergeTotals, and arrays of doubles, of integers for ranks and places. A position that does not count
 * is not read: 0, its tokens −1. A row with NaN or +infinity, or nothing but −infinity, has no probabilities: NaN.
 * Throws RangeError for a token outside [0, V) that counts, shapes that do not fit, topLogprobs outside [0, min(V, 256)], temperature or softcap <= 0,
 * and an unknown word in outputs.
 * @example
 * scoreTokens(tensor([2, 1, 0, 0, 3, 0], [2, 3]), [0, 2]).logprob; // [-0.40761, -3.0949]
 * scoreTokens(tensor([2, 1, 0, 0, 3, 0], [2, 3]), [0, 2], { outputs: ["rank"] }).rank; // [1, 3]
 */
export const scoreTokens: LossSpec<ScoreTokens> = {
  name: "scoreTokens",
  module: "tokens",
  arguments: [{ name: "logits" }, { name: "target", classes: true }],
  options: [
    words(),
    number("topLogprobs", 0, `an integer in [0, ${MOST}]`, (value) => Number.isInteger(value) && value >= 0 && value <= MOST),
    number("temperature", 1, "a finite number > 0", finite),
    // 0, which cannot be given, is none
    positive("softcap", 0),
    integer("ignoreIndex", -100),
    integersOption("mask"),
    boolean("shift", false),
  ],
  reductions: [],
  javascript: { scores },
  run: (frame, backend) => {
    const [logits, target] = frame.operands as [Operand, Operand];
    const [outputs, k, temperature, softcap] = frame.options as [readonly TokenScore[], number, number, number];
    const { shape, place } = logits;
    if (shape.length === 0) throw rangeError(frame.loss, place, "at least one axis, of tokens", "a 0-D tensor");
    const vocabulary = shape[shape.length - 1] as number;
    const positions = target.size;
    if (!equalShapes(target.shape, shape.slice(0, -1))) {
      throw rangeError(frame.loss, target.place, `shape ${shapeText(shape.slice(0, -1))} for ${place} of shape ${shapeText(shape)}`, shapeText(target.shape));
    }
    if (k > vocabulary) throw rangeError(frame.loss, 'option "topLogprobs"', `an integer in [0, ${vocabulary}], the number of tokens`, String(k));
    const { index, count } = readTokens(frame, target, vocabulary);
    const doubles = (word: TokenScore): Float64Array | null => (outputs.includes(word) ? new Float64Array(positions) : null);
    const integers = (word: TokenScore, initial: number): Int32Array | null => (outputs.includes(word) ? new Int32Array(positions).fill(initial) : null);
    const logprob = new Float64Array(positions);
    const found = {
      entropy: doubles("entropy"),
      logSumExp: doubles("logSumExp"),
      max: doubles("max"),
      rank: integers("rank", 0),
      argmax: integers("argmax", -1),
    };
    const token = k > 0 ? new Int32Array(positions * k).fill(-1) : null;
    const tokenLogprob = k > 0 ? new Float64Array(positions * k) : null;
    if (count > 0) {
      backend().scores({ dtype: frame.dtype, x: logits.stored, positions, vocabulary, index, temperature, softcap, k, logprob, ...found, token, tokenLogprob });
    }
    const result: Record<string, unknown> = {
      totals: totalsOf(
        logprob.map((value) => -value),
        count,
        null,
      ),
    };
    for (const word of outputs) result[word] = word === "logprob" ? logprob : found[word];
    if (k > 0) result.topLogprobs = { token, logprob: tokenLogprob };
    return result as unknown as FloatArray;
  },
};

/** The token of each position, IGNORED where it does not count, and how many do. Targets of positions that do not count are not checked. */
function readTokens(frame: Frame, target: Operand, vocabulary: number): { index: Int32Array; count: number } {
  const { loss, operands, options } = frame;
  const mask = operands[2] as Operand;
  const shift = options[6] as boolean;
  const ignore = options[4] as number | bigint;
  checkIntegers(frame, target, "tokens (integers)");
  if (mask.given) {
    checkIntegers(frame, mask, "integers");
    if (!equalShapes(mask.shape, target.shape))
      throw rangeError(loss, mask.place, `the shape of ${target.place}, ${shapeText(target.shape)}`, shapeText(mask.shape));
  }
  const { shape, size } = target;
  if (shift && shape.length === 0) throw rangeError(loss, 'option "shift"', "logits with an axis of positions", "a single position");
  const line = shape.length > 0 ? (shape[shape.length - 1] as number) : 1;
  const given = target.raw as ArrayLike<number | bigint>;
  const counts = mask.given ? (mask.raw as ArrayLike<number | bigint>) : null;
  const index = new Int32Array(size).fill(IGNORED);
  const [ignored, ignoredBig] = [Number(ignore), BigInt(ignore)];
  let count = 0;
  for (let i = 0; i < size; i++) {
    if (shift && i % line === line - 1) continue;
    const from = shift ? i + 1 : i;
    if (counts && Number(counts[from]) === 0) continue;
    const token = given[from] as number | bigint;
    if (typeof token === "bigint" ? token === ignoredBig : token === ignored) continue;
    const y = Number(token);
    if (!(y >= 0 && y < vocabulary && Number.isInteger(y))) throw rangeError(loss, `${target.place}[${from}]`, `a token in [0, ${vocabulary})`, String(token));
    index[i] = y;
    count++;
  }
  return { index, count };
}
