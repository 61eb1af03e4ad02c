// atan(x) for x >= 0 in double precision, as FreeBSD msun has it (s_atan.c): x is brought to |r| < 7/16 by one of four known angles (high and low part),
// then atan(r) = r - r * (s1 + s2), odd and even terms of a polynomial in r^2 (aT).
const HIGH = memory.data<f64>([0, 4.63647609000806093515e-1, 7.85398163397448278999e-1, 9.82793723247329054082e-1, 1.570796326794896558]);
const LOW = memory.data<f64>([0, 2.26987774529616870924e-17, 3.06161699786838301793e-17, 1.39033110312309984516e-17, 6.12323399573676603587e-17]);

export class Atan {
  /** One double, not lanes. Less than 1 ULP; pi / 2 at infinity; NaN passes. */
  @inline static positive(x: f64): f64 {
    let k = 0;
    let r = x;
    if (x >= 2.4375) {
      k = 4;
      r = -1 / x;
    } else if (x >= 1.1875) {
      k = 3;
      r = (x - 1.5) / (1 + 1.5 * x);
    } else if (x >= 0.6875) {
      k = 2;
      r = (x - 1) / (x + 1);
    } else if (x >= 0.4375) {
      k = 1;
      r = (2 * x - 1) / (2 + x);
    }
    const z = r * r;
    const w = z * z;
    const odd =
      z *
      (3.33333333333329318027e-1 +
        w *
          (1.42857142725034663711e-1 +
            w * (9.09088713343650656196e-2 + w * (6.66107313738753120669e-2 + w * (4.97687799461593236017e-2 + w * 1.62858201153657823623e-2)))));
    const even =
      w *
      (-1.99999999998764832476e-1 +
        w * (-1.1111110405462355788e-1 + w * (-7.69187620504482999495e-2 + w * (-5.83357013379057348645e-2 + w * -3.6531572744216915527e-2))));
    return load<f64>(HIGH + 8 * k) - (r * (odd + even) - load<f64>(LOW + 8 * k) - r);
  }
}
