import { Lanes } from "../core/lanes";
import { Exp } from "./exp";

/** tanh and its derivative by e = e^(-2|u|): (1 - e) / (1 + e) and 4 e / (1 + e)^2, in doubles, where the difference keeps a float32's digits. */
export class Cap {
  @inline static exponential(u: v128): v128 {
    return Exp.nonpositive<f64>(f64x2.mul(f64x2.abs(u), f64x2.splat(-2)));
  }

  /** c * tanh(x / c); -infinity is a mask and stays. */
  @inline static value(x: v128, c: v128): v128 {
    const u = f64x2.div(x, c);
    const e = Cap.exponential(u);
    const one = Lanes.one<f64>();
    const tanh = f64x2.div(f64x2.sub(one, e), f64x2.add(one, e));
    const sign = v128.and(x, f64x2.splat(-0.0));
    const capped = v128.or(f64x2.mul(tanh, c), sign);
    return v128.bitselect(x, capped, f64x2.eq(x, f64x2.splat(-Infinity)));
  }

  @inline static slope(x: v128, c: v128): v128 {
    const e = Cap.exponential(f64x2.div(x, c));
    const sum = f64x2.add(Lanes.one<f64>(), e);
    return f64x2.div(f64x2.mul(e, f64x2.splat(4)), f64x2.mul(sum, sum));
  }
}
