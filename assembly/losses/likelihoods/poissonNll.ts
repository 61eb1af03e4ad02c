import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

// log(2 pi) / 2
const HALF_LOG_2PI32 = memory.data<f32>([0.91893853320467274178, 0.5]);
const HALF_LOG_2PI64 = memory.data<f64>([0.91893853320467274178, 0.5]);

/** Stirling's term of `full`: where t > 1, t log t - t + log(2 pi t) / 2, else 0. */
class Stirling {
  @inline static constant<T extends number>(index: i32): v128 {
    if (sizeof<T>() == 4) return Lanes.constant<T>(HALF_LOG_2PI32, index);
    return Lanes.constant<T>(HALF_LOG_2PI64, index);
  }
  @inline static term<T extends number>(t: v128): v128 {
    const log = Log.log<T>(t);
    const half = Lanes.madd<T>(log, Stirling.constant<T>(1), Stirling.constant<T>(0));
    const term = v128.add<T>(v128.sub<T>(v128.mul<T>(t, log), t), half);
    return v128.and(term, v128.gt<T>(t, Lanes.one<T>()));
  }
}

/** e^a - b a. Shared = e^a. */
@unmanaged
@final
class PoissonLog<T extends number> extends PointwiseOp<T> {
  long(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Exp.exp<T>(a);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return Lanes.nmadd<T>(a, b, s);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.sub<T>(s, b);
  }
}

/** The same with Stirling's term. */
@unmanaged
@final
class PoissonLogFull<T extends number> extends PointwiseOp<T> {
  long(): void {}
  split(): void {}
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Exp.exp<T>(a);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.add<T>(Lanes.nmadd<T>(a, b, s), Stirling.term<T>(b));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.sub<T>(s, b);
  }
}

/** a - b log(a + p), p = eps. Shared = log(a + p). */
@unmanaged
@final
class Poisson<T extends number> extends PointwiseOp<T> {
  long(): void {}
  split(): void {}
  @inline argument(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.add<T>(a, p);
  }
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Log.log<T>(v128.add<T>(a, p));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return Lanes.nmadd<T>(b, s, a);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.sub<T>(Lanes.one<T>(), v128.div<T>(b, v128.add<T>(a, p)));
  }
}

/** The same with Stirling's term. */
@unmanaged
@final
class PoissonFull<T extends number> extends PointwiseOp<T> {
  long(): void {}
  split(): void {}
  @inline argument(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.add<T>(a, p);
  }
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return Log.log<T>(v128.add<T>(a, p));
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.add<T>(Lanes.nmadd<T>(b, s, a), Stirling.term<T>(b));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.sub<T>(Lanes.one<T>(), v128.div<T>(b, v128.add<T>(a, p)));
  }
}
