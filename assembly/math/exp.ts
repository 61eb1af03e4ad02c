import { Lanes } from "../core/lanes";

// exp(x) = 2^n * e^r with n = round(x / ln 2) and |r| <= ln 2 / 2.
// n is found by adding a magic number: the low mantissa bits of x / ln 2 + 1.5 * 2^23 (2^52) are round(x / ln 2). Three times faster than nearest + trunc_sat.
// ln 2 is split in two so that n * high is exact without a fused multiply-add: 0x1.62e4p-1 + 0x1.7f7d1cp-20 (float32, as XNNPACK's
// f32-raddstoreexpminusmax has it), 0x1.62e42feep-1 + 0x1.a39ef35793c76p-33 (float64, FreeBSD e_exp.c).
// e^r: float32 by 1 + r * Q(r), Q of degree 5 with the least largest relative error (2^-28.9, Remez: scripts/coefficients.py);
// float64 by the Taylor series up to r^13 / 13!, whose remainder is below 2^-57.

// 0 log2(e), 1 magic, 2 magic + bias, 3 ln2 high, 4 ln2 low, 5 lowest for nonpositive, 6 lowest, 7 highest, 8 ... coefficients, highest power first
const F32 = memory.data<f32>([
  1.44269504088896341, 12582912, 12583039, 0.693145751953125, 1.428606765330187e-6, -87.9, -104, 89, 0.00138436534012, 0.00837415528989, 0.041668002039,
  0.16666431263, 0.49999994209, 1.00000003216, 1,
]);
const F64 = memory.data<f64>([
  1.442695040888963387, 6755399441055744, 6755399441056767, 6.9314718036912381649e-1, 1.90821492927058770002e-10, -709, -746, 710, 1.6059043836821613e-10,
  2.08767569878681e-9, 2.505210838544172e-8, 2.755731922398589e-7, 2.7557319223985893e-6, 2.48015873015873e-5, 1.984126984126984e-4, 1.388888888888889e-3,
  8.333333333333333e-3, 4.1666666666666664e-2, 1.6666666666666666e-1, 0.5, 1, 1,
]);

/**
 * e^x on all lanes.
 * `Exp.nonpositive` for x <= 0: result 0 below -87.68 (float32) or -708.74 (float64), where it would leave the normal numbers; NaN passes.
 * `Exp.exp` for every x: gradual underflow, infinity above 88.72 (709.78), NaN passes.
 * Largest error: test/math.test.ts prints it for both builds.
 */
export class Exp {
  @inline static constant<T extends number>(index: i32): v128 {
    if (sizeof<T>() == 4) return Lanes.constant<T>(F32, index);
    return Lanes.constant<T>(F64, index);
  }

  /** e^r for |r| <= ln 2 / 2. */
  @inline static polynomial<T extends number>(r: v128): v128 {
    let p = Exp.constant<T>(8);
    p = Lanes.madd<T>(p, r, Exp.constant<T>(9));
    p = Lanes.madd<T>(p, r, Exp.constant<T>(10));
    p = Lanes.madd<T>(p, r, Exp.constant<T>(11));
    p = Lanes.madd<T>(p, r, Exp.constant<T>(12));
    p = Lanes.madd<T>(p, r, Exp.constant<T>(13));
    p = Lanes.madd<T>(p, r, Exp.constant<T>(14));
    if (sizeof<T>() == 8) {
      p = Lanes.madd<T>(p, r, Exp.constant<T>(15));
      p = Lanes.madd<T>(p, r, Exp.constant<T>(16));
      p = Lanes.madd<T>(p, r, Exp.constant<T>(17));
      p = Lanes.madd<T>(p, r, Exp.constant<T>(18));
      p = Lanes.madd<T>(p, r, Exp.constant<T>(19));
      p = Lanes.madd<T>(p, r, Exp.constant<T>(20));
      p = Lanes.madd<T>(p, r, Exp.constant<T>(21));
    }
    return p;
  }

  @inline static nonpositive<T extends number>(x: v128): v128 {
    // pmax(a, b) = a < b ? b : a: with the data first NaN comes through
    const bounded = v128.pmax<T>(x, Exp.constant<T>(5));
    const t = Lanes.madd<T>(bounded, Exp.constant<T>(0), Exp.constant<T>(2));
    const n = v128.sub<T>(t, Exp.constant<T>(2));
    const r = Lanes.nmadd<T>(n, Exp.constant<T>(4), Lanes.nmadd<T>(n, Exp.constant<T>(3), bounded));
    // the bias is in the magic number: shifted into the exponent field, t is 2^n, and 0 for the lowest n
    const scale = sizeof<T>() == 4 ? i32x4.shl(t, 23) : i64x2.shl(t, 52);
    return v128.mul<T>(Exp.polynomial<T>(r), scale);
  }

  @inline static exp<T extends number>(x: v128): v128 {
    const bounded = v128.pmin<T>(v128.pmax<T>(x, Exp.constant<T>(6)), Exp.constant<T>(7));
    const t = Lanes.madd<T>(bounded, Exp.constant<T>(0), Exp.constant<T>(1));
    const n = v128.sub<T>(t, Exp.constant<T>(1));
    const r = Lanes.nmadd<T>(n, Exp.constant<T>(4), Lanes.nmadd<T>(n, Exp.constant<T>(3), bounded));
    // 2^n in two steps, since n runs beyond the exponent range at both ends
    let half: v128, rest: v128;
    if (sizeof<T>() == 4) {
      const whole = i32x4.sub(t, Exp.constant<T>(1));
      half = i32x4.shr_s(whole, 1);
      rest = i32x4.shl(i32x4.add(i32x4.sub(whole, half), i32x4.splat(127)), 23);
      half = i32x4.shl(i32x4.add(half, i32x4.splat(127)), 23);
    } else {
      const whole = i64x2.sub(t, Exp.constant<T>(1));
      half = i64x2.shr_s(whole, 1);
      rest = i64x2.shl(i64x2.add(i64x2.sub(whole, half), i64x2.splat(1023)), 52);
      half = i64x2.shl(i64x2.add(half, i64x2.splat(1023)), 52);
    }
    return v128.mul<T>(v128.mul<T>(Exp.polynomial<T>(r), half), rest);
  }
}
