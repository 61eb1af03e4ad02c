import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";

/** d^2, d = a - b. */
@unmanaged
@final
class Mse<T extends number> extends PointwiseOp<T> {
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(a, b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.mul<T>(s, s);
  }
  @inline sum(so: v128, a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return Lanes.madd<T>(s, s, so);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.add<T>(s, s);
  }
}
