import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/** log(1 + e^(-a b)) as softplus, max(z, 0) + log1p(e^-|z|) with z = -a b: finite where PyTorch's is not. Shared = z. */
@unmanaged
@final
class SoftMargin<T extends number> extends PointwiseOp<T> {
  long(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.neg<T>(v128.mul<T>(a, b));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const e = Exp.nonpositive<T>(v128.neg<T>(v128.abs<T>(s)));
    return v128.add<T>(v128.pmax<T>(s, f32x4.splat(0)), Log.log1pUnit<T>(e));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // -b sigma(z)
    const one = Lanes.one<T>();
    const e = Exp.nonpositive<T>(v128.neg<T>(v128.abs<T>(s)));
    const sigmoid = v128.div<T>(Lanes.select<T>(one, e, v128.ge<T>(s, f32x4.splat(0))), v128.add<T>(one, e));
    return v128.neg<T>(v128.mul<T>(b, sigmoid));
  }
}
