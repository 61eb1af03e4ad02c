import { Lanes } from "../core/lanes";
import { Polynomial } from "./polynomial";

// log(x) = k * ln 2 + log(1 + f) with sqrt(1/2) < 1 + f < sqrt(2), ln 2 split in two so that k * high is exact.
// float64 as FreeBSD msun has it (e_log.c): with s = f / (2 + f), log(1 + f) = 2 atanh(s) = f - s * (f - R(s^2)), coefficients Lg1 ... and the split
// of ln 2 from there. float32 without its division: log(1 + f) = f + f^2 * P(f), P of degree 8, ln 2 split as in e_logf.c.
// log(1 + x) = log of the rounded u = 1 + x, with what was lost, x - (u - 1), added to f after scaling (exactly) by 2^-k.
// On [0, 1], where softplus needs it, the same two forms hold without k, with other polynomials: half the instructions.

// 0 smallest normal, 1 infinity, 2 log2 of the scale of subnormals, 3 one, 4 ln2 high, 5 ln2 low; float64 alone: 6 2^mantissa + bias
const F32 = memory.data<f32>([1.17549435e-38, Infinity, 25, 1, 6.9313812256e-1, 9.0580006145e-6]);
const F64 = memory.data<f64>([2.2250738585072014e-308, Infinity, 54, 1, 6.9314718036912381649e-1, 1.90821492927058770002e-10, 4503599627371519]);
// 0 what `moved` takes away, 1 mantissa, 2 what less the moved exponent is that of 2^-k, 3 bits of 1 ^ bits of the scale of subnormals; 4 bits of sqrt(1/2);
// float64 alone: 5 bits of 2^mantissa
const I32 = memory.data<i32>([0x3f3504f3, 0x007fffff, 0x3f800000, 0x3f800000 ^ 0x4c000000, 0x3f3504f3]);
const I64 = memory.data<i64>([
  0x3fe6a09e667f3bcd - 0x3ff0000000000000,
  0x000fffffffffffff,
  0x7fe0000000000000,
  0x3ff0000000000000 ^ 0x4350000000000000,
  0x3fe6a09e667f3bcd,
  0x4330000000000000,
]);
// Lowest power first. P of f + f^2 * P(f), and the same on [0, 1]: scripts/coefficients.py
const P32 = memory.data<f32>([
  -0.49999988079071045, 0.33333325386047363, -0.25001582503318787, 0.2000197321176529, -0.16609083116054535, 0.14181825518608093, -0.13242986798286438,
  0.1290443390607834, -0.07621780782938004,
]);
const UNIT32 = memory.data<f32>([
  -0.4999993145465851, 0.33330464363098145, -0.24958018958568573, 0.19692102074623108, -0.15344880521297455, 0.10661128163337708, -0.05745723098516464,
  0.020086241886019707, -0.003290468594059348,
]);
// Lg1 ... Lg7 (e_log.c), the factors of s^2, s^4 ... in R, and the same for s <= 1 / 3: scripts/coefficients.py
const LG64 = memory.data<f64>([
  6.66666666666673513e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1, 1.818357216161805012e-1, 1.531383769920937332e-1,
  1.479819860511658591e-1,
]);
const UNIT64 = memory.data<f64>([
  0.6666666666666631, 0.40000000000155117, 0.28571428548118016, 0.22222223953645776, 0.1818174447908942, 0.15386548392619687, 0.13301121375237066,
  0.12104944979574685, 0.08344970951821189, 0.17009758064229272,
]);

/**
 * Natural logarithms on all lanes. Errors: test/math.test.ts measures them in both builds, and reads here what it holds them to. Those of float32 were found by
 * walking every bit pattern once, those of float64 at four million points each.
 */
export class Log {
  @inline static constant<T extends number>(index: i32): v128 {
    if (sizeof<T>() == 4) return Lanes.constant<T>(F32, index);
    return Lanes.constant<T>(F64, index);
  }

  @inline static bits<T extends number>(index: i32): v128 {
    if (sizeof<T>() == 4) return v128.load32_splat(I32 + 4 * index);
    return v128.load64_splat(I64 + 8 * index);
  }

  /** Bits of x, less those of sqrt(1/2): the exponent field is k, signed. float64: k and the bias, since no instruction shifts a sign through 64 bits. */
  @inline static moved<T extends number>(x: v128): v128 {
    if (sizeof<T>() == 4) return i32x4.sub(x, Log.bits<T>(0));
    return i64x2.sub(x, Log.bits<T>(0));
  }

  /** k of moved bits, as a float. */
  @inline static exponent<T extends number>(moved: v128): v128 {
    if (sizeof<T>() == 4) return f32x4.convert_i32x4_s(i32x4.shr_s(moved, 23));
    return v128.sub<T>(v128.or(i64x2.shr_u(moved, 52), Log.bits<T>(5)), Log.constant<T>(6));
  }

  /** f of moved bits. */
  @inline static fraction<T extends number>(moved: v128): v128 {
    const mantissa = v128.and(moved, Log.bits<T>(1));
    const m = sizeof<T>() == 4 ? i32x4.add(mantissa, Log.bits<T>(4)) : i64x2.add(mantissa, Log.bits<T>(4));
    return v128.sub<T>(m, Log.constant<T>(3));
  }

  /** f / (2 + f). */
  @inline static slope<T extends number>(f: v128): v128 {
    const one = Log.constant<T>(3);
    return v128.div<T>(f, v128.add<T>(v128.add<T>(one, one), f));
  }

  /** k * ln 2 + log(1 + f). */
  @inline static assemble<T extends number>(k: v128, f: v128): v128 {
    const low = v128.mul<T>(k, Log.constant<T>(5));
    let rest: v128; // log(1 + f) - f + low
    if (sizeof<T>() == 4) rest = Lanes.madd<T>(Polynomial.estrin<T>(P32, 8, f), v128.mul<T>(f, f), low);
    else {
      const s = Log.slope<T>(f);
      const z = v128.mul<T>(s, s);
      const w = v128.mul<T>(z, z);
      let odd = Lanes.madd<T>(w, Lanes.constant<T>(LG64, 6), Lanes.constant<T>(LG64, 4));
      odd = Lanes.madd<T>(w, odd, Lanes.constant<T>(LG64, 2));
      odd = Lanes.madd<T>(w, odd, Lanes.constant<T>(LG64, 0));
      let even = Lanes.madd<T>(w, Lanes.constant<T>(LG64, 5), Lanes.constant<T>(LG64, 3));
      even = Lanes.madd<T>(w, even, Lanes.constant<T>(LG64, 1));
      const R = Lanes.madd<T>(z, odd, v128.mul<T>(w, even));
      rest = Lanes.nmadd<T>(s, v128.sub<T>(f, R), low);
    }
    return Lanes.madd<T>(k, Log.constant<T>(4), v128.add<T>(f, rest));
  }

  // Whether all of some numbers are positive and normal. float32: the least and the largest of them as integers, one instruction each; float64 has no such
  // instruction, so the first of the two is a mask of what was found so, and the second nothing.

  @inline static least<T extends number>(least: v128, x: v128): v128 {
    if (sizeof<T>() == 4) return i32x4.min_s(least, x);
    return v128.and(least, v128.and(v128.ge<T>(x, Log.constant<T>(0)), v128.lt<T>(x, Log.constant<T>(1))));
  }

  @inline static most<T extends number>(most: v128, x: v128): v128 {
    if (sizeof<T>() == 4) return i32x4.max_s(most, x);
    return most;
  }

  /** Both of them before any number. */
  @inline static none<T extends number>(): v128 {
    if (sizeof<T>() == 4) return Log.constant<T>(3);
    return Lanes.ones();
  }

  @inline static normals<T extends number>(least: v128, most: v128): bool {
    if (sizeof<T>() == 4) return i32x4.all_true(v128.and(i32x4.ge_s(least, Log.constant<T>(0)), i32x4.lt_s(most, Log.constant<T>(1))));
    return i64x2.all_true(least);
  }

  /** log x as below for positive normal numbers. */
  @inline static normal<T extends number>(x: v128): v128 {
    const moved = Log.moved<T>(x);
    return Log.assemble<T>(Log.exponent<T>(moved), Log.fraction<T>(moved));
  }

  /** log x as below for 0 < x < infinity; at 0 a number that is only known to be below -100 (float32: -105). NaN does not pass. */
  @inline static finite<T extends number>(x: v128): v128 {
    const subnormal = v128.lt<T>(x, Log.constant<T>(0));
    const scale = v128.xor(v128.and(subnormal, Log.bits<T>(3)), Log.constant<T>(3)); // 1, or what makes a subnormal number normal
    const moved = Log.moved<T>(v128.mul<T>(x, scale));
    const k = v128.sub<T>(Log.exponent<T>(moved), v128.and(subnormal, Log.constant<T>(2)));
    return Log.assemble<T>(k, Log.fraction<T>(moved));
  }

  /**
   * log x for every x, subnormal ones included: -infinity at 0, NaN below, infinity at infinity; NaN passes.
   * float32: 0 < x < infinity, at most 1 ULP.
   * float64: 0 < x < infinity, at most 1 ULP.
   */
  @inline static log<T extends number>(x: v128): v128 {
    // infinity and NaN are their own logarithms
    const upper = Lanes.select<T>(Log.finite<T>(x), x, v128.lt<T>(x, Log.constant<T>(1)));
    return Log.edge<T>(upper, x);
  }

  /** y for x > 0, -infinity for 0, NaN below, for any finite y. */
  @inline static edge<T extends number>(y: v128, x: v128): v128 {
    const zero = f32x4.splat(0);
    // a mask of ones is NaN
    return v128.or(v128.sub<T>(y, v128.and(v128.eq<T>(x, zero), Log.constant<T>(1))), v128.lt<T>(x, zero));
  }

  /** log(u + lost) as log1p below has it: u is 1 + x rounded, -1 < x <= 1, and lost what that took; NaN passes. */
  @inline static corrected<T extends number>(u: v128, lost: v128): v128 {
    const moved = Log.moved<T>(u);
    const exponent = v128.andnot(moved, Log.bits<T>(1));
    const scale = sizeof<T>() == 4 ? i32x4.sub(Log.bits<T>(2), exponent) : i64x2.sub(Log.bits<T>(2), exponent); // 2^-k
    return Log.assemble<T>(Log.exponent<T>(moved), Lanes.madd<T>(lost, scale, Log.fraction<T>(moved)));
  }

  /** log(1 + x) as below for -1 < x <= 1, given u = 1 + x; NaN passes. */
  @inline static plusOne<T extends number>(x: v128, u: v128): v128 {
    return Log.corrected<T>(u, v128.sub<T>(x, v128.sub<T>(u, Log.constant<T>(3))));
  }

  /** log(1 + x) as below for -1 < x <= 1; NaN passes. */
  @inline static plusOneOf<T extends number>(x: v128): v128 {
    return Log.plusOne<T>(x, v128.add<T>(Log.constant<T>(3), x));
  }

  /**
   * log(1 + x) for 0 <= x <= 1; NaN passes.
   * float32: 0 <= x <= 1, at most 2 ULP.
   * float64: 0 <= x <= 1, at most 1.4 ULP.
   */
  @inline static log1pUnit<T extends number>(x: v128): v128 {
    if (sizeof<T>() == 4) return Lanes.madd<T>(Polynomial.estrin<T>(UNIT32, 8, x), v128.mul<T>(x, x), x);
    const s = Log.slope<T>(x);
    const z = v128.mul<T>(s, s);
    const R = v128.mul<T>(z, Polynomial.estrin<T>(UNIT64, 9, z));
    return Lanes.nmadd<T>(s, v128.sub<T>(x, R), x);
  }

  /**
   * log(1 + x) for x <= 1: -infinity at -1, NaN below; NaN passes.
   * float32: -1 < x <= 1, at most 1.6 ULP.
   * float64: -1 < x <= 1, at most 1.4 ULP.
   */
  @inline static log1p<T extends number>(x: v128): v128 {
    const u = v128.add<T>(Log.constant<T>(3), x);
    return Log.edge<T>(Log.plusOne<T>(x, u), u);
  }
}
