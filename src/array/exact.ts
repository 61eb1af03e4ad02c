// Exact sums of doubles. Every finite double is an integer times 2^-1074, so a sum is an integer, too: a BigInt, whatever the magnitudes, and whatever
// order or grouping it was added in.

import type { FloatArray } from "./typed.js";

/** The finite part of a sum, in units of 2^-1074, and how many terms were none. */
export interface ExactSum {
  units: bigint;
  nan: number;
  plus: number;
  minus: number;
}

const BITS = new DataView(new ArrayBuffer(8));
/** Bits of a double below its leading one. */
const MANTISSA = 52n;
/** Binary digits of a unit behind the point. */
const UNIT_SHIFT = 1074;

/** A finite double in units of 2^-1074. */
export function unitsOf(value: number): bigint {
  BITS.setFloat64(0, value);
  const bits = BITS.getBigUint64(0);
  const exponent = (bits >> MANTISSA) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << MANTISSA)) << (exponent - 1n);
  return bits >> 63n ? -magnitude : magnitude;
}

/** The double nearest to a number of units; the largest one for what is beyond it. */
function nearest(units: bigint): number {
  const magnitude = units < 0n ? -units : units;
  const length = magnitude.toString(2).length;
  // 64 leading bits with a sticky last one round as the whole number would
  const drop = length > 64 ? length - 64 : 0;
  let head = magnitude >> BigInt(drop);
  if (drop > 0 && head << BigInt(drop) !== magnitude) head |= 1n;
  const value = Math.min(scaled(Number(head), drop - UNIT_SHIFT), Number.MAX_VALUE);
  return units < 0n ? -value : value;
}

/** value * 2^power: in two steps, since a power of its own would leave the doubles. Whole units round to themselves. */
function scaled(value: number, power: number): number {
  const half = Math.trunc(power / 2);
  return value * 2 ** half * 2 ** (power - half);
}

/**
 * Non-overlapping doubles whose sum is so many units, the largest first: each is the double nearest to what is left, so that there is one such list for
 * each sum, and its first number is the sum, rounded once.
 */
export function partsOf(units: bigint): number[] {
  const parts: number[] = [];
  for (let left = units; left !== 0n; ) {
    const part = nearest(left);
    parts.push(part);
    left -= unitsOf(part);
  }
  return parts;
}

/** What adds up parts of the terms exactly where it can, two doubles each, and says null where it cannot: a backend, faster. */
type Parts = (data: FloatArray, take: (start: number, end: number, sums: readonly [high: number, low: number] | null) => void) => void;
/** Fewer terms than this are added here. */
const FEW = 64;
/** Four sums for eight exponents of a double: of the upper and of the lower digits of its terms, and each twice, since neighbours would wait for each other. */
const sums = new Float64Array(4 * 256);
/** Terms between two readings of the sums: with eight exponents, halves of 26 digits are 33 digits apart at most, which leaves 20 to carry into. */
const MOST = 2 ** 20;
/** From this exponent on terms are added one by one: their sums might overflow. */
const HUGE = 1984;
/** x * SPLIT - (x * SPLIT - x) is x in its upper 26 bits (Veltkamp). */
const SPLIT = 2 ** 27 + 1;

/** The exact sum of some terms: of those with about one exponent, halves of their digits add up without rounding (Neal, Fast exact summation, 2015, with integers). */
export function exactSum(data: FloatArray, parts?: Parts): ExactSum {
  const total: ExactSum = { units: 0n, nan: 0, plus: 0, minus: 0 };
  const add = (start: number, end: number): void => {
    for (let at = start; at < end; at += MOST) {
      addTerms(total, data, at, Math.min(end, at + MOST));
      for (let i = 0; i < sums.length; i++) if (sums[i] !== 0) total.units += unitsOf(sums[i] as number);
      sums.fill(0);
    }
  };
  if (!parts || data.length < FEW) add(0, data.length);
  else {
    parts(data, (start, end, pair) => {
      if (pair) total.units += unitsOf(pair[0]) + unitsOf(pair[1]);
      else add(start, end);
    });
  }
  return total;
}

function addTerms(total: ExactSum, data: FloatArray, start: number, end: number): void {
  for (let i = start; i < end; i++) {
    const term = data[i] as number;
    BITS.setFloat64(0, term);
    const exponent = (BITS.getUint16(0) >> 4) & 2047;
    if (exponent < HUGE) {
      const at = ((exponent >> 3) << 2) | ((i & 1) << 1);
      const large = term * SPLIT;
      const upper = large - (large - term);
      sums[at] = (sums[at] as number) + upper;
      sums[at + 1] = (sums[at + 1] as number) + (term - upper);
    } else if (exponent < 2047) total.units += unitsOf(term);
    else if (term > 0) total.plus++;
    else if (term < 0) total.minus++;
    else total.nan++;
  }
}
