import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";

/** With c = d clamped to p, d = a - b: c * (d - c / 2), which is d^2 / 2 inside p and p * (|d| - p / 2) outside. q = -p. */
@unmanaged
@final
class Huber<T extends number> extends PointwiseOp<T> {
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(a, b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const c1 = v128.pmax<T>(v128.pmin<T>(s, p), q); // data first: NaN comes through
    return v128.mul<T>(c1, Lanes.nmadd<T>(c1, Lanes.half<T>(), s));
  }
  @inline sum(so: v128, s: v128, p: v128, q: v128): v128 {
    const c = v128.pmax<T>(v128.pmin<T>(s, p), q);
    return Lanes.madd<T>(c, Lanes.nmadd<T>(c, Lanes.half<T>(), s), so);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.pmax<T>(v128.pmin<T>(s, p), q);
  }
}
