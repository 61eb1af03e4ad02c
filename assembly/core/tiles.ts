// Work on a staged tile that belongs to no loss: factors per element, sums, range checks. Lengths in elements; reads and writes whole vectors.

import { Exp } from "../math/exp";
import { Lanes, TURNS } from "./lanes";

class Tiles {
  /** x *= f, and the sum of what comes out. */
  @inline static multiply<T extends number>(x: usize, f: usize, n: i32): f64 {
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

  /** x = (x * factor + term) * weight in place, rows of n with one weight per column (0: none). */
  @inline static affine<T extends number>(x: usize, rows: i32, n: i32, factor: f64, term: f64, weight: usize): void {
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

  /** out = factor * e^x, rows of n, a factor (f64) for each. out is not x: of a row that ends within a vector the next one's beginning is written too. */
  @inline static exponential<T extends number>(x: usize, out: usize, rows: i32, n: i32, factors: usize): void {
    const bytes = n * sizeof<T>();
    for (let row = 0; row < rows; row++) {
      const ff = Lanes.splat<T>(load<f64>(factors + 8 * row));
      for (let i = 0; i < bytes; i += 16) v128.store(out + i, v128.mul<T>(Exp.exp<T>(v128.load(x + i)), ff));
      x += bytes;
      out += bytes;
    }
  }

  /** rows x cols at x become cols x rows at out. Blocks of whole vectors by shuffles, the edges one by one. */
  @inline static transpose<T extends number>(x: usize, out: usize, rows: i32, cols: i32): void {
    const size: i32 = sizeof<T>();
    const lanes: i32 = 16 / size;
    const from: usize = cols * size; // bytes from a row to the next
    const to: usize = rows * size;
    const wholeRows = rows & -lanes;
    const wholeCols = cols & -lanes;
    for (let r = 0; r < wholeRows; r += lanes) {
      let source = x + <usize>r * from;
      let target = out + <usize>r * size;
      for (let c = 0; c < wholeCols; c += lanes) {
        const a = v128.load(source);
        const b = v128.load(source + from);
        if (sizeof<T>() == 4) {
          const d = v128.load(source + 2 * from);
          const e = v128.load(source + 3 * from);
          const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
          const de = v128.shuffle<i32>(d, e, 0, 4, 1, 5);
          const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
          const DE = v128.shuffle<i32>(d, e, 2, 6, 3, 7);
          v128.store(target, v128.shuffle<i64>(ab, de, 0, 2));
          v128.store(target + to, v128.shuffle<i64>(ab, de, 1, 3));
          v128.store(target + 2 * to, v128.shuffle<i64>(AB, DE, 0, 2));
          v128.store(target + 3 * to, v128.shuffle<i64>(AB, DE, 1, 3));
        } else {
          v128.store(target, v128.shuffle<i64>(a, b, 0, 2));
          v128.store(target + to, v128.shuffle<i64>(a, b, 1, 3));
        }
        source += 16;
        target += <usize>lanes * to;
      }
    }
    for (let r = 0; r < rows; r++) {
      for (let c = r < wholeRows ? wholeCols : 0; c < cols; c++) {
        Lanes.store<T>(out + <usize>c * to + r * size, Lanes.load<T>(x + <usize>r * from + c * size));
      }
    }
  }

  /** How many leading elements are known to lie in [low, high] (NaN does not): n or more if all do, else the start of the block of one that does not. */
  @inline static within<T extends number>(x: usize, n: i32, low: f64, high: f64): i32 {
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

export function multiply_f32(x: usize, f: usize, n: i32): f64 {
  return Tiles.multiply<f32>(x, f, n);
}
export function multiply_f64(x: usize, f: usize, n: i32): f64 {
  return Tiles.multiply<f64>(x, f, n);
}
export function within_f32(x: usize, n: i32, low: f64, high: f64): i32 {
  return Tiles.within<f32>(x, n, low, high);
}
export function within_f64(x: usize, n: i32, low: f64, high: f64): i32 {
  return Tiles.within<f64>(x, n, low, high);
}
export function affine_f32(x: usize, rows: i32, n: i32, factor: f64, term: f64, weight: usize): void {
  Tiles.affine<f32>(x, rows, n, factor, term, weight);
}
export function affine_f64(x: usize, rows: i32, n: i32, factor: f64, term: f64, weight: usize): void {
  Tiles.affine<f64>(x, rows, n, factor, term, weight);
}

export function transpose_f32(x: usize, out: usize, rows: i32, cols: i32): void {
  Tiles.transpose<f32>(x, out, rows, cols);
}
export function transpose_f64(x: usize, out: usize, rows: i32, cols: i32): void {
  Tiles.transpose<f64>(x, out, rows, cols);
}

export function exponential_f32(x: usize, out: usize, rows: i32, n: i32, factors: usize): void {
  Tiles.exponential<f32>(x, out, rows, n, factors);
}

export function exponential_f64(x: usize, out: usize, rows: i32, n: i32, factors: usize): void {
  Tiles.exponential<f64>(x, out, rows, n, factors);
}
