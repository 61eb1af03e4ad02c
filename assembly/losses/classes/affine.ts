import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";

/** x = (x * factor + term) * weight in place, rows of n with one weight per column (0: none). */
@unmanaged
class Affine extends Kernel {
  @inline static run<T extends number>(x: usize, rows: i32, n: i32, factor: f64, term: f64, weight: usize): void {
    const size: i32 = sizeof<T>();
    for (let row = 0; row < rows; row++) {
      const stop = x + n * size;
      let w = weight;
      for (; x < stop; x += size) {
        let y = Lanes.load<T>(x) * factor + term;
        if (w) {
          y *= Lanes.load<T>(w);
          w += size;
        }
        Lanes.store<T>(x, y);
      }
    }
  }
}
