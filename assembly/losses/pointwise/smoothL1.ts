import { Lanes } from "../../core/lanes";
import { PointwiseOp } from "../../core/pointwise";

const ONES32 = memory.data<f32>([1, -1]);
const ONES64 = memory.data<f64>([1, -1]);

/** The gradient: d * p clamped to 1. */
class SmoothL1Slope {
  @inline static of<T extends number>(d: v128, p: v128): v128 {
    const table = sizeof<T>() == 4 ? ONES32 : ONES64;
    return v128.pmax<T>(v128.pmin<T>(v128.mul<T>(d, p), Lanes.constant<T>(table, 0)), Lanes.constant<T>(table, 1)); // data first: NaN comes through
  }
}

/** With u = d * p clamped to 1, d = a - b: u * (d - u * q), for p = 1 / beta and q = beta / 2. */
@unmanaged
@final
class SmoothL1<T extends number> extends PointwiseOp<T> {
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(a, b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const u = SmoothL1Slope.of<T>(s, p);
    return v128.mul<T>(u, Lanes.nmadd<T>(u, q, s));
  }
  @inline sum(so: v128, s: v128, p: v128, q: v128): v128 {
    const u = SmoothL1Slope.of<T>(s, p);
    return Lanes.madd<T>(u, Lanes.nmadd<T>(u, q, s), so);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return SmoothL1Slope.of<T>(s, p);
  }
}
