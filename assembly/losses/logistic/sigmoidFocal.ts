import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

// A finite number below every logarithm, so that 0 * log 0 is 0: gamma = 0 is a power of 1.
const LOWEST32 = memory.data<f32>([-1e4]);
const LOWEST64 = memory.data<f64>([-1e4]);

/**
 * alpha_t * m^gamma * bce, m = 1 - p_t. With e = e^-|x|, `near` what the target lacks on x's side (1 - t for x >= 0, t below) and far = 1 - near,
 * m = (near + e * far) / (1 + e) and bce = |x| * near + log1p(e): nothing cancels, however large |x| is.
 */
class Focal {
  @inline static near<T extends number>(x: v128, t: v128): v128 {
    return Lanes.select<T>(v128.sub<T>(Lanes.one<T>(), t), t, v128.ge<T>(x, f32x4.splat(0)));
  }
  @inline static missed<T extends number>(near: v128, e: v128): v128 {
    const one = Lanes.one<T>();
    return v128.div<T>(Lanes.madd<T>(e, v128.sub<T>(one, near), near), v128.add<T>(one, e));
  }
  @inline static bce<T extends number>(x: v128, near: v128, e: v128): v128 {
    return Lanes.madd<T>(v128.abs<T>(x), near, Log.log1pUnit<T>(e));
  }
  /** alpha t + (1 - alpha) (1 - t), 1 for a negative alpha. */
  @inline static alpha<T extends number>(t: v128, alpha: v128): v128 {
    const one = Lanes.one<T>();
    const other = v128.mul<T>(v128.sub<T>(one, alpha), v128.sub<T>(one, t));
    return Lanes.select<T>(one, Lanes.madd<T>(alpha, t, other), v128.lt<T>(alpha, f32x4.splat(0)));
  }
  @inline static power<T extends number>(m: v128, gamma: v128): v128 {
    const lowest = sizeof<T>() == 4 ? Lanes.constant<T>(LOWEST32, 0) : Lanes.constant<T>(LOWEST64, 0);
    return Exp.exp<T>(v128.mul<T>(gamma, v128.pmax<T>(Log.log<T>(m), lowest)));
  }
  /** What m^gamma is multiplied by: alpha_t * (gamma * m' / m * bce + (sigma - t)). */
  @inline static slope<T extends number>(x: v128, t: v128, alpha: v128, gamma: v128, e: v128): v128 {
    const one = Lanes.one<T>();
    const zero = f32x4.splat(0);
    const up = v128.ge<T>(x, zero);
    const near = Focal.near<T>(x, t);
    const far = v128.sub<T>(one, near);
    const below = v128.add<T>(one, e);
    // sigma - t = +-(near - e * far) / (1 + e); m' / m = (1 - 2 t) * e / ((1 + e) * (near + e * far)), whose quotient is 1 where near is 0 and far 1
    const outer = Lanes.nmadd<T>(e, far, near);
    const quotient = Lanes.select<T>(one, v128.div<T>(e, Lanes.madd<T>(e, far, near)), v128.eq<T>(near, zero));
    const signed = Lanes.select<T>(outer, v128.neg<T>(outer), up);
    const turn = v128.sub<T>(v128.sub<T>(one, t), t);
    const inner = v128.mul<T>(v128.mul<T>(v128.mul<T>(gamma, turn), quotient), Focal.bce<T>(x, near, e));
    return v128.div<T>(v128.mul<T>(Focal.alpha<T>(t, alpha), v128.add<T>(inner, signed)), below);
  }
}

/** a = x, b = t, p = alpha, q = gamma; shared = e^-|x|. */
@unmanaged
@final
class SigmoidFocal<T extends number> extends PointwiseOp<T> {
  long(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Exp.nonpositive<T>(v128.neg<T>(v128.abs<T>(a)));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const near = Focal.near<T>(a, b);
    const power = Focal.power<T>(Focal.missed<T>(near, s), q);
    return v128.mul<T>(v128.mul<T>(Focal.alpha<T>(b, p), power), Focal.bce<T>(a, near, s));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const power = Focal.power<T>(Focal.missed<T>(Focal.near<T>(a, b), s), q);
    return v128.mul<T>(power, Focal.slope<T>(a, b, p, q, s));
  }
}

/** The same for gamma = 2, which is almost everybody's: without logarithm and power. */
@unmanaged
@final
class SigmoidFocalSquare<T extends number> extends PointwiseOp<T> {
  long(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Exp.nonpositive<T>(v128.neg<T>(v128.abs<T>(a)));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const near = Focal.near<T>(a, b);
    const m = Focal.missed<T>(near, s);
    return v128.mul<T>(v128.mul<T>(Focal.alpha<T>(b, p), v128.mul<T>(m, m)), Focal.bce<T>(a, near, s));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const m = Focal.missed<T>(Focal.near<T>(a, b), s);
    return v128.mul<T>(v128.mul<T>(m, m), Focal.slope<T>(a, b, p, q, s));
  }
}
