import { PointwiseOp } from "../../core/pointwise";

/** |d|, d = a - b; gradient 0 at d = 0 and for NaN. p = 1, q = -0: V8 would fetch the mask of abs through memory at each use. */
@unmanaged
@final
class L1<T extends number> extends PointwiseOp<T> {
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(a, b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.andnot(s, q);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // 1 with the sign of d, and nothing where |d| > 0 is not so
    return v128.and(v128.or(p, v128.and(s, q)), v128.gt<T>(v128.andnot(s, q), f32x4.splat(0)));
  }
}
