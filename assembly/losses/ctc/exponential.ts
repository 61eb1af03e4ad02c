import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Exp } from "../../math/exp";

/** out = factor * e^x, rows of n, a factor (f64) for each. out is not x: of a row that ends within a vector the next one's beginning is written too. */
@unmanaged
class Exponential extends Kernel {
  @inline static run<T extends number>(x: usize, out: usize, rows: i32, n: i32, factors: usize): void {
    const bytes = n * sizeof<T>();
    for (let row = 0; row < rows; row++) {
      const ff = Lanes.splat<T>(load<f64>(factors + 8 * row));
      for (let i = 0; i < bytes; i += 16) v128.store(out + i, v128.mul<T>(Exp.exp<T>(v128.load(x + i)), ff));
      x += bytes;
      out += bytes;
    }
  }
}
