import { Lanes } from "../core/lanes";

// log(x) = k * ln 2 + log(1 + f) with sqrt(1/2) < 1 + f < sqrt(2).
// float64 as FreeBSD msun has it (e_log.c): with s = f / (2 + f), log(1 + f) = f - (f^2 / 2 - s * (f^2 / 2 + R(s^2))), coefficients Lg1 ... and the
// split of ln 2 from there. float32 without its division: log(1 + f) = f + f^2 * Q(f), Q of degree 8 with the least largest relative error
// (2^-27.9, Remez: scripts/coefficients.py), ln 2 split as in e_logf.c.
// log(1 + x) = log of the rounded u = 1 + x, with what was lost, x - (u - 1), added to f after scaling (exactly) by 2^-k.
// On [0, 1], where softplus needs it, float32 takes a polynomial x * Q(x), Q of degree 9 (2^-27.7), a quarter of the instructions.

// 0 smallest normal, 1 its scale, 2 log2 of that scale, 3 infinity, 4 -infinity, 5 NaN, 6 one, 7 half, 8 2^mantissa + bias, 9 ln2 high, 10 ln2 low, 11 ... coefficients
const F32 = memory.data<f32>([
  1.17549435e-38,
  33554432,
  25,
  Infinity,
  -Infinity,
  NaN,
  1,
  0.5,
  8388735,
  6.9313812256e-1,
  9.0580006145e-6,
  // Q of log(1 + f) from 11, of log(1 + x) on [0, 1] from 20, highest power first
  -0.0762175759327,
  0.129044186126,
  -0.132429887985,
  0.141818276468,
  -0.166090828024,
  0.200019738049,
  -0.250015829456,
  0.333333256938,
  -0.499999883466,
  -0.00324401191252,
  0.0198514004944,
  -0.0569594132536,
  0.106036420166,
  -0.153055845131,
  0.196759362536,
  -0.249541330169,
  0.333299623477,
  -0.499999024201,
  0.999999995287,
]);
const F64 = memory.data<f64>([
  2.2250738585072014e-308,
  18014398509481984,
  54,
  Infinity,
  -Infinity,
  NaN,
  1,
  0.5,
  4503599627371519,
  6.9314718036912381649e-1,
  1.90821492927058770002e-10,
  // Lg1 ... Lg7
  6.66666666666673513e-1,
  3.999999999940941908e-1,
  2.857142874366239149e-1,
  2.222219843214978396e-1,
  1.818357216161805012e-1,
  1.531383769920937332e-1,
  1.479819860511658591e-1,
]);
// integers: 0 bits of 1 - bits of sqrt(1/2), 1 mantissa, 2 bits of sqrt(1/2), 3 bits of 2^mantissa, 4 exponent of 1, twice
const I32 = memory.data<i32>([0x3f800000 - 0x3f3504f3, 0x007fffff, 0x3f3504f3, 0x4b000000, 0x7f000000]);
const I64 = memory.data<i64>([0x3ff0000000000000 - 0x3fe6a09e667f3bcd, 0x000fffffffffffff, 0x3fe6a09e667f3bcd, 0x4330000000000000, 0x7fe0000000000000]);

/**
 * Natural logarithms on all lanes.
 * `Log.log` for every x: subnormals included, -infinity at 0, NaN below, infinity at infinity, NaN passes.
 * `Log.log1p` for -1 <= x <= 1 (-infinity at -1, NaN below), `Log.log1pUnit` for 0 <= x <= 1; NaN passes through both.
 * Largest error: test/math.test.ts prints it for both builds.
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

  /** Bits of x, moved so that the exponent field counts from sqrt(1/2). */
  @inline static moved<T extends number>(x: v128): v128 {
    if (sizeof<T>() == 4) return i32x4.add(x, Log.bits<T>(0));
    return i64x2.add(x, Log.bits<T>(0));
  }

  /** k of moved bits, as a float. */
  @inline static exponent<T extends number>(moved: v128): v128 {
    const field = sizeof<T>() == 4 ? i32x4.shr_u(moved, 23) : i64x2.shr_u(moved, 52);
    return v128.sub<T>(v128.or(field, Log.bits<T>(3)), Log.constant<T>(8));
  }

  /** f of moved bits. */
  @inline static fraction<T extends number>(moved: v128): v128 {
    const mantissa = v128.and(moved, Log.bits<T>(1));
    const m = sizeof<T>() == 4 ? i32x4.add(mantissa, Log.bits<T>(2)) : i64x2.add(mantissa, Log.bits<T>(2));
    return v128.sub<T>(m, Log.constant<T>(6));
  }

  /** k * ln 2 + log(1 + f). */
  @inline static assemble<T extends number>(k: v128, f: v128): v128 {
    if (sizeof<T>() == 4) {
      let q = Lanes.madd<T>(Log.constant<T>(11), f, Log.constant<T>(12));
      q = Lanes.madd<T>(q, f, Log.constant<T>(13));
      q = Lanes.madd<T>(q, f, Log.constant<T>(14));
      q = Lanes.madd<T>(q, f, Log.constant<T>(15));
      q = Lanes.madd<T>(q, f, Log.constant<T>(16));
      q = Lanes.madd<T>(q, f, Log.constant<T>(17));
      q = Lanes.madd<T>(q, f, Log.constant<T>(18));
      q = Lanes.madd<T>(q, f, Log.constant<T>(19));
      const low = Lanes.madd<T>(q, v128.mul<T>(f, f), v128.mul<T>(k, Log.constant<T>(10)));
      return Lanes.madd<T>(k, Log.constant<T>(9), v128.add<T>(f, low));
    }
    const one = Log.constant<T>(6);
    const s = v128.div<T>(f, v128.add<T>(v128.add<T>(one, one), f));
    const z = v128.mul<T>(s, s);
    const w = v128.mul<T>(z, z);
    let odd = Lanes.madd<T>(w, Log.constant<T>(17), Log.constant<T>(15));
    odd = Lanes.madd<T>(w, odd, Log.constant<T>(13));
    odd = Lanes.madd<T>(w, odd, Log.constant<T>(11));
    let even = Lanes.madd<T>(w, Log.constant<T>(16), Log.constant<T>(14));
    even = Lanes.madd<T>(w, even, Log.constant<T>(12));
    const R = Lanes.madd<T>(z, odd, v128.mul<T>(w, even));
    const hfsq = v128.mul<T>(v128.mul<T>(f, f), Log.constant<T>(7));
    const low = v128.mul<T>(k, Log.constant<T>(10));
    const tail = v128.sub<T>(hfsq, Lanes.madd<T>(s, v128.add<T>(hfsq, R), low));
    return Lanes.madd<T>(k, Log.constant<T>(9), v128.sub<T>(f, tail));
  }

  /** log x for 0 <= x < infinity; at 0 a number that is only known to be below -100 (float32: -105). */
  @inline static finite<T extends number>(x: v128): v128 {
    const subnormal = v128.lt<T>(x, Log.constant<T>(0));
    const moved = Log.moved<T>(Lanes.select<T>(v128.mul<T>(x, Log.constant<T>(1)), x, subnormal));
    const k = v128.sub<T>(Log.exponent<T>(moved), v128.and(subnormal, Log.constant<T>(2)));
    return Log.assemble<T>(k, Log.fraction<T>(moved));
  }

  @inline static log<T extends number>(x: v128): v128 {
    const zero = f32x4.splat(0);
    const usual = v128.and(v128.gt<T>(x, zero), v128.lt<T>(x, Log.constant<T>(3)));
    let special = Lanes.select<T>(Log.constant<T>(4), x, v128.eq<T>(x, zero));
    special = Lanes.select<T>(Log.constant<T>(5), special, v128.lt<T>(x, zero));
    return Lanes.select<T>(Log.finite<T>(x), special, usual);
  }

  /** log(1 + x) for -1 < x <= 1, given u = 1 + x. */
  @inline static plusOne<T extends number>(x: v128, u: v128): v128 {
    const lost = v128.sub<T>(x, v128.sub<T>(u, Log.constant<T>(6)));
    const moved = Log.moved<T>(u);
    // 2^-k: the exponent field of 2 / 2^k' for the moved u, whose own exponent field is k + that of 1
    let scale: v128;
    if (sizeof<T>() == 4) scale = i32x4.sub(Log.bits<T>(4), v128.andnot(moved, Log.bits<T>(1)));
    else scale = i64x2.sub(Log.bits<T>(4), v128.andnot(moved, Log.bits<T>(1)));
    return Log.assemble<T>(Log.exponent<T>(moved), Lanes.madd<T>(lost, scale, Log.fraction<T>(moved)));
  }

  @inline static log1pUnit<T extends number>(x: v128): v128 {
    if (sizeof<T>() == 4) {
      let q = Lanes.madd<T>(Log.constant<T>(20), x, Log.constant<T>(21));
      q = Lanes.madd<T>(q, x, Log.constant<T>(22));
      q = Lanes.madd<T>(q, x, Log.constant<T>(23));
      q = Lanes.madd<T>(q, x, Log.constant<T>(24));
      q = Lanes.madd<T>(q, x, Log.constant<T>(25));
      q = Lanes.madd<T>(q, x, Log.constant<T>(26));
      q = Lanes.madd<T>(q, x, Log.constant<T>(27));
      q = Lanes.madd<T>(q, x, Log.constant<T>(28));
      q = Lanes.madd<T>(q, x, Log.constant<T>(29));
      return v128.mul<T>(q, x);
    }
    // NaN in x reaches the result through what was lost
    return Log.plusOne<T>(x, v128.add<T>(Log.constant<T>(6), x));
  }

  @inline static log1p<T extends number>(x: v128): v128 {
    const u = v128.add<T>(Log.constant<T>(6), x);
    const zero = f32x4.splat(0);
    let special = Lanes.select<T>(Log.constant<T>(4), x, v128.eq<T>(u, zero));
    special = Lanes.select<T>(Log.constant<T>(5), special, v128.lt<T>(u, zero));
    return Lanes.select<T>(Log.plusOne<T>(x, u), special, v128.gt<T>(u, zero));
  }
}
