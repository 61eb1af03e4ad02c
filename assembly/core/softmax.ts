// What losses of rows of logits share: the largest of a row, and the sum of the exponentials measured from it.

import { Exp } from "../math/exp";
import { Lanes, TURNS } from "./lanes";

/** Which of two loops over rows: a type, since of two that differ in a number Binaryen makes one again. */
export type Long = i32;
export type Short = f32;
/** Logits from which a row of float32 is a long one. */
export const LONG_ROW: i32 = 96;

// 2^f = 1 + f * P(f), |f| <= 1/2, f the fraction of d * log2 e in one fused step; an error of 1.6 ULP that a sum never shows: 2^0 is exact, and what is
// far from the maximum weighs little. 0 lowest, 1 log2 e, 2 magic + bias (math/exp.ts), 3 ... 7 P, 8 one
const POWER = memory.data<f32>([
  -87.9, 1.44269504088896341, 12583039, 0.6931470036506653, 0.24022243916988373, 0.05550733208656311, 0.009671512991189957, 0.001326472614891827, 1, 0,
]);
// e^r as math/exp.ts has it: 0 lowest, 1 log2 e, 2 magic + bias, 3 and 4 ln 2, 5 ... 9 Q without its 1
const EXP = memory.data<f32>([
  -87.9, 1.44269504088896341, 12583039, 0.693145751953125, 1.428606765330187e-6, 0.49999991059303284, 0.1666651964187622, 0.0416690893471241,
  0.00836886465549469, 0.0013780394801869988,
]);

export class Softmax {
  @inline static largest<T extends number, Length>(x: usize, bytes: i32): f64 {
    let m0 = Lanes.splat<T>(-Infinity);
    let m1 = m0;
    const stop = x + bytes;
    const whole = x + (bytes & -32);
    if (isInteger<Length>()) {
      // a maximum waits for the one before it: four of them
      let m2 = m0;
      let m3 = m0;
      const most = x + (bytes & -64);
      while (x < most) {
        m0 = v128.pmax<T>(m0, v128.load(x));
        m1 = v128.pmax<T>(m1, v128.load(x, 16));
        m2 = v128.pmax<T>(m2, v128.load(x, 32));
        m3 = v128.pmax<T>(m3, v128.load(x, 48));
        x += 64;
      }
      m0 = v128.pmax<T>(m0, m2);
      m1 = v128.pmax<T>(m1, m3);
    }
    while (x < whole) {
      m0 = v128.pmax<T>(m0, v128.load(x));
      m1 = v128.pmax<T>(m1, v128.load(x, 16));
      x += 32;
    }
    // the rest overlaps what was seen, or is read one by one: no lane beyond the row takes part
    if (x < stop) {
      if (bytes >= 32) {
        m0 = v128.pmax<T>(m0, v128.load(stop - 32));
        m1 = v128.pmax<T>(m1, v128.load(stop - 16));
      } else {
        let m: f64 = -Infinity;
        for (; x < stop; x += sizeof<T>()) {
          const one = Lanes.load<T>(x);
          if (one > m) m = one;
        }
        return m;
      }
    }
    return Lanes.largest<T>(v128.pmax<T>(m0, m1));
  }

  /** A constant of the exponential of a long row: of that which is kept, or of that which is only summed up. */
  @inline static constant(kept: bool, index: i32): v128 {
    if (ASC_FEATURE_RELAXED_SIMD && !kept) return v128.load32_splat(POWER + 4 * index);
    return v128.load32_splat(EXP + 4 * index);
  }

  /** e^d by Horner's scheme from constants that are kept. */
  @inline static exponential(d: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128, c6: v128, c7: v128, c8: v128, c9: v128): v128 {
    const bounded = f32x4.pmax(d, c0);
    const t = Lanes.madd<f32>(bounded, c1, c2);
    const n = f32x4.sub(t, c2);
    const r = Lanes.nmadd<f32>(n, c4, Lanes.nmadd<f32>(n, c3, bounded));
    const scale = i32x4.shl(t, 23);
    let p = Lanes.madd<f32>(c9, r, c8);
    p = Lanes.madd<f32>(p, r, c7);
    p = Lanes.madd<f32>(p, r, c6);
    p = Lanes.madd<f32>(p, r, c5);
    p = Lanes.madd<f32>(p, r, Lanes.one<f32>());
    return Lanes.madd<f32>(p, f32x4.mul(r, scale), scale);
  }

  /** Sum of e^((x - m) * inverse), no x above m; `inverse` counts if `scaled`, which is known when the loop is compiled. */
  @inline static sum<T extends number, Length>(x: usize, bytes: i32, m: v128, scaled: bool, inverse: f64): f64 {
    const stop = x + bytes;
    const whole = x + (bytes & -16);
    // In locals, not read where they are used, and polynomials by Horner's scheme: the loop of a long row is limited by its instructions.
    // A short row is limited by the chain of them, which Exp.nonpositive keeps short.
    let c0 = Softmax.constant(false, 0);
    let c1 = Softmax.constant(false, 1);
    const c2 = Softmax.constant(false, 2);
    const c3 = Softmax.constant(false, 3);
    const c4 = Softmax.constant(false, 4);
    const c5 = Softmax.constant(false, 5);
    const c6 = Softmax.constant(false, 6);
    const c7 = Softmax.constant(false, 7);
    const c8 = Softmax.constant(false, 8);
    const c9 = Softmax.constant(false, 9);
    const factor = Lanes.splat<T>(inverse);
    if (scaled && ASC_FEATURE_RELAXED_SIMD) {
      c0 = f32x4.div(c0, factor);
      c1 = f32x4.mul(c1, factor);
    }
    let wide = f64x2.splat(0);
    while (x < stop) {
      let sum = f64x2.splat(0);
      // the last, partial vector is a block of its own, whose sum is masked
      const end = x < whole ? min(whole, x + 16 * TURNS) : stop;
      do {
        const d = v128.sub<T>(v128.load(x), m);
        if (isInteger<Length>() && ASC_FEATURE_RELAXED_SIMD) {
          const bounded = v128.pmax<T>(d, c0);
          const t = Lanes.madd<T>(bounded, c1, c2);
          const f = Lanes.madd<T>(bounded, c1, v128.sub<T>(c2, t));
          let p = Lanes.madd<T>(c7, f, c6);
          p = Lanes.madd<T>(p, f, c5);
          p = Lanes.madd<T>(p, f, c4);
          p = Lanes.madd<T>(p, f, c3);
          p = Lanes.madd<T>(p, f, c8);
          sum = Lanes.madd<T>(p, i32x4.shl(t, 23), sum);
        } else {
          const z = scaled ? v128.mul<T>(d, factor) : d;
          if (isInteger<Length>()) sum = v128.add<T>(sum, Softmax.exponential(z, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9));
          else sum = v128.add<T>(sum, Exp.nonpositive<T>(z));
        }
        x += 16;
      } while (x < end);
      if (x > stop) sum = v128.and(sum, Lanes.first(16 - <i32>(x - stop)));
      wide = Lanes.widen<T>(wide, sum);
    }
    return Lanes.total(wide);
  }
}
