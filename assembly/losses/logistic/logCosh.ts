import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";
import { Polynomial } from "../../math/polynomial";

// Taylor series in d^2, for |d| <= 1: (cosh d - 1) / d^2 = sum d^2k / (2k + 2)!, sinh d / d = sum d^2k / (2k + 1)!. What is cut off lies below
// half a unit of the last place.
const COSH32 = memory.data<f32>([0.5, 4.1666666666666664e-2, 1.3888888888888889e-3, 2.48015873015873e-5, 2.755731922398589e-7, 2.08767569878681e-9]);
const COSH64 = memory.data<f64>([
  0.5, 4.1666666666666664e-2, 1.3888888888888889e-3, 2.48015873015873e-5, 2.755731922398589e-7, 2.08767569878681e-9, 1.1470745597729725e-11,
  4.779477332387385e-14, 1.5619206968586225e-16,
]);
const SINH32 = memory.data<f32>([1, 0.16666666666666666, 8.333333333333333e-3, 1.984126984126984e-4, 2.7557319223985893e-6, 2.505210838544172e-8]);
const SINH64 = memory.data<f64>([
  1, 0.16666666666666666, 8.333333333333333e-3, 1.984126984126984e-4, 2.7557319223985893e-6, 2.505210838544172e-8, 1.6059043836821613e-10,
  7.647163731819816e-13, 2.8114572543455206e-15,
]);
// log 2
const LN2_32 = memory.data<f32>([0.6931471805599453]);
const LN2_64 = memory.data<f64>([0.6931471805599453]);

class LogCoshParts {
  /** cosh d - 1, for |d| <= 1. */
  @inline static lift<T extends number>(square: v128): v128 {
    return v128.mul<T>(square, sizeof<T>() == 4 ? Polynomial.estrin<T>(COSH32, 5, square) : Polynomial.estrin<T>(COSH64, 8, square));
  }
  @inline static sinh<T extends number>(d: v128, square: v128): v128 {
    return v128.mul<T>(d, sizeof<T>() == 4 ? Polynomial.estrin<T>(SINH32, 5, square) : Polynomial.estrin<T>(SINH64, 8, square));
  }
  @inline static decay<T extends number>(size: v128): v128 {
    return Exp.nonpositive<T>(v128.neg<T>(v128.add<T>(size, size)));
  }
}

/** log cosh d, d = a - b = shared: beyond 1 as |d| - log 2 + log1p(e^-2|d|), else as log1p(cosh d - 1), since the former cancels. */
@unmanaged
@final
class LogCosh<T extends number> extends PointwiseOp<T> {
  long(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(a, b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const size = v128.abs<T>(s);
    const far = v128.gt<T>(size, Lanes.one<T>());
    const within = Lanes.select<T>(LogCoshParts.decay<T>(size), LogCoshParts.lift<T>(v128.mul<T>(s, s)), far);
    const ln2 = sizeof<T>() == 4 ? Lanes.constant<T>(LN2_32, 0) : Lanes.constant<T>(LN2_64, 0);
    return v128.add<T>(v128.and(v128.sub<T>(size, ln2), far), Log.log1pUnit<T>(within));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // tanh d: sinh / cosh, or +-(1 - e) / (1 + e)
    const one = Lanes.one<T>();
    const size = v128.abs<T>(s);
    const far = v128.gt<T>(size, one);
    const square = v128.mul<T>(s, s);
    const e = LogCoshParts.decay<T>(size);
    const top = v128.sub<T>(one, e);
    const signed = Lanes.select<T>(v128.neg<T>(top), top, v128.lt<T>(s, f32x4.splat(0)));
    const above = Lanes.select<T>(signed, LogCoshParts.sinh<T>(s, square), far);
    return v128.div<T>(above, v128.add<T>(one, Lanes.select<T>(e, LogCoshParts.lift<T>(square), far)));
  }
}
