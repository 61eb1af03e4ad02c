import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Log } from "../../math/log";

/** (t - 1) * max(log1p(-x), q) - t * max(log x, q), a = x and b = t, q = -100; gradient (x - t) / max((1 - x) * x, p), p = EPS. 0 <= x <= 1 was checked. Shared = log x. */
@unmanaged
@final
class Bce<T extends number> extends PointwiseOp<T> {
  long(): void {}
  split(): void {}
  @inline argument(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return a;
  }
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Log.finite<T>(v128.abs<T>(a)); // abs: -0 is a probability too
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // both logarithms are clamped at q, so that neither needs to be exact at 0
    const one = Lanes.one<T>();
    const u = v128.sub<T>(one, a);
    const log = Log.corrected<T>(u, v128.sub<T>(v128.sub<T>(one, u), a));
    const miss = Lanes.select<T>(q, log, v128.eq<T>(u, f32x4.splat(0)));
    return Lanes.nmadd<T>(b, v128.pmax<T>(s, q), v128.mul<T>(v128.sub<T>(b, one), miss));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.div<T>(v128.sub<T>(a, b), v128.pmax<T>(v128.mul<T>(v128.sub<T>(Lanes.one<T>(), a), a), p));
  }
}
