import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";

/** With u = min(|d| * p, 1), d = a - b: u * (|d| - u * q), for p = 1 / beta and q = beta / 2. */
@unmanaged
@final
class SmoothL1<T extends number> extends PointwiseOp<T> {
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(a, b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const z = v128.abs<T>(s);
    const u = v128.pmin<T>(v128.mul<T>(z, p), Lanes.one<T>()); // data first: NaN comes through
    return v128.mul<T>(u, Lanes.nmadd<T>(u, q, z));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const one = Lanes.one<T>();
    return v128.pmax<T>(v128.pmin<T>(v128.mul<T>(s, p), one), v128.neg<T>(one));
  }
}
