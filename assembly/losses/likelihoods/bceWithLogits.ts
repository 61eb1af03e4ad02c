import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/** x * (x < 0 ? -t : 1 - t) + log1p(e^-|x|), a = x and b = t, no difference of large numbers; c = the sign bit, shared = e^-|x|. */
@unmanaged
@final
class BceWithLogits<T extends number> extends PointwiseOp<T> {
  long(): void {}
  split(): void {}
  @inline fixed(p: v128, q: v128): v128 {
    return Lanes.sign<T>();
  }
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Exp.nonpositive<T>(v128.or(a, c));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const factor = v128.sub<T>(v128.and(Lanes.one<T>(), v128.ge<T>(a, f32x4.splat(0))), b);
    return Lanes.madd<T>(a, factor, Log.log1pUnit<T>(s));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // sigma(x) - t, from sigma(-|x|): sigma(x) - 1 keeps its digits
    const one = Lanes.one<T>();
    const positive = v128.ge<T>(a, f32x4.splat(0));
    const factor = v128.sub<T>(v128.and(one, positive), b);
    return v128.add<T>(factor, v128.xor(v128.div<T>(s, v128.add<T>(one, s)), v128.and(c, positive)));
  }
  @inline gradB(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.neg<T>(a);
  }
}

/** x * (x < 0 ? -c * t : 1 - t) + lw * log1p(e^-|x|) with lw = 1 + (c - 1) * t, c the weight of positives; shared = e^-|x|. */
@unmanaged
@final
class BceWithLogitsPos<T extends number> extends PointwiseOp<T> {
  ternary(): void {}
  long(): void {}
  split(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Exp.nonpositive<T>(v128.or(a, Lanes.sign<T>()));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const one = Lanes.one<T>();
    const lw = Lanes.madd<T>(v128.sub<T>(c, one), b, one);
    const zero = f32x4.splat(0);
    const positive = v128.ge<T>(a, zero);
    const factor = Lanes.select<T>(v128.sub<T>(one, b), v128.neg<T>(v128.mul<T>(c, b)), positive);
    // where x < 0 has no more e^x, an infinite c has its say in the factor
    const soft = Log.log1pUnit<T>(s);
    const rest = v128.andnot(v128.mul<T>(lw, soft), v128.andnot(v128.eq<T>(soft, zero), positive));
    return Lanes.madd<T>(a, factor, rest);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const one = Lanes.one<T>();
    const pt = v128.mul<T>(c, b);
    const rest = v128.sub<T>(one, b);
    const positive = v128.ge<T>(a, f32x4.splat(0));
    const term = v128.mul<T>(v128.add<T>(pt, rest), v128.div<T>(s, v128.add<T>(one, s)));
    return Lanes.select<T>(v128.sub<T>(rest, term), v128.sub<T>(term, pt), positive);
  }
  @inline gradB(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    // log sigma(-x) - c * log sigma(x)
    const soft = Log.log1pUnit<T>(s);
    const minus = v128.sub<T>(soft, v128.pmin<T>(a, f32x4.splat(0)));
    return v128.sub<T>(v128.mul<T>(c, minus), v128.add<T>(soft, v128.pmax<T>(a, f32x4.splat(0))));
  }
}
