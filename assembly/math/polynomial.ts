import { Lanes } from "../core/lanes";

/**
 * Polynomials by Estrin's scheme: pairs of terms side by side, joined by powers of x. One or two multiplications more than Horner's scheme, but a
 * chain of dependent instructions half as long; and the chain is what a loop of exp or log waits for, since few turns fit into the processor's scheduler.
 */
export class Polynomial {
  /** c[0] + c[1] * x + ..., of degree 5, 8, 9 or 10; c lies in static data at `table`. */
  @inline static estrin<T extends number>(table: usize, degree: i32, x: v128): v128 {
    const x2 = v128.mul<T>(x, x);
    const c01 = Polynomial.pair<T>(table, 0, x);
    const c23 = Polynomial.pair<T>(table, 2, x);
    const c45 = Polynomial.pair<T>(table, 4, x);
    if (degree == 5) return Lanes.madd<T>(Lanes.madd<T>(c45, x2, c23), x2, c01);
    const x4 = v128.mul<T>(x2, x2);
    const c67 = Polynomial.pair<T>(table, 6, x);
    let high = Lanes.constant<T>(table, 8);
    if (degree > 8) high = Polynomial.pair<T>(table, 8, x);
    if (degree > 9) high = Lanes.madd<T>(Lanes.constant<T>(table, 10), x2, high);
    const middle = Lanes.madd<T>(c67, x2, c45);
    const low = Lanes.madd<T>(c23, x2, c01);
    return Lanes.madd<T>(Lanes.madd<T>(high, x4, middle), x4, low);
  }

  /** c[index] + c[index + 1] * x. */
  @inline static pair<T extends number>(table: usize, index: i32, x: v128): v128 {
    return Lanes.madd<T>(Lanes.constant<T>(table, index + 1), x, Lanes.constant<T>(table, index));
  }
}
