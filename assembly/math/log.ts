import { Lanes } from "../core/lanes";

// log(x) = k * ln 2 + log(1 + f) with sqrt(1/2) < 1 + f < sqrt(2), as FreeBSD msun has it (e_log.c, e_logf.c, s_log1p.c): with s = f / (2 + f),
// log(1 + f) = f - (f^2 / 2 - s * (f^2 / 2 + R(s^2))). Coefficients Lg1 ... and the split of ln 2 come from there.

// 0 smallest normal, 1 its scale, 2 log2 of that scale, 3 infinity, 4 -infinity, 5 NaN, 6 one, 7 half, 8 2^mantissa + bias, 9 ln2 high, 10 ln2 low, 11 ... Lg
const F32 = memory.data<f32>([
  1.17549435e-38, 33554432, 25, Infinity, -Infinity, NaN, 1, 0.5, 8388735, 6.9313812256e-1, 9.0580006145e-6,
  0.66666662693, 0.40000972152, 0.28498786688, 0.24279078841,
]);
const F64 = memory.data<f64>([
  2.2250738585072014e-308, 18014398509481984, 54, Infinity, -Infinity, NaN, 1, 0.5, 4503599627371519, 6.93147180369123816490e-1, 1.90821492927058770002e-10,
  6.666666666666735130e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1, 1.818357216161805012e-1, 1.531383769920937332e-1,
  1.479819860511658591e-1,
]);
// integers: 0 bits of 1 - bits of sqrt(1/2), 1 mantissa, 2 bits of sqrt(1/2), 3 bits of 2^mantissa
const I32 = memory.data<i32>([0x3f800000 - 0x3f3504f3, 0x007fffff, 0x3f3504f3, 0x4b000000]);
const I64 = memory.data<i64>([0x3ff0000000000000 - 0x3fe6a09e667f3bcd, 0x000fffffffffffff, 0x3fe6a09e667f3bcd, 0x4330000000000000]);

/**
 * Natural logarithms on all lanes.
 * `Log.log` for every x: subnormals included, -infinity at 0, NaN below, infinity at infinity, NaN passes.
 * `Log.log1p` for -1 <= x <= 1 (-infinity at -1, NaN below), `Log.log1pUnit` for 0 <= x <= 1; NaN passes through both.
 * Largest error: test/math.test.ts prints it for both builds.
 */
export class Log {
  @inline static constant<T>(index: i32): v128 {
    if (sizeof<T>() == 4) return Lanes.constant<T>(F32, index);
    return Lanes.constant<T>(F64, index);
  }

  @inline static bits<T>(index: i32): v128 {
    if (sizeof<T>() == 4) return v128.load32_splat(I32 + 4 * index);
    return v128.load64_splat(I64 + 8 * index);
  }

  /** Bits of x, moved so that the exponent field counts from sqrt(1/2). */
  @inline static moved<T>(x: v128): v128 {
    if (sizeof<T>() == 4) return i32x4.add(x, Log.bits<T>(0));
    return i64x2.add(x, Log.bits<T>(0));
  }

  /** k of moved bits, as a float. */
  @inline static exponent<T>(moved: v128): v128 {
    const field = sizeof<T>() == 4 ? i32x4.shr_u(moved, 23) : i64x2.shr_u(moved, 52);
    return v128.sub<T>(v128.or(field, Log.bits<T>(3)), Log.constant<T>(8));
  }

  /** f of moved bits. */
  @inline static fraction<T>(moved: v128): v128 {
    const mantissa = v128.and(moved, Log.bits<T>(1));
    const m = sizeof<T>() == 4 ? i32x4.add(mantissa, Log.bits<T>(2)) : i64x2.add(mantissa, Log.bits<T>(2));
    return v128.sub<T>(m, Log.constant<T>(6));
  }

  /** k * ln 2 + log(1 + f) + c, for |c| far below the rest. */
  @inline static assemble<T>(k: v128, f: v128, c: v128): v128 {
    const s = v128.div<T>(f, v128.add<T>(v128.add<T>(Log.constant<T>(6), Log.constant<T>(6)), f));
    const z = v128.mul<T>(s, s);
    const w = v128.mul<T>(z, z);
    let odd: v128, even: v128;
    if (sizeof<T>() == 4) {
      odd = Lanes.madd<T>(w, Log.constant<T>(13), Log.constant<T>(11));
      even = Lanes.madd<T>(w, Log.constant<T>(14), Log.constant<T>(12));
    } else {
      odd = Lanes.madd<T>(w, Log.constant<T>(17), Log.constant<T>(15));
      odd = Lanes.madd<T>(w, odd, Log.constant<T>(13));
      odd = Lanes.madd<T>(w, odd, Log.constant<T>(11));
      even = Lanes.madd<T>(w, Log.constant<T>(16), Log.constant<T>(14));
      even = Lanes.madd<T>(w, even, Log.constant<T>(12));
    }
    const R = Lanes.madd<T>(z, odd, v128.mul<T>(w, even));
    const hfsq = v128.mul<T>(v128.mul<T>(f, f), Log.constant<T>(7));
    const low = Lanes.madd<T>(k, Log.constant<T>(10), c);
    const tail = v128.sub<T>(hfsq, Lanes.madd<T>(s, v128.add<T>(hfsq, R), low));
    return Lanes.madd<T>(k, Log.constant<T>(9), v128.sub<T>(f, tail));
  }

  @inline static log<T>(x: v128): v128 {
    const subnormal = v128.lt<T>(x, Log.constant<T>(0));
    const scaled = v128.bitselect(v128.mul<T>(x, Log.constant<T>(1)), x, subnormal);
    const moved = Log.moved<T>(scaled);
    const k = v128.sub<T>(Log.exponent<T>(moved), v128.and(subnormal, Log.constant<T>(2)));
    const result = Log.assemble<T>(k, Log.fraction<T>(moved), f32x4.splat(0));
    const zero = f32x4.splat(0);
    const usual = v128.and(v128.gt<T>(x, zero), v128.lt<T>(x, Log.constant<T>(3)));
    let special = v128.bitselect(Log.constant<T>(4), x, v128.eq<T>(x, zero));
    special = v128.bitselect(Log.constant<T>(5), special, v128.lt<T>(x, zero));
    return v128.bitselect(result, special, usual);
  }

  @inline static log1pUnit<T>(x: v128): v128 {
    const u = v128.add<T>(Log.constant<T>(6), x);
    const c = v128.div<T>(v128.sub<T>(x, v128.sub<T>(u, Log.constant<T>(6))), u);
    const moved = Log.moved<T>(u);
    // NaN in x reaches the result through c
    return Log.assemble<T>(Log.exponent<T>(moved), Log.fraction<T>(moved), c);
  }

  @inline static log1p<T>(x: v128): v128 {
    const u = v128.add<T>(Log.constant<T>(6), x);
    const zero = f32x4.splat(0);
    let special = v128.bitselect(Log.constant<T>(4), x, v128.eq<T>(u, zero));
    special = v128.bitselect(Log.constant<T>(5), special, v128.lt<T>(u, zero));
    return v128.bitselect(Log.log1pUnit<T>(x), special, v128.gt<T>(u, zero));
  }
}
