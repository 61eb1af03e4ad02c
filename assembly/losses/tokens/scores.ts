import { BEGIN, FINISH, IGNORED, REDUCE } from "../../../src/backend/protocol";
import { Block, Kernel } from "../../core/kernel";
import { Lanes, TURNS } from "../../core/lanes";
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
          if (call.k) Scores.list<T>(call, x, bytes, values, tokens);
          if (call.ranks) call.rank = call.rank + Scores.count<T>(x, bytes, target);
          Scores.reduce<T>(call, x, bytes);
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

  @inline static reduce<T extends number>(call: ScoresBlock, x: usize, bytes: i32): void {
    const before = call.max;
    const piece = Scores.maximum<T>(x, bytes);
    if (piece > before || (before == -Infinity && call.largest < 0)) {
      if (call.places) call.largest = call.from + Scores.find<T>(x, bytes, piece);
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
    if (call.cap != 0) Scores.exponentials<T>(call, CAPPED | DOTS, x, bytes, Scores.capped(max, call.cap));
    else if (call.entropies) Scores.exponentials<T>(call, DOTS, x, bytes, max);
    else if (call.inverse != 1) Scores.exponentials<T>(call, SCALED, x, bytes, max);
    else Scores.exponentials<T>(call, 0, x, bytes, max);
    if (!(call.sum < Infinity) && call.firstNaN < 0) call.firstNaN = Scores.findNaN<T>(call.from, x, bytes);
  }

  @inline static maximum<T extends number>(x: usize, bytes: i32): f64 {
    let m0 = Lanes.splat<T>(-Infinity);
    let m1 = m0;
    const stop = x + bytes;
    const whole = x + (bytes & -32);
    for (; x < whole; x += 32) {
      m0 = v128.pmax<T>(m0, v128.load(x));
      m1 = v128.pmax<T>(m1, v128.load(x, 16));
    }
    let m = Lanes.largest<T>(v128.pmax<T>(m0, m1));
    for (; x < stop; x += sizeof<T>()) {
      const one = Lanes.load<T>(x);
      if (one > m) m = one;
    }
    return m;
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
    const whole = x + (bytes & -16);
    // a mask is -1 in each lane that counts; a lane of 32 bits holds the count of any row
    let counts = i32x4.splat(0);
    for (; x < whole; x += 16) counts = i32x4.sub(counts, v128.ge<T>(v128.load(x), all));
    let count = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 2);
    if (sizeof<T>() == 4) count += i32x4.extract_lane(counts, 1) + i32x4.extract_lane(counts, 3);
    for (; x < stop; x += sizeof<T>()) if (Lanes.load<T>(x) >= target) count++;
    return count;
  }

  /** The k largest so far, in descending order: those that are larger than the last of them go in, which few are. */
  @inline static list<T extends number>(call: ScoresBlock, x: usize, bytes: i32, values: usize, tokens: usize): void {
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
        store<i32>(tokens + 4 * at, call.from + <i32>(x - start) / sizeof<T>());
        if (listed == k) least = load<f64>(values + 8 * (k - 1));
      }
      x += sizeof<T>();
    }
    call.listed = listed;
  }

  @inline static exponentials<T extends number>(call: ScoresBlock, mode: i32, x: usize, bytes: i32, max: f64): void {
    const m = Lanes.splat<T>(max);
    const wideM = f64x2.splat(max);
    const cap = f64x2.splat(call.cap);
    const inverse = Lanes.splat<T>(call.inverse);
    const least = Lanes.splat<T>(LEAST);
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
        if (mode & CAPPED) {
          // the difference in doubles: large logits under a large cap keep their digits
          if (sizeof<T>() == 4) {
            const low = f64x2.sub(Cap.value(f64x2.promote_low_f32x4(logits), cap), wideM);
            d = Lanes.join(low, f64x2.sub(Cap.value(Lanes.high(logits), cap), wideM));
          } else d = f64x2.sub(Cap.value(logits, cap), wideM);
        } else d = v128.sub<T>(logits, m);
        if (mode & (DOTS | SCALED)) d = v128.mul<T>(d, inverse);
        // of -infinity, whose term is 0, not NaN; pmax(a, b) = a < b ? b : a lets NaN pass
        if (mode & DOTS) d = v128.pmax<T>(d, least);
        const value = Exp.nonpositive<T>(d);
        sum = v128.add<T>(sum, value);
        if (mode & DOTS) dot = Lanes.madd<T>(value, d, dot);
        x += 16;
      } while (x < end);
      if (x > stop) {
        const mask = Lanes.first(16 - <i32>(x - stop));
        sum = v128.and(sum, mask);
        dot = v128.and(dot, mask);
      }
      wide = Lanes.widen<T>(wide, sum);
      if (mode & DOTS) wideDot = Lanes.widen<T>(wideDot, dot);
    }
    call.sum = call.sum + Lanes.total(wide);
    if (mode & DOTS) call.dot = call.dot + Lanes.total(wideDot);
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

/** What a loop over exponentials does beside adding them up. */
const CAPPED: i32 = 1;
const DOTS: i32 = 2;
const SCALED: i32 = 4;
/** e to it is 0 in either type. */
const LEAST: f64 = -3e4;
