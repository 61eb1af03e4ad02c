import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/** log x of n doubles, in place. */
@unmanaged
class Logarithms extends Kernel {
  @inline static run(x: usize, n: i32): void {
    for (const stop = x + 8 * n; x < stop; x += 16) v128.store(x, Log.log<f64>(v128.load(x)));
  }
}

/** log(1 + e^x) of n doubles, in place, and its slope. */
@unmanaged
class Softplus extends Kernel {
  @inline static run(x: usize, n: i32, slopes: usize): void {
    const zero = f64x2.splat(0);
    for (const stop = x + 8 * n; x < stop; x += 16, slopes += 16) {
      const u = v128.load(x);
      const e = Exp.nonpositive<f64>(v128.or(u, Lanes.sign<f64>()));
      const one = Lanes.one<f64>();
      v128.store(slopes, f64x2.div(Lanes.select<f64>(one, e, f64x2.ge(u, zero)), f64x2.add(one, e)));
      v128.store(x, f64x2.add(f64x2.pmax(u, zero), Log.log1pUnit<f64>(e)));
    }
  }
}
