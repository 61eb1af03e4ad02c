import { Lanes } from "../core/lanes";
import { Polynomial } from "./polynomial";

// exp(x) = 2^n * e^r with n = round(x / ln 2) and |r| <= ln 2 / 2.
// n is found by adding a magic number: the low mantissa bits of x / ln 2 + 1.5 * 2^23 (2^52) are round(x / ln 2). Three times faster than nearest + trunc_sat.
// ln 2 is split in two so that n * high is exact without a fused multiply-add: 0x1.62e4p-1 + 0x1.7f7d1cp-20 (float32, as XNNPACK's
// f32-raddstoreexpminusmax has it), 0x1.62e42feep-1 + 0x1.a39ef35793c76p-33 (float64, FreeBSD e_exp.c).
// e^r = 1 + r * Q(r) with Q(0) = 1, so that e^0 is exact; Q has degree 5 (float32) and 10 (float64). Degree 4 in float32 was 2.3 ULP and 3 % faster.

// 0 log2(e), 1 magic + twice the bias, 2 magic + bias, 3 ln2 high, 4 ln2 low, 5 lowest for nonpositive, 6 lowest, 7 highest
const F32 = memory.data<f32>([1.44269504088896341, 12583166, 12583039, 0.693145751953125, 1.428606765330187e-6, -87.9, -104, 89]);
const F64 = memory.data<f64>([1.442695040888963387, 6755399441057790, 6755399441056767, 6.9314718036912381649e-1, 1.90821492927058770002e-10, -709, -746, 710]);
// Q, lowest power first: scripts/coefficients.py
const Q32 = memory.data<f32>([1, 0.49999991059303284, 0.1666651964187622, 0.0416690893471241, 0.00836886465549469, 0.0013780394801869988]);
const Q64 = memory.data<f64>([
  1, 0.5000000000000008, 0.16666666666666302, 0.04166666666654576, 0.008333333333556951, 0.001388888894024659, 0.00019841269383936598, 0.000024801496107682257,
  0.0000027557687140727785, 2.7629303046857087e-7, 2.4970385997520038e-8,
]);

/**
 * e^x on all lanes. Errors: test/math.test.ts measures them in both builds, and reads here what it holds them to. Those of float32 were found by
 * walking every bit pattern once, those of float64 at four million points each.
 */
export class Exp {
  @inline static constant<T extends number>(index: i32): v128 {
    if (sizeof<T>() == 4) return Lanes.constant<T>(F32, index);
    return Lanes.constant<T>(F64, index);
  }

  /** x - n * ln 2, in two steps. */
  @inline static remainder<T extends number>(x: v128, n: v128): v128 {
    return Lanes.nmadd<T>(n, Exp.constant<T>(4), Lanes.nmadd<T>(n, Exp.constant<T>(3), x));
  }

  /** e^r * scale for |r| <= ln 2 / 2, as scale + r * scale * Q(r): r * scale is ready long before Q(r). */
  @inline static scaled<T extends number>(r: v128, scale: v128): v128 {
    const q = sizeof<T>() == 4 ? Polynomial.estrin<T>(Q32, 5, r) : Polynomial.estrin<T>(Q64, 10, r);
    return Lanes.madd<T>(q, v128.mul<T>(r, scale), scale);
  }

  /** The power of two in e^x for x <= 0, 0 below what Exp.nonpositive gives. */
  @inline static power<T extends number>(x: v128): v128 {
    const t = Lanes.madd<T>(v128.pmax<T>(x, Exp.constant<T>(5)), Exp.constant<T>(0), Exp.constant<T>(2));
    return sizeof<T>() == 4 ? i32x4.shl(t, 23) : i64x2.shl(t, 52);
  }

  /** e^x for x <= 0 without Exp.power(x): for e^x - 1, which has its digits where x is small, and the power is 1. NaN passes. */
  @inline static growth<T extends number>(x: v128): v128 {
    const bounded = v128.pmax<T>(x, Exp.constant<T>(5));
    const t = Lanes.madd<T>(bounded, Exp.constant<T>(0), Exp.constant<T>(2));
    const r = Exp.remainder<T>(bounded, v128.sub<T>(t, Exp.constant<T>(2)));
    const q = sizeof<T>() == 4 ? Polynomial.estrin<T>(Q32, 5, r) : Polynomial.estrin<T>(Q64, 10, r);
    return v128.mul<T>(q, v128.mul<T>(r, Exp.power<T>(x)));
  }

  /**
   * e^x for x <= 0; NaN passes.
   * float32: -87.3 <= x <= 0, at most 1.4 ULP; 0 below -87.69.
   * float64: -708.3 <= x <= 0, at most 1.5 ULP; 0 below -708.75.
   * Between the two, where results leave the normal numbers, either their neighbour or 0.
   */
  @inline static nonpositive<T extends number>(x: v128): v128 {
    // pmax(a, b) = a < b ? b : a: with the data first NaN comes through
    const bounded = v128.pmax<T>(x, Exp.constant<T>(5));
    const t = Lanes.madd<T>(bounded, Exp.constant<T>(0), Exp.constant<T>(2));
    const n = v128.sub<T>(t, Exp.constant<T>(2));
    // the bias is in the magic number: shifted into the exponent field, t is 2^n, and 0 for the lowest n
    const scale = sizeof<T>() == 4 ? i32x4.shl(t, 23) : i64x2.shl(t, 52);
    return Exp.scaled<T>(Exp.remainder<T>(bounded, n), scale);
  }

  /**
   * e^x for every x, with gradual underflow and infinity where it overflows; NaN passes.
   * float32: -104 <= x <= 88.72, at most 1.4 ULP.
   * float64: -746 <= x <= 709.78, at most 1.5 ULP.
   */
  @inline static exp<T extends number>(x: v128): v128 {
    const bounded = v128.pmin<T>(v128.pmax<T>(x, Exp.constant<T>(6)), Exp.constant<T>(7));
    const t = Lanes.madd<T>(bounded, Exp.constant<T>(0), Exp.constant<T>(1));
    const n = v128.sub<T>(t, Exp.constant<T>(1));
    // 2^n as a product, since n runs beyond the exponent range at both ends: the low bits of t are n + twice the bias, so each half of them
    // is an exponent with its bias
    let first: v128, second: v128;
    if (sizeof<T>() == 4) {
      const half = i32x4.shr_u(t, 1);
      first = i32x4.shl(half, 23);
      second = i32x4.shl(i32x4.sub(t, half), 23);
    } else {
      const half = i64x2.shr_u(t, 1);
      first = i64x2.shl(half, 52);
      second = i64x2.shl(i64x2.sub(t, half), 52);
    }
    return v128.mul<T>(Exp.scaled<T>(Exp.remainder<T>(bounded, n), first), second);
  }
}
