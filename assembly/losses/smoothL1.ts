import { Lanes } from "../core/lanes";
import { Pointwise, PointwiseOp } from "../core/pointwise";

/** With u = min(|d| * p, 1), d = a - b: u * (|d| - u * q), for p = 1 / beta and q = beta / 2. */
@unmanaged
@final
class SmoothL1<T extends number> extends PointwiseOp<T> {
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(a, b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const z = v128.abs<T>(s);
    const u = v128.pmin<T>(v128.mul<T>(z, p), Lanes.one<T>()); // data first: NaN comes through
    return v128.mul<T>(u, Lanes.nmadd<T>(u, q, z));
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    const one = Lanes.one<T>();
    return v128.pmax<T>(v128.pmin<T>(v128.mul<T>(s, p), one), v128.neg<T>(one));
  }
}

export function smoothL1_f32(a: usize, b: usize, c: usize, n: i32, p: f64, q: f64, scale: f64, v: usize, ga: usize, gb: usize): f64 {
  return Pointwise.run<SmoothL1<f32>, f32>(a, b, c, n, p, q, scale, v, ga, gb);
}

export function smoothL1_f64(a: usize, b: usize, c: usize, n: i32, p: f64, q: f64, scale: f64, v: usize, ga: usize, gb: usize): f64 {
  return Pointwise.run<SmoothL1<f64>, f64>(a, b, c, n, p, q, scale, v, ga, gb);
}
