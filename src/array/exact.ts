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
/** Terms that are looked at together: few enough that they and what is left of them stay in the cache. */
const BLOCK = 4096;
/** Bits that the sum of a block's terms may be longer than the longest of them, and one that a rounded part may be. */
const CARRY = 2 ** 13;
/** Beyond this the magic number of a block would overflow. */
const HUGE = 2 ** 990;
/** From a block's magic number to one for what is left of its terms, at most half a unit of the first: 2^12 terms of 2^-53, and a bit to round with. */
const SECOND = 2 ** -40;
const scratch = new Float64Array(BLOCK);

/**
 * The exact sum of some terms. A block at a time: adding and subtracting 1.5 times a large power of two cuts from every term the bits above a place that all
 * terms share, few enough that a plain sum of them is exact; what is cut off is summed in the same way until nothing is left, for float32 numbers of
 * usual magnitudes after one or two rounds (Rump, Ogita and Oishi, Accurate Floating-Point Summation, 2008).
 */
export function exactSum(data: FloatArray, parts?: Parts): ExactSum {
  const total: ExactSum = { units: 0n, nan: 0, plus: 0, minus: 0 };
  const add = (start: number, end: number): void => {
    for (let at = start; at < end; at += BLOCK) addBlock(total, data, at, Math.min(end, at + BLOCK));
  };
  if (!parts || data.length < FEW) add(0, data.length);
  else {
    parts(data, (start, end, sums) => {
      if (sums) total.units += unitsOf(sums[0]) + unitsOf(sums[1]);
      else add(start, end);
    });
  }
  return total;
}

function addBlock(total: ExactSum, data: FloatArray, start: number, end: number): void {
  const largest = largestOf(data, start, end);
  if (largest < HUGE) {
    if (addTwice(total, data, start, end, magicOf(largest))) return;
    for (let i = start; i < end; i++) scratch[i - start] = data[i] as number;
    addRest(total, end - start, largest);
  } else addRest(total, end - start, setAside(total, data, start, end)); // NaN, too
}

/** The largest magnitude, infinite where there is one, NaN where there is a NaN. Two at a time: one after the other they would wait for each other. */
function largestOf(data: FloatArray, start: number, end: number): number {
  let even = 0;
  let odd = Math.abs(data[end - 1] as number); // of an odd number of terms it has no partner
  for (let i = start; i + 1 < end; i += 2) {
    even = Math.max(even, Math.abs(data[i] as number));
    odd = Math.max(odd, Math.abs(data[i + 1] as number));
  }
  return Math.max(even, odd);
}

/**
 * Two rounds in one, which is all that most blocks need: what the first leaves is below 2^-52 of its magic number, so that the second's is known before.
 * False, and nothing added, where more is left.
 */
function addTwice(total: ExactSum, data: FloatArray, start: number, end: number, magic: number): boolean {
  const second = magic * SECOND;
  let high0 = 0;
  let high1 = 0;
  let low0 = 0;
  let low1 = 0;
  let rest0 = 0;
  let rest1 = 0;
  let i = start;
  for (; i + 1 < end; i += 2) {
    const term0 = data[i] as number;
    const term1 = data[i + 1] as number;
    const part0 = term0 + magic - magic;
    const part1 = term1 + magic - magic;
    const left0 = term0 - part0;
    const left1 = term1 - part1;
    const small0 = left0 + second - second;
    const small1 = left1 + second - second;
    high0 += part0;
    high1 += part1;
    low0 += small0;
    low1 += small1;
    rest0 += Math.abs(left0 - small0);
    rest1 += Math.abs(left1 - small1);
  }
  if (i < end) {
    const term = data[i] as number;
    const part = term + magic - magic;
    const small = term - part + second - second;
    high0 += part;
    low0 += small;
    rest0 += Math.abs(term - part - small);
  }
  if (rest0 + rest1 !== 0) return false;
  // the two halves together are as short as one
  total.units += unitsOf(high0 + high1) + unitsOf(low0 + low1);
  return true;
}

/** Rounds over what is in the scratch, of which the largest is given, until nothing is left. */
function addRest(total: ExactSum, count: number, largest: number): void {
  if (!(largest < HUGE)) {
    for (let i = 0; i < count; i++) total.units += unitsOf(scratch[i] as number);
    return;
  }
  while (largest > 0) {
    const magic = magicOf(largest);
    let sum = 0;
    largest = 0;
    for (let i = 0; i < count; i++) {
      const term = scratch[i] as number;
      const part = term + magic - magic;
      const left = term - part;
      sum += part;
      scratch[i] = left;
      largest = Math.max(largest, Math.abs(left));
    }
    total.units += unitsOf(sum);
  }
}

/** 1.5 times a power of two so much above the largest term that no sum of a block's parts is longer than a double. */
function magicOf(largest: number): number {
  BITS.setFloat64(0, largest * CARRY);
  BITS.setUint32(0, (BITS.getUint32(0) & 0x7ff00000) | 0x80000);
  BITS.setUint32(4, 0);
  return BITS.getFloat64(0);
}

/** Counts what is not finite and copies the rest; returns the largest of it. */
function setAside(total: ExactSum, data: FloatArray, start: number, end: number): number {
  let largest = 0;
  for (let i = start; i < end; i++) {
    let term = data[i] as number;
    if (!Number.isFinite(term)) {
      if (Number.isNaN(term)) total.nan++;
      else if (term > 0) total.plus++;
      else total.minus++;
      term = 0;
    }
    scratch[i - start] = term;
    largest = Math.max(largest, Math.abs(term));
  }
  return largest;
}
