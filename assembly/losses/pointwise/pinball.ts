import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";

/** max(p d, q d) with d = b - a, p = the quantile and q = p - 1. Shared = d. */
@unmanaged
@final
class Pinball<T extends number> extends PointwiseOp<T> {
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(b, a);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.pmax<T>(v128.mul<T>(s, p), v128.mul<T>(s, q));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // the slopes of those that are not smaller; of both, halved, where they are equal
    const zero = f32x4.splat(0);
    const sum = v128.add<T>(v128.andnot(p, v128.lt<T>(s, zero)), v128.andnot(q, v128.gt<T>(s, zero)));
    const share = Lanes.select<T>(Lanes.half<T>(), Lanes.one<T>(), v128.eq<T>(s, zero));
    return v128.neg<T>(v128.mul<T>(sum, share));
  }
}
