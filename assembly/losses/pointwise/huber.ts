import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";

/** With c = min(|d|, p), d = a - b: c * (|d| - c / 2), which is d^2 / 2 inside p and p * (|d| - p / 2) outside. q = 1/2. */
@unmanaged
@final
class Huber<T extends number> extends PointwiseOp<T> {
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(a, b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const z = v128.abs<T>(s);
    const inner = v128.pmin<T>(z, p); // data first: NaN comes through
    return v128.mul<T>(inner, Lanes.nmadd<T>(inner, q, z));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.pmax<T>(v128.pmin<T>(s, p), v128.neg<T>(p));
  }
}
