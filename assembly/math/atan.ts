// atan(x) for x >= 0 in double precision, as FreeBSD msun has it (s_atan.c): x is brought to |r| < 7/16 by one of four known angles (high and low part),
// then atan(r) = r - r * (s1 + s2), odd and even terms of a polynomial in r^2 (aT).
const HIGH = memory.data<f64>([4.63647609000806093515e-1, 7.85398163397448278999e-1, 9.82793723247329054082e-1, 1.570796326794896558]);
const LOW = memory.data<f64>([2.26987774529616870924e-17, 3.06161699786838301793e-17, 1.39033110312309984516e-17, 6.12323399573676603587e-17]);

/** Where the next angle is nearest, and the numbers of the formulas: V8 would rebuild each constant at each use. */
const NUMBERS = memory.data<f64>([0.4375, 0.6875, 1.1875, 2.4375, 1, 1.5, 2, -1]);
/** Coefficients of r^2, r^6 ... and of r^4, r^8 ..., lowest power first. */
const ODD = memory.data<f64>([
  3.33333333333329318027e-1, 1.42857142725034663711e-1, 9.09088713343650656196e-2, 6.66107313738753120669e-2, 4.97687799461593236017e-2,
  1.62858201153657823623e-2,
]);
const EVEN = memory.data<f64>([
  -1.99999999998764832476e-1, -1.1111110405462355788e-1, -7.69187620504482999495e-2, -5.83357013379057348645e-2, -3.6531572744216915527e-2,
]);

export class Atan {
  /** Of doubles >= 0. Less than 1 ULP; pi / 2 at infinity; NaN passes. Without branches: which of the angles is nearest is anybody's guess. */
  @inline static positive(x: v128): v128 {
    const one = v128.load64_splat(NUMBERS + 32);
    // r = above / below
    let above = x;
    let below = one;
    let high = f64x2.splat(0);
    let low = f64x2.splat(0);
    let from = f64x2.ge(x, v128.load64_splat(NUMBERS));
    above = v128.bitselect(f64x2.sub(f64x2.add(x, x), one), above, from);
    below = v128.bitselect(f64x2.add(v128.load64_splat(NUMBERS + 48), x), below, from);
    high = v128.bitselect(v128.load64_splat(HIGH), high, from);
    low = v128.bitselect(v128.load64_splat(LOW), low, from);
    from = f64x2.ge(x, v128.load64_splat(NUMBERS + 8));
    above = v128.bitselect(f64x2.sub(x, one), above, from);
    below = v128.bitselect(f64x2.add(x, one), below, from);
    high = v128.bitselect(v128.load64_splat(HIGH + 8), high, from);
    low = v128.bitselect(v128.load64_splat(LOW + 8), low, from);
    from = f64x2.ge(x, v128.load64_splat(NUMBERS + 16));
    const more = v128.load64_splat(NUMBERS + 40);
    above = v128.bitselect(f64x2.sub(x, more), above, from);
    below = v128.bitselect(f64x2.add(one, f64x2.mul(more, x)), below, from);
    high = v128.bitselect(v128.load64_splat(HIGH + 16), high, from);
    low = v128.bitselect(v128.load64_splat(LOW + 16), low, from);
    from = f64x2.ge(x, v128.load64_splat(NUMBERS + 24));
    above = v128.bitselect(v128.load64_splat(NUMBERS + 56), above, from);
    below = v128.bitselect(x, below, from);
    high = v128.bitselect(v128.load64_splat(HIGH + 24), high, from);
    low = v128.bitselect(v128.load64_splat(LOW + 24), low, from);
    const r = f64x2.div(above, below);
    const z = f64x2.mul(r, r);
    const w = f64x2.mul(z, z);
    const odd = f64x2.mul(
      z,
      Atan.next(ODD, 0, w, Atan.next(ODD, 1, w, Atan.next(ODD, 2, w, Atan.next(ODD, 3, w, Atan.next(ODD, 4, w, v128.load64_splat(ODD + 40)))))),
    );
    const even = f64x2.mul(w, Atan.next(EVEN, 0, w, Atan.next(EVEN, 1, w, Atan.next(EVEN, 2, w, Atan.next(EVEN, 3, w, v128.load64_splat(EVEN + 32))))));
    return f64x2.sub(high, f64x2.sub(f64x2.sub(f64x2.mul(r, f64x2.add(odd, even)), low), r));
  }

  @inline static next(table: usize, index: i32, w: v128, rest: v128): v128 {
    return f64x2.add(v128.load64_splat(table + 8 * index), f64x2.mul(w, rest));
  }
}
