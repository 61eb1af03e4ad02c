/** Half precision to float32, exactly. Patterns may lie in the upper half of where the floats go: what is written has been read. */
export class Half {
  /** The sign, and the rest as a float32 whose exponent is 112 too low: a product of a power of two sets it right, of subnormal numbers, too. */
  @inline static float16(h: v128): v128 {
    const rest = i32x4.shl(v128.and(h, i32x4.splat(0x7fff)), 13);
    const sign = i32x4.shl(v128.and(h, i32x4.splat(0x8000)), 16);
    // infinity and NaN have the highest exponent here and there; what the product made of a NaN's fraction stays
    const highest = v128.and(i32x4.ge_s(rest, i32x4.splat(0x0f800000)), i32x4.splat(0x7f800000));
    return v128.or(v128.or(f32x4.mul(rest, f32x4.splat(5.192296858534828e33)), sign), highest);
  }

  @inline static widenFloat16(patterns: usize, out: usize, n: i32): void {
    const zero = i32x4.splat(0);
    const stop = patterns + 2 * n;
    for (; patterns < stop; patterns += 16) {
      const h = v128.load(patterns);
      v128.store(out, Half.float16(v128.shuffle<i16>(h, zero, 0, 8, 1, 9, 2, 10, 3, 11)));
      v128.store(out, Half.float16(v128.shuffle<i16>(h, zero, 4, 12, 5, 13, 6, 14, 7, 15)), 16);
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
