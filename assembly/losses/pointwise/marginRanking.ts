import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";

/** max(0, z), z = p - c * (a - b); the gradient passes where z >= 0. */
@unmanaged
@final
class MarginRanking<T extends number> extends PointwiseOp<T> {
  ternary(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Lanes.nmadd<T>(c, v128.sub<T>(a, b), p);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.pmax<T>(s, f32x4.splat(0)); // data first: NaN comes through
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // a product, so that a target of NaN comes through
    return v128.mul<T>(c, v128.and(Lanes.minusOne<T>(), v128.ge<T>(s, f32x4.splat(0))));
  }
}
