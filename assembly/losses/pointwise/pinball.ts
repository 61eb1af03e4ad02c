import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";

const SHARES32 = memory.data<f32>([-0.5, -1]);
const SHARES64 = memory.data<f64>([-0.5, -1]);

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
    const table = sizeof<T>() == 4 ? SHARES32 : SHARES64;
    return v128.mul<T>(sum, Lanes.select<T>(Lanes.constant<T>(table, 0), Lanes.constant<T>(table, 1), v128.eq<T>(s, zero)));
  }
}
