// 0 all but the sign of a float16 that is infinite or NaN; then of float32: 1 sign and what a float16 says, 2 what sets its exponent right, 3 infinity
const I16 = memory.data<u16>([0x7c00, 0x7c00]);
const I32 = memory.data<u32>([0x8fffe000, 0x77800000, 0x7f800000]);

/** Half precision to float32, exactly. Patterns may lie in the upper half of where the floats go: what is written has been read. */
export class Half {
  /** Sign, exponent and fraction where float32 has them, whose exponent is then 112 too low: a product of a power of two sets it right, of subnormal numbers, too. */
  @inline static float16(extended: v128, mask: v128, power: v128): v128 {
    return f32x4.mul(v128.and(i32x4.shl(extended, 13), mask), power);
  }

  /** The same where some may be infinite or NaN: they have the highest exponent here and there, and the fraction of a NaN stays. */
  @inline static anyFloat16(extended: v128, mask: v128, power: v128): v128 {
    const infinity = v128.load32_splat(I32 + 8);
    const isHighest = i32x4.eq(v128.and(extended, i32x4.splat(0x7c00)), i32x4.splat(0x7c00));
    return v128.or(Half.float16(extended, mask, power), v128.and(isHighest, infinity));
  }

  @inline static widenFloat16(patterns: usize, out: usize, n: i32): void {
    const highest = v128.load32_splat(I16);
    const mask = v128.load32_splat(I32);
    const power = v128.load32_splat(I32 + 4);
    const stop = patterns + 2 * n;
    for (; patterns < stop; patterns += 16) {
      const h = v128.load(patterns);
      const low = i32x4.extend_low_i16x8_s(h);
      const high = i32x4.extend_high_i16x8_s(h);
      if (v128.any_true(i16x8.eq(v128.and(h, highest), highest))) {
        v128.store(out, Half.anyFloat16(low, mask, power));
        v128.store(out, Half.anyFloat16(high, mask, power), 16);
      } else {
        v128.store(out, Half.float16(low, mask, power));
        v128.store(out, Half.float16(high, mask, power), 16);
      }
      out += 32;
    }
  }

  /** The upper half of a float32 each. */
  @inline static widenBfloat16(patterns: usize, out: usize, n: i32): void {
    const zero = i32x4.splat(0);
    const stop = patterns + 2 * n;
    for (; patterns < stop; patterns += 16) {
      const h = v128.load(patterns);
      v128.store(out, v128.shuffle<i16>(zero, h, 0, 8, 1, 9, 2, 10, 3, 11));
      v128.store(out, v128.shuffle<i16>(zero, h, 4, 12, 5, 13, 6, 14, 7, 15), 16);
      out += 32;
    }
  }
}
