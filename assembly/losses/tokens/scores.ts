import { BEGIN, FINISH, IGNORED, REDUCE } from "../../../src/backend/protocol";
import { Block, Kernel } from "../../core/kernel";
import { Lanes, TURNS } from "../../core/lanes";
import { LONG_ROW, Long, Short, Softmax } from "../../core/softmax";
import { Cap } from "../../math/cap";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/** Parameters as below, and what a row carries from piece to piece. */
@unmanaged
class ScoresBlock extends Block {
  phases: i32 = 0;
  rows: i32 = 0;
  n: i32 = 0;
  /** Place of the piece's first logit in its row. */
  from: i32 = 0;
  /** What is asked for: whether ranks, the place of the largest, entropies; and how many of the largest. */
  ranks: i32 = 0;
  places: i32 = 0;
  entropies: i32 = 0;
  k: i32 = 0;
  x: usize = 0;
  y: usize = 0;
  targets: usize = 0;
  /** Outputs: four doubles a row, two integers a row, k of each a row. */
  doubles: usize = 0;
  integers: usize = 0;
  topValues: usize = 0;
  topTokens: usize = 0;
  /** How many of the largest are listed; the count of logits that are not below the target's; places of the largest and of the first NaN. */
  listed: i32 = 0;
  rank: i32 = 0;
  largest: i32 = 0;
  firstNaN: i32 = 0;
  /** 1 / temperature, and the cap of the logits, 0 for none. */
  inverse: f64 = 1;
  cap: f64 = 0;
  /** Largest logit, sum of e^d and of d e^d, d = z - its largest. */
  max: f64 = 0;
  sum: f64 = 0;
  dot: f64 = 0;
}

/**
 * Scores of rows of n logits x against the logit `targets` (doubles) of the token that came; z = x, or its softcap, over the temperature. Rows whose y
 * is IGNORED are passed over. doubles: log-probability of the target, entropy, log-sum-exp, largest z; integers: rank and place of the largest; the k
 * largest with their tokens. In pieces: BEGIN | REDUCE, REDUCE ..., FINISH.
 */
@unmanaged
class Scores extends Kernel {
  @inline static run<T extends number>(call: ScoresBlock): void {
    const phases = call.phases;
    const bytes = call.n * sizeof<T>();
    let x = call.x;
    for (let row = 0; row < call.rows; row++) {
      if (load<i32>(call.y + 4 * row) != IGNORED) {
        const values = call.topValues + 8 * row * call.k;
        const tokens = call.topTokens + 4 * row * call.k;
        const target = load<f64>(call.targets + 8 * row);
        if (phases & BEGIN) {
          call.max = -Infinity;
          call.sum = 0;
          call.dot = 0;
          call.listed = 0;
          call.rank = 0;
          call.largest = -1;
          call.firstNaN = -1;
        }
        if (phases & REDUCE) {
          // a block at a time, which stays in the first-level cache while one loop after the other looks at it
          for (let at = 0; at < bytes; at += BLOCK) {
            const part = min(BLOCK, bytes - at);
            const from = call.from + at / sizeof<T>();
            const largest = Softmax.largest<T, Long>(x + at, part);
            // few blocks have one of the largest
            if (call.k && (call.listed < call.k || largest > load<f64>(values + 8 * (call.k - 1)))) Scores.list<T>(call, x + at, part, from, values, tokens);
            if (call.ranks) call.rank = call.rank + Scores.count<T>(x + at, part, target);
            if (sizeof<T>() == 4 && part >= 4 * LONG_ROW) Scores.reduce<T, Long>(call, x + at, part, from, largest);
            else Scores.reduce<T, Short>(call, x + at, part, from, largest);
          }
        }
        if (phases & FINISH) Scores.finish(call, row, target, values, tokens);
      }
      x += bytes;
    }
  }

  /** A logit under the cap, if there is one. */
  @inline static capped(x: f64, cap: f64): f64 {
    return cap == 0 ? x : f64x2.extract_lane(Cap.value(f64x2.splat(x), f64x2.splat(cap)), 0);
  }

  @inline static reduce<T extends number, Length>(call: ScoresBlock, x: usize, bytes: i32, from: i32, piece: f64): void {
    const before = call.max;
    if (piece > before || (before == -Infinity && call.largest < 0)) {
      if (call.places) call.largest = from + Scores.find<T>(x, bytes, piece);
      if (before > -Infinity) {
        const delta = (Scores.capped(before, call.cap) - Scores.capped(piece, call.cap)) * call.inverse;
        const factor = f64x2.extract_lane(Exp.nonpositive<f64>(f64x2.splat(delta)), 0);
        call.dot = (call.dot + call.sum * delta) * factor;
        call.sum = call.sum * factor;
      }
      call.max = piece;
    }
    // nothing but -infinity so far: measured from 0, exponentials are 0
    const max = call.max == -Infinity ? 0 : call.max;
    if (call.cap != 0) Scores.exponentials<T, Short>(call, true, x, bytes, Scores.capped(max, call.cap));
    else if (call.entropies) Scores.exponentials<T, Length>(call, false, x, bytes, max);
    else call.sum = call.sum + Softmax.sum<T, Length>(x, bytes, Lanes.splat<T>(max), true, call.inverse);
    if (!(call.sum < Infinity) && call.firstNaN < 0) call.firstNaN = Scores.findNaN<T>(from, x, bytes);
  }

  /** Place of the first logit that is this; 0 where none is, which is so where all are NaN. */
  @inline static find<T extends number>(x: usize, bytes: i32, value: f64): i32 {
    const all = Lanes.splat<T>(value);
    const start = x;
    const stop = x + bytes;
    const whole = x + (bytes & -16);
    while (x < whole && !v128.any_true(v128.eq<T>(v128.load(x), all))) x += 16;
    while (x < stop && Lanes.load<T>(x) != value) x += sizeof<T>();
    return x < stop ? <i32>(x - start) / sizeof<T>() : 0;
  }

  @inline static findNaN<T extends number>(from: i32, x: usize, bytes: i32): i32 {
    const start = x;
    const stop = x + bytes;
    for (; x < stop; x += sizeof<T>()) {
      const one = Lanes.load<T>(x);
      if (!(one <= Infinity)) return from + <i32>(x - start) / sizeof<T>();
    }
    return -1;
  }

  /** How many logits are not below the target's. */
  @inline static count<T extends number>(x: usize, bytes: i32, target: f64): i32 {
    const all = Lanes.splat<T>(target);
    const stop = x + bytes;
    const whole = x + (bytes & -32);
    // a mask is -1 in each lane that counts; a lane of 32 bits holds the count of any row
    let counts = i32x4.splat(0);
    let counts1 = counts;
    for (; x < whole; x += 32) {
      counts = i32x4.sub(counts, v128.ge<T>(v128.load(x), all));
      counts1 = i32x4.sub(counts1, v128.ge<T>(v128.load(x, 16), all));
    }
    counts = i32x4.add(counts, counts1);
    let count = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 2);
    if (sizeof<T>() == 4) count += i32x4.extract_lane(counts, 1) + i32x4.extract_lane(counts, 3);
    for (; x < stop; x += sizeof<T>()) if (Lanes.load<T>(x) >= target) count++;
    return count;
  }

  /** The k largest so far, in descending order: those that are larger than the last of them go in, which few are. */
  @inline static list<T extends number>(call: ScoresBlock, x: usize, bytes: i32, from: i32, values: usize, tokens: usize): void {
    const k = call.k;
    const start = x;
    const stop = x + bytes;
    const whole = x + (bytes & -16);
    let listed = call.listed;
    let least: f64 = listed == k ? load<f64>(values + 8 * (k - 1)) : -Infinity;
    while (x < stop) {
      // vectors in which nothing is larger; where the list is still to be filled anything goes in
      if (listed == k && ((x - start) & 15) == 0) {
        const all = Lanes.splat<T>(least);
        while (x < whole && !v128.any_true(v128.gt<T>(v128.load(x), all))) x += 16;
        if (x >= stop) break;
      }
      const one = Lanes.load<T>(x);
      if (listed < k || one > least) {
        let at = listed < k ? listed++ : k - 1;
        for (; at > 0 && load<f64>(values + 8 * (at - 1)) < one; at--) {
          store<f64>(values + 8 * at, load<f64>(values + 8 * (at - 1)));
          store<i32>(tokens + 4 * at, load<i32>(tokens + 4 * (at - 1)));
        }
        store<f64>(values + 8 * at, one);
        store<i32>(tokens + 4 * at, from + <i32>(x - start) / sizeof<T>());
        if (listed == k) least = load<f64>(values + 8 * (k - 1));
      }
      x += sizeof<T>();
    }
    call.listed = listed;
  }

  /** Adds up e^d and d e^d. */
  @inline static exponentials<T extends number, Length>(call: ScoresBlock, capped: bool, x: usize, bytes: i32, max: f64): void {
    const m = Lanes.splat<T>(max);
    const wideM = f64x2.splat(max);
    const cap = f64x2.splat(call.cap);
    const inverse = Lanes.splat<T>(call.inverse);
    const least = Lanes.splat<T>(LEAST);
    // as Softmax.sum has them
    const c0 = f32x4.div(Softmax.constant(false, 0), inverse);
    const c1 = f32x4.mul(Softmax.constant(false, 1), inverse);
    const c2 = Softmax.constant(false, 2);
    const c3 = Softmax.constant(false, 3);
    const c4 = Softmax.constant(false, 4);
    const c5 = Softmax.constant(false, 5);
    const c6 = Softmax.constant(false, 6);
    const c7 = Softmax.constant(false, 7);
    const c8 = Softmax.constant(false, 8);
    const stop = x + bytes;
    const whole = x + (bytes & -16);
    let wide = f64x2.splat(0);
    let wideDot = f64x2.splat(0);
    while (x < stop) {
      let sum = f64x2.splat(0);
      let dot = f64x2.splat(0);
      // the last, partial vector is a block of its own, whose sums are masked
      const end = x < whole ? min(whole, x + 16 * TURNS) : stop;
      do {
        const logits = v128.load(x);
        let d: v128;
        let value: v128;
        if (isInteger<Length>() && ASC_FEATURE_RELAXED_SIMD) {
          // the temperature is in the constants, for d e^d beside the loop; of -infinity, bounded, e^d is 0
          d = v128.pmax<T>(v128.sub<T>(logits, m), c0);
          const t = Lanes.madd<T>(d, c1, c2);
          const f = Lanes.madd<T>(d, c1, v128.sub<T>(c2, t));
          let p = Lanes.madd<T>(c7, f, c6);
          p = Lanes.madd<T>(p, f, c5);
          p = Lanes.madd<T>(p, f, c4);
          p = Lanes.madd<T>(p, f, c3);
          p = Lanes.madd<T>(p, f, c8);
          value = v128.mul<T>(p, i32x4.shl(t, 23));
        } else {
          if (capped) {
            // the difference in doubles: large logits under a large cap keep their digits
            if (sizeof<T>() == 4) {
              const low = f64x2.sub(Cap.value(f64x2.promote_low_f32x4(logits), cap), wideM);
              d = Lanes.join(low, f64x2.sub(Cap.value(Lanes.high(logits), cap), wideM));
            } else d = f64x2.sub(Cap.value(logits, cap), wideM);
          } else d = v128.sub<T>(logits, m);
          // of -infinity, whose term is 0, not NaN; pmax(a, b) = a < b ? b : a lets NaN pass
          d = v128.pmax<T>(v128.mul<T>(d, inverse), least);
          value = Exp.nonpositive<T>(d);
        }
        sum = v128.add<T>(sum, value);
        dot = Lanes.madd<T>(value, d, dot);
        x += 16;
      } while (x < end);
      if (x > stop) {
        const mask = Lanes.first(16 - <i32>(x - stop));
        sum = v128.and(sum, mask);
        dot = v128.and(dot, mask);
      }
      wide = Lanes.widen<T>(wide, sum);
      wideDot = Lanes.widen<T>(wideDot, dot);
    }
    call.sum = call.sum + Lanes.total(wide);
    const share = isInteger<Length>() && ASC_FEATURE_RELAXED_SIMD ? call.inverse : 1;
    call.dot = call.dot + share * Lanes.total(wideDot);
  }

  @inline static finish(call: ScoresBlock, row: i32, target: f64, values: usize, tokens: usize): void {
    // nothing but -infinity: no distribution
    const sum = call.sum == 0 ? NaN : call.sum;
    const logSum = f64x2.extract_lane(Log.log<f64>(f64x2.splat(sum)), 0);
    const cap = call.cap;
    const inverse = call.inverse;
    const max = Scores.capped(call.max, cap);
    const isNotANumber = call.firstNaN >= 0;
    const out = call.doubles + 32 * row;
    store<f64>(out, (Scores.capped(target, cap) - max) * inverse - logSum);
    // rounding may take the entropy of a certain token below 0; NaN passes
    const entropy = logSum - call.dot / sum;
    store<f64>(out + 8, entropy < 0 ? 0 : entropy);
    store<f64>(out + 16, max * inverse + logSum);
    store<f64>(out + 24, isNotANumber ? NaN : max * inverse);
    store<i32>(call.integers + 8 * row, call.rank);
    store<i32>(call.integers + 8 * row + 4, isNotANumber ? call.firstNaN : call.largest);
    for (let i = 0; i < call.k; i++) {
      store<f64>(values + 8 * i, isNotANumber ? NaN : (Scores.capped(load<f64>(values + 8 * i), cap) - max) * inverse - logSum);
      if (isNotANumber) store<i32>(tokens + 4 * i, -1);
    }
  }
}

/** Bytes of a block. */
const BLOCK: i32 = 4096;
/** e to it is 0 in either type. */
const LEAST: f64 = -3e4;
