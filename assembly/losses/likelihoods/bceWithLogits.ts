import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/** max(x, 0) - x * t + log1p(e^-|x|), a = x and b = t; shared = e^-|x|. */
@unmanaged
@final
class BceWithLogits<T extends number> extends PointwiseOp<T> {
  long(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Exp.nonpositive<T>(v128.neg<T>(v128.abs<T>(a)));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const hinge = v128.sub<T>(v128.pmax<T>(a, f32x4.splat(0)), v128.mul<T>(a, b));
    return v128.add<T>(hinge, Log.log1pUnit<T>(s));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const one = Lanes.one<T>();
    const e = Lanes.select<T>(one, s, v128.ge<T>(a, f32x4.splat(0)));
    const sigmoid = v128.div<T>(e, v128.add<T>(one, s));
    return v128.sub<T>(sigmoid, b);
  }
  @inline gradB(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.neg<T>(a);
  }
}

/** (1 - t) * x - lw * log sigma(x) with lw = 1 + (c - 1) * t, c the weight of positives; shared = e^-|x|. */
@unmanaged
@final
class BceWithLogitsPos<T extends number> extends PointwiseOp<T> {
  ternary(): void {}
  long(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Exp.nonpositive<T>(v128.neg<T>(v128.abs<T>(a)));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const one = Lanes.one<T>();
    const lw = Lanes.madd<T>(v128.sub<T>(c, one), b, one);
    const minus = v128.sub<T>(Log.log1pUnit<T>(s), v128.pmin<T>(a, f32x4.splat(0))); // -log sigma(x)
    return Lanes.madd<T>(v128.sub<T>(one, b), a, v128.mul<T>(lw, minus));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const one = Lanes.one<T>();
    const e = Lanes.select<T>(one, s, v128.ge<T>(a, f32x4.splat(0)));
    const sigmoid = v128.div<T>(e, v128.add<T>(one, s));
    const pt = v128.mul<T>(c, b);
    return v128.sub<T>(v128.mul<T>(v128.sub<T>(v128.add<T>(pt, one), b), sigmoid), pt);
  }
  @inline gradB(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // log sigma(-x) - c * log sigma(x)
    const soft = Log.log1pUnit<T>(s);
    const minus = v128.sub<T>(soft, v128.pmin<T>(a, f32x4.splat(0)));
    return v128.sub<T>(v128.mul<T>(c, minus), v128.add<T>(soft, v128.pmax<T>(a, f32x4.splat(0))));
  }
}
