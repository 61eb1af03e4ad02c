// Totals of a loss over data too large for one call, or one machine: exact sums, so that what is merged does not depend on how it was split.

import { exactSum, partsOf, unitsOf } from "../array/exact.js";
import type { FloatArray } from "../array/typed.js";
import type { Backend } from "../backend/seam.js";
import type { Totals } from "../types.js";
import { describe, rangeError, typeError } from "./errors.js";

/** Totals of losses of `count` samples; `weights` are the terms of what mean divides by, a one for each sample where they are null. */
export function totalsOf(losses: FloatArray, count: number, weights: FloatArray | null, sums?: Backend["sums"]): Totals {
  const { units, nan, plus, minus } = exactSum(losses, sums);
  const weight = weights ? exactSum(weights, sums).units : unitsOf(count);
  return { sum: partsOf(units), weight: partsOf(weight), count, nan, infinite: [plus, minus] };
}

function add(parts: readonly number[]): bigint {
  let units = 0n;
  for (const part of parts) units += unitsOf(part);
  return units;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const areFinite = (value: unknown): boolean => Array.isArray(value) && value.every(Number.isFinite);

/** Totals may come from a file or another machine: what is none is an error here and not a NaN later. */
function check(name: string, place: string, value: unknown): Totals {
  const totals = value as Totals | null | undefined;
  if (typeof totals !== "object" || totals === null) throw typeError(name, place, "totals of a loss", describe(value));
  for (const part of ["sum", "weight"] as const) {
    if (!areFinite(totals[part])) throw typeError(name, `${place}.${part}`, "an array of finite numbers", describe(totals[part]));
  }
  for (const part of ["count", "nan"] as const) if (!isCount(totals[part])) throw typeError(name, `${place}.${part}`, "a count", describe(totals[part]));
  const { infinite } = totals;
  if (!Array.isArray(infinite) || infinite.length !== 2 || !infinite.every(isCount)) {
    throw typeError(name, `${place}.infinite`, "two counts", describe(infinite));
  }
  return totals;
}

/**
 * Totals of all that went into some totals, exactly: any grouping and any order give the same bits, through JSON as well.
 *
 * Throws TypeError for what are no totals.
 * @example
 * mergeTotals(mseLoss.totals([1, 2], [0, 0]), mseLoss.totals([4], [0])); // { sum: [21], weight: [3], count: 3, nan: 0, infinite: [0, 0] }
 */
export function mergeTotals(...totals: readonly Totals[]): Totals {
  let sum = 0n;
  let weight = 0n;
  let count = 0;
  let nan = 0;
  let plus = 0;
  let minus = 0;
  for (let i = 0; i < totals.length; i++) {
    const one = check("mergeTotals", `argument ${i}`, totals[i]);
    sum += add(one.sum);
    weight += add(one.weight);
    count += one.count;
    nan += one.nan;
    plus += one.infinite[0];
    minus += one.infinite[1];
  }
  return { sum: partsOf(sum), weight: partsOf(weight), count, nan, infinite: [plus, minus] };
}

function mean({ sum, weight, nan, infinite: [plus, minus] }: Totals): number {
  const divisor = weight[0] ?? 0;
  if (nan > 0 || (plus > 0 && minus > 0) || divisor === 0) return Number.NaN;
  if (plus > 0) return Number.POSITIVE_INFINITY;
  if (minus > 0) return Number.NEGATIVE_INFINITY;
  // more than one part counts only where the sum is beyond the largest double, which is then each of them
  return sum.reduce((quotient, part) => quotient + part / divisor, 0);
}

/**
 * The mean of the losses that went into totals. NaN where one of them was NaN, where there were both infinities, and where the weight is 0; infinite
 * where some were.
 *
 * Throws TypeError for what are no totals.
 * @example
 * meanOf(mergeTotals(mseLoss.totals([1, 2], [0, 0]), mseLoss.totals([4], [0]))); // 7
 */
export function meanOf(totals: Totals): number {
  return mean(check("meanOf", '"totals"', totals));
}

/**
 * e^mean: of cross entropy or token scores the perplexity.
 *
 * Throws TypeError for what are no totals.
 * @example
 * perplexity(scoreTokens(tensor([2, 1, 0, 0, 3, 0], [2, 3]), [0, 1]).totals); // 1.2857
 */
export function perplexity(totals: Totals): number {
  return Math.exp(mean(check("perplexity", '"totals"', totals)));
}

/**
 * The sum of the losses in bits, per byte of the text that they are of: sum / (bytes ln 2), comparable between tokenisers.
 *
 * Throws TypeError for what are no totals, RangeError for a number of bytes that is not above 0.
 * @example
 * bitsPerByte(scoreTokens(tensor([2, 1, 0, 0, 3, 0], [2, 3]), [0, 1]).totals, 8); // 0.090624
 */
export function bitsPerByte(totals: Totals, bytes: number): number {
  const { sum, nan, infinite } = check("bitsPerByte", '"totals"', totals);
  if (typeof bytes !== "number") throw typeError("bitsPerByte", '"bytes"', "a number > 0", describe(bytes));
  if (!(bytes > 0 && bytes < Number.POSITIVE_INFINITY)) throw rangeError("bitsPerByte", '"bytes"', "a number > 0", describe(bytes));
  return mean({ sum, weight: [bytes], count: 0, nan, infinite }) / Math.LN2;
}
