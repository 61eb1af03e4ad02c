import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";

/** With s = d clamped to p, d = a - b: s * (d - s / 2), which is d^2 / 2 inside p and p * (|d| - p / 2) outside; the gradient is s. q = -p. */
@unmanaged
@final
class Huber<T extends number> extends PointwiseOp<T> {
  @inline fixed(p: v128, q: v128): v128 {
    return Lanes.half<T>();
  }
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.pmax<T>(v128.pmin<T>(v128.sub<T>(a, b), p), q); // data first: NaN comes through
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.mul<T>(s, Lanes.nmadd<T>(s, c, v128.sub<T>(a, b)));
  }
  @inline sum(so: v128, a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return Lanes.madd<T>(s, Lanes.nmadd<T>(s, c, v128.sub<T>(a, b)), so);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return s;
  }
}
