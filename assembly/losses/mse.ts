import { Pointwise, PointwiseOp } from "../core/pointwise";

/** d^2, d = a - b. */
@unmanaged
@final
class Mse<T extends number> extends PointwiseOp<T> {
  @inline shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128 {
    return v128.sub<T>(a, b);
  }
  @inline value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.mul<T>(s, s);
  }
  @inline gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128 {
    return v128.add<T>(s, s);
  }
}

export function mse_f32(a: usize, b: usize, c: usize, n: i32, p: f64, q: f64, scale: f64, v: usize, ga: usize, gb: usize): f64 {
  return Pointwise.run<Mse<f32>, f32>(a, b, c, n, p, q, scale, v, ga, gb);
}

export function mse_f64(a: usize, b: usize, c: usize, n: i32, p: f64, q: f64, scale: f64, v: usize, ga: usize, gb: usize): f64 {
  return Pointwise.run<Mse<f64>, f64>(a, b, c, n, p, q, scale, v, ga, gb);
}
