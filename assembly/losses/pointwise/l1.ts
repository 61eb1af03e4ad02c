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
    const zero = f32x4.splat(0);
    return v128.sub<T>(v128.and(p, v128.gt<T>(s, zero)), v128.and(p, v128.lt<T>(s, zero)));
  }
}
