import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Log } from "../../math/log";

/** (log v + d^2 / v) / 2 + q, d = a - b, v = max(c, p), p = eps. Shared = log v. The gradients are those at v, also where it was clamped. */
@unmanaged
@final
class GaussianNll<T extends number> extends PointwiseOp<T> {
  ternary(): void {}
  long(): void {}
  split(): void {}
  @inline argument(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.pmax<T>(c, p);
  }
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Log.log<T>(v128.pmax<T>(c, p)); // data first: NaN comes through
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const d = v128.sub<T>(a, b);
    const sum = Lanes.madd<T>(d, v128.div<T>(d, v128.pmax<T>(c, p)), s); // the quotient is that of the gradients
    return Lanes.madd<T>(sum, Lanes.half<T>(), q);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.div<T>(v128.sub<T>(a, b), v128.pmax<T>(c, p));
  }
  @inline gradC(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const v = v128.pmax<T>(c, p);
    const g = v128.div<T>(v128.sub<T>(a, b), v);
    const inverse = v128.div<T>(Lanes.one<T>(), v);
    return v128.mul<T>(v128.sub<T>(inverse, v128.mul<T>(g, g)), Lanes.half<T>());
  }
}
