import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";

/** With u = d * p clamped to 1, d = a - b: u * (d - u * q), for p = 1 / beta and q = beta / 2; the gradient is u. */
@unmanaged
@final
class SmoothL1<T extends number> extends PointwiseOp<T> {
  @inline fixed(p: v128, q: v128): v128 {
    return Lanes.one<T>();
  }
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.pmax<T>(v128.pmin<T>(v128.mul<T>(v128.sub<T>(a, b), p), c), Lanes.minusOne<T>()); // data first: NaN comes through
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.mul<T>(s, Lanes.nmadd<T>(s, q, v128.sub<T>(a, b)));
  }
  @inline sum(so: v128, a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return Lanes.madd<T>(s, Lanes.nmadd<T>(s, q, v128.sub<T>(a, b)), so);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return s;
  }
}
