import { PointwiseOp } from "../../core/pointwise";

/** [b != 1] max(0, p - a) + [b != -1] a: both terms where b is neither; the hinge's gradient passes where p - a >= 0. q = 1. Shared = p - a. */
@unmanaged
@final
class HingeEmbedding<T extends number> extends PointwiseOp<T> {
  @inline fixed(p: v128, q: v128): v128 {
    return v128.neg<T>(q);
  }
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(p, a);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const hinge = v128.andnot(v128.pmax<T>(s, f32x4.splat(0)), v128.eq<T>(b, q)); // data first: NaN comes through
    return v128.add<T>(hinge, v128.andnot(a, v128.eq<T>(b, c)));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const hinge = v128.and(v128.andnot(q, v128.eq<T>(b, q)), v128.ge<T>(s, f32x4.splat(0)));
    return v128.sub<T>(v128.andnot(q, v128.eq<T>(b, c)), hinge);
  }
}
