// Work on a staged tile that belongs to no op: factors of each position, range checks. Lengths in elements; reads and writes whole vectors.

import { Kernel } from "./kernel";
import { Lanes, TURNS } from "./lanes";

/** x *= f, and the sum of what comes out. */
@unmanaged
class Multiply extends Kernel {
  @inline static run<T extends number>(x: usize, f: usize, n: i32): f64 {
    const bytes = n * sizeof<T>();
    const whole = x + (bytes & -16);
    const stop = x + bytes;
    let wide = f64x2.splat(0);
    while (x < stop) {
      let sum = f64x2.splat(0);
      const end = x < whole ? min(whole, x + 16 * TURNS) : stop;
      do {
        const y = v128.mul<T>(v128.load(x), v128.load(f));
        v128.store(x, y);
        sum = v128.add<T>(sum, y);
        x += 16;
        f += 16;
      } while (x < end);
      if (x > stop) sum = v128.and(sum, Lanes.first(16 - <i32>(x - stop)));
      wide = Lanes.widen<T>(wide, sum);
    }
    return Lanes.total(wide);
  }
}

/** How many leading elements are known to lie in [low, high] (NaN does not): n or more if all do, else the start of the block of one that does not. */
@unmanaged
class Within extends Kernel {
  @inline static run<T extends number>(x: usize, n: i32, low: f64, high: f64): i32 {
    const size: i32 = sizeof<T>();
    const lowest = Lanes.splat<T>(low);
    const highest = Lanes.splat<T>(high);
    const start = x;
    const whole = x + ((n * size) & -16);
    const stop = x + n * size;
    while (x < stop) {
      const block = x;
      // the last, partial vector is a block of its own
      const partial = x >= whole;
      const end = partial ? stop : min(whole, x + 16 * TURNS);
      let inside = Lanes.ones();
      do {
        const y = v128.load(x);
        inside = v128.and(inside, v128.and(v128.ge<T>(y, lowest), v128.le<T>(y, highest)));
        x += 16;
      } while (x < end);
      const mask = Lanes.first(partial ? <i32>(stop - block) : 16);
      if (v128.any_true(v128.andnot(mask, inside))) return <i32>(block - start) / size;
    }
    return n;
  }
}
