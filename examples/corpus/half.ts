// Doubles as float16, rounded to nearest even: Node 20 has no Float16Array.

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The 16 bits of a number, rounded to float32 before. */
export function toHalf(value: number): number {
  single[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // from 65520 on the nearest is infinity
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // below 2^-14 a multiple of 2^-24: adding 0.5, whose last bit is 2^-24, rounds to one
  if (magnitude < 0x38800000) {
    single[0] = Math.abs(single[0]!) + 0.5;
    return sign | (bits[0]! - 0x3f000000);
  }
  // the exponent's bias goes from 127 to 15; a carry out of the rounded fraction raises it
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}
