import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";

/** Adds the squares of each of `rows` rows of `bytes` bytes to a double each. In doubles, so that no square leaves the range. */
@unmanaged
class Norms extends Kernel {
  @inline static run<T extends number>(x: usize, rows: i32, bytes: i32, sums: usize): void {
    for (let row = 0; row < rows; row++) {
      let even = f64x2.splat(0);
      let odd = f64x2.splat(0);
      for (const stop = x + bytes; x < stop; x += 32) {
        if (sizeof<T>() == 4) {
          const a = v128.load(x);
          const b = v128.load(x, 16);
          const a0 = f64x2.promote_low_f32x4(a);
          const a1 = f64x2.promote_low_f32x4(v128.shuffle<i64>(a, a, 1, 1));
          const b0 = f64x2.promote_low_f32x4(b);
          const b1 = f64x2.promote_low_f32x4(v128.shuffle<i64>(b, b, 1, 1));
          even = Lanes.madd<f64>(a0, a0, even);
          odd = Lanes.madd<f64>(a1, a1, odd);
          even = Lanes.madd<f64>(b0, b0, even);
          odd = Lanes.madd<f64>(b1, b1, odd);
        } else {
          const a = v128.load(x);
          const b = v128.load(x, 16);
          even = Lanes.madd<f64>(a, a, even);
          odd = Lanes.madd<f64>(b, b, odd);
        }
      }
      store<f64>(sums + 8 * row, load<f64>(sums + 8 * row) + Lanes.total(f64x2.add(even, odd)));
    }
  }
}

/** Divides each row by its norm. */
@unmanaged
class Divide extends Kernel {
  @inline static run<T extends number>(x: usize, rows: i32, bytes: i32, norms: usize): void {
    for (let row = 0; row < rows; row++) {
      const norm = Lanes.splat<T>(load<f64>(norms + 8 * row));
      for (const stop = x + bytes; x < stop; x += 32) {
        v128.store(x, v128.div<T>(v128.load(x), norm));
        v128.store(x, v128.div<T>(v128.load(x, 16), norm), 16);
      }
    }
  }
}

/** Adds the product of each row's gradient and the row itself to a double each. */
@unmanaged
class Along extends Kernel {
  @inline static run<T extends number>(g: usize, x: usize, rows: i32, bytes: i32, sums: usize): void {
    for (let row = 0; row < rows; row++) {
      let wide = f64x2.splat(0);
      for (const stop = x + bytes; x < stop; x += 32, g += 32) {
        wide = Lanes.widen<T>(wide, v128.mul<T>(v128.load(g), v128.load(x)));
        wide = Lanes.widen<T>(wide, v128.mul<T>(v128.load(g, 16), v128.load(x, 16)));
      }
      store<f64>(sums + 8 * row, load<f64>(sums + 8 * row) + Lanes.total(wide));
    }
  }
}

/** Through the norm: the gradient by a row that was divided by its norm becomes (g - along * x) / norm. */
@unmanaged
class Project extends Kernel {
  @inline static run<T extends number>(g: usize, x: usize, rows: i32, bytes: i32, along: usize, norms: usize): void {
    for (let row = 0; row < rows; row++) {
      const a = Lanes.splat<T>(load<f64>(along + 8 * row));
      const norm = Lanes.splat<T>(load<f64>(norms + 8 * row));
      for (const stop = x + bytes; x < stop; x += 16, g += 16) {
        v128.store(g, v128.div<T>(Lanes.nmadd<T>(a, v128.load(x), v128.load(g)), norm));
      }
    }
  }
}
