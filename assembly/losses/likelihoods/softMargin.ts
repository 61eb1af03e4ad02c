import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/** log(1 + e^(-a b)) as softplus, max(z, 0) + log1p(e^-|z|) with z = -a b: finite where PyTorch's is not. Shared = e^-|z|. */
@unmanaged
@final
class SoftMargin<T extends number> extends PointwiseOp<T> {
  long(): void {}
  split(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Exp.nonpositive<T>(v128.or(v128.mul<T>(a, b), Lanes.sign<T>()));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.add<T>(v128.pmax<T>(v128.neg<T>(v128.mul<T>(a, b)), f32x4.splat(0)), Log.log1pUnit<T>(s));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // -b sigma(z)
    const one = Lanes.one<T>();
    const sigmoid = v128.div<T>(Lanes.select<T>(one, s, v128.le<T>(v128.mul<T>(a, b), f32x4.splat(0))), v128.add<T>(one, s));
    return v128.neg<T>(v128.mul<T>(b, sigmoid));
  }
}
