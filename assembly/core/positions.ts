// Work on a staged tile that belongs to no op: factors of each position, range checks. Lengths in elements; reads and writes whole vectors.

import { Kernel } from "./kernel";
import { Lanes, TURNS } from "./lanes";

/** x *= f, and the sum of what comes out. */
@unmanaged
class Multiply extends Kernel {
  @inline static run<T extends number>(x: usize, f: usize, n: i32): f64 {
    const bytes = n * sizeof<T>();
    const whole = x + (bytes & -16);
    const stop = x + bytes;
    let wide = f64x2.splat(0);
    while (x < stop) {
      let sum = f64x2.splat(0);
      const end = x < whole ? min(whole, x + 16 * TURNS) : stop;
      do {
        const y = v128.mul<T>(v128.load(x), v128.load(f));
        v128.store(x, y);
        sum = v128.add<T>(sum, y);
        x += 16;
        f += 16;
      } while (x < end);
      if (x > stop) sum = v128.and(sum, Lanes.first(16 - <i32>(x - stop)));
      wide = Lanes.widen<T>(wide, sum);
    }
    return Lanes.total(wide);
  }
}

/** How many leading elements are known to lie in [low, high] (NaN does not): n or more if all do, else the start of the block of one that does not. */
@unmanaged
class Within extends Kernel {
  @inline static run<T extends number>(x: usize, n: i32, low: f64, high: f64): i32 {
    const size: i32 = sizeof<T>();
    const lowest = Lanes.splat<T>(low);
    const highest = Lanes.splat<T>(high);
    const start = x;
    const whole = x + ((n * size) & -16);
    const stop = x + n * size;
    while (x < stop) {
      const block = x;
      // the last, partial vector is a block of its own
      const partial = x >= whole;
      const end = partial ? stop : min(whole, x + 16 * TURNS);
      let inside = Lanes.ones();
      // four vectors a turn: 0.87 of the time
      while (x + 64 <= end) {
        const y = v128.load(x);
        const y1 = v128.load(x, 16);
        const y2 = v128.load(x, 32);
        const y3 = v128.load(x, 48);
        const low01 = v128.and(v128.ge<T>(y, lowest), v128.ge<T>(y1, lowest));
        const low23 = v128.and(v128.ge<T>(y2, lowest), v128.ge<T>(y3, lowest));
        const high01 = v128.and(v128.le<T>(y, highest), v128.le<T>(y1, highest));
        const high23 = v128.and(v128.le<T>(y2, highest), v128.le<T>(y3, highest));
        inside = v128.and(inside, v128.and(v128.and(low01, low23), v128.and(high01, high23)));
        x += 64;
      }
      for (; x < end; x += 16) {
        const y = v128.load(x);
        inside = v128.and(inside, v128.and(v128.ge<T>(y, lowest), v128.le<T>(y, highest)));
      }
      const mask = Lanes.first(partial ? <i32>(stop - block) : 16);
      if (v128.any_true(v128.andnot(mask, inside))) return <i32>(block - start) / size;
    }
    return n;
  }
}

/**
 * The exact sum of n elements (what fills the last vector is 0) as two doubles at `out`, by two rounds of src/array/exact.ts at once. Returns 0, and
 * writes nothing, where more than two would be needed: for NaN, infinities, the very large, and a wide range of magnitudes.
 */
@unmanaged
class TwoSums extends Kernel {
  @inline static run<T extends number>(x: usize, n: i32, out: usize): i32 {
    const stop = x + n * sizeof<T>();
    let largest: f64;
    if (sizeof<T>() == 4) {
      // as integers, which are ordered as what they are the bits of; NaN is above infinity. f32x4.max is eight instructions
      const magnitude = v128.load32_splat(MAGNITUDE);
      let m = i32x4.splat(0);
      for (let at = x; at < stop; at += 16) m = i32x4.max_s(m, v128.and(v128.load(at), magnitude));
      m = i32x4.max_s(m, v128.shuffle<i32>(m, m, 2, 3, 0, 1));
      largest = <f64>reinterpret<f32>(i32x4.extract_lane(i32x4.max_s(m, v128.shuffle<i32>(m, m, 1, 0, 3, 2)), 0));
    } else {
      let m = f64x2.splat(0);
      for (let at = x; at < stop; at += 16) m = f64x2.max(m, f64x2.abs(v128.load(at)));
      largest = Math.max(f64x2.extract_lane(m, 0), f64x2.extract_lane(m, 1));
    }
    if (!(largest < HUGE_TERM)) return 0;
    // 1.5 times the power of two that is TILE_CARRY times that of the largest
    const bits = (reinterpret<u64>(largest * TILE_CARRY) & 0x7ff0000000000000) | 0x0008000000000000;
    const first = f64x2.splat(reinterpret<f64>(bits));
    const second = f64x2.splat(reinterpret<f64>(bits) * TILE_SECOND);
    let high = f64x2.splat(0);
    let low = f64x2.splat(0);
    let high1 = f64x2.splat(0);
    let low1 = f64x2.splat(0);
    let rest = f64x2.splat(0);
    for (; x < stop; x += 16) {
      const terms = v128.load(x);
      const term = sizeof<T>() == 4 ? f64x2.promote_low_f32x4(terms) : terms;
      const part = f64x2.sub(f64x2.add(term, first), first);
      const left = f64x2.sub(term, part);
      const small = f64x2.sub(f64x2.add(left, second), second);
      high = f64x2.add(high, part);
      low = f64x2.add(low, small);
      rest = v128.or(rest, v128.xor(left, small));
      if (sizeof<T>() == 4) {
        const term1 = f64x2.promote_low_f32x4(v128.shuffle<i64>(terms, terms, 1, 1));
        const part1 = f64x2.sub(f64x2.add(term1, first), first);
        const left1 = f64x2.sub(term1, part1);
        const small1 = f64x2.sub(f64x2.add(left1, second), second);
        high1 = f64x2.add(high1, part1);
        low1 = f64x2.add(low1, small1);
        rest = v128.or(rest, v128.xor(left1, small1));
      }
    }
    if (v128.any_true(rest)) return 0;
    store<f64>(out, Lanes.total(f64x2.add(high, high1)));
    store<f64>(out + 8, Lanes.total(f64x2.add(low, low1)));
    return 1;
  }
}

/** All bits but the sign. */
const MAGNITUDE = memory.data<u32>([0x7fffffff]);
/** A tile has at most 2^14 elements; the second magic number as SECOND in src/array/exact.ts, two bits further. */
const TILE_CARRY: f64 = 32768;
const TILE_SECOND: f64 = 3.637978807091713e-12;
/** 2^990, HUGE there. */
const HUGE_TERM: f64 = 1.0463951242053392e298;
