import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/**
 * -(1 - q) log sigma(u) - q log sigma(-u) = log1p(e^-|u|) + (1 - q) max(-u, 0) + q max(u, 0), with u = p * ((a - b) - c): p = beta, q the smoothing,
 * c the difference of the reference's log-probabilities. Shared = u.
 */
@unmanaged
@final
class Dpo<T extends number> extends PointwiseOp<T> {
  ternary(): void {}
  long(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.mul<T>(p, v128.sub<T>(v128.sub<T>(a, b), c));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const size = v128.abs<T>(s);
    const factor = Lanes.select<T>(q, v128.sub<T>(Lanes.one<T>(), q), v128.gt<T>(s, f32x4.splat(0)));
    // infinity times a smoothing of 0 is nothing
    const line = v128.andnot(v128.mul<T>(size, factor), v128.eq<T>(factor, f32x4.splat(0)));
    return v128.add<T>(Log.log1pUnit<T>(Exp.nonpositive<T>(v128.neg<T>(size))), line);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // p * (q sigma(u) - (1 - q) sigma(-u))
    const one = Lanes.one<T>();
    const e = Exp.nonpositive<T>(v128.neg<T>(v128.abs<T>(s)));
    const up = v128.gt<T>(s, f32x4.splat(0));
    const mine = Lanes.select<T>(one, e, up);
    const other = Lanes.select<T>(e, one, up);
    const top = v128.sub<T>(v128.mul<T>(q, mine), v128.mul<T>(v128.sub<T>(one, q), other));
    return v128.div<T>(v128.mul<T>(p, top), v128.add<T>(one, e));
  }
}
