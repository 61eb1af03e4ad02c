import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/** xlogy(t, t) - t * x, a = x and b = t; shared = log t. */
@unmanaged
@final
class KlDiv<T extends number> extends PointwiseOp<T> {
  long(): void {}
  split(): void {}
  @inline argument(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return b;
  }
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Log.log<T>(b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const entropy = v128.andnot(v128.mul<T>(b, s), v128.eq<T>(b, f32x4.splat(0))); // 0 where t is 0
    return Lanes.nmadd<T>(b, a, entropy);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.neg<T>(b);
  }
  @inline gradB(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // at t = 0 PyTorch's second operand of xlogy contributes 0 / 0
    const one = Lanes.one<T>();
    const zero = f32x4.splat(0);
    return v128.or(v128.sub<T>(v128.add<T>(s, one), a), v128.eq<T>(b, zero));
  }
}

/** e^t * (t - x), a = x and b = t; shared = e^t. */
@unmanaged
@final
class KlDivLog<T extends number> extends PointwiseOp<T> {
  long(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Exp.exp<T>(b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.mul<T>(s, v128.sub<T>(b, a));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.neg<T>(s);
  }
  @inline gradB(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.mul<T>(s, v128.add<T>(v128.sub<T>(b, a), Lanes.one<T>()));
  }
}
