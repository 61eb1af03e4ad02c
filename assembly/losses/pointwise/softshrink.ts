import { PointwiseOp } from "../../core/pointwise";

/** a - p where a > p, a + p where a < -p, else 0; NaN passes. */
@unmanaged
@final
class Softshrink<T extends number> extends PointwiseOp<T> {
  operation(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.neg<T>(p);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // a - clamp(a, -p, p); data first: NaN comes through. What the clamp leaves is 0, also where both are infinite
    const kept = v128.pmax<T>(v128.pmin<T>(a, p), s);
    return v128.andnot(v128.sub<T>(a, kept), v128.eq<T>(a, kept));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return f32x4.splat(0);
  }
}
