import { Lanes, TURNS } from "../core/lanes";

// Sum of the slopes of the last pass
const SLOPES = memory.data<f64>([0]);

/**
 * Margins of a few classes of a row over all others, the multi-margin losses: with T the classes listed for a row,
 *   value = w / n * sum over j in T, i not in T of max(0, margin - x[j] + x[i])^p,   p = 1, or 2 with `square`
 * y: i32, `listed` per row, the list ended by its length or a negative number. w, g: f64 per row or 0 for ones: factor of value and gradient,
 * factor of the gradient alone. scores: room for `listed` doubles. value, grad: outputs or 0. x is written to. NaN adds nothing, as in PyTorch.
 * Returns the sum of the values.
 */
class Margins {
  @inline static run<T extends number>(
    x: usize,
    rows: i32,
    n: i32,
    y: usize,
    listed: i32,
    w: usize,
    g: usize,
    square: i32,
    margin: f64,
    scale: f64,
    scores: usize,
    value: usize,
    grad: usize,
  ): f64 {
    const size: i32 = sizeof<T>();
    const bytes = n * size;
    let total: f64 = 0;
    for (let row = 0; row < rows; row++) {
      const weight = (w ? load<f64>(w + 8 * row) : 1) / <f64>n;
      const factor = weight * (g ? scale * load<f64>(g + 8 * row) : scale);
      // the listed classes leave the row, so that a pass over it meets the others alone
      let count = 0;
      for (; count < listed; count++) {
        const j = load<i32>(y + 4 * count);
        if (j < 0) break;
        store<f64>(scores + 8 * count, Lanes.load<T>(x + j * size));
      }
      for (let k = 0; k < count; k++) Lanes.store<T>(x + load<i32>(y + 4 * k) * size, -Infinity);
      if (grad) memory.fill(grad, 0, bytes);
      let loss: f64 = 0;
      for (let k = 0; k < count; k++) {
        const offset = margin - load<f64>(scores + 8 * k);
        loss += square ? Margins.pass<T>(true, x, bytes, offset, factor, grad) : Margins.pass<T>(false, x, bytes, offset, factor, grad);
        // what the others get, the listed class pays; kept until no pass reads its gradient any more
        store<f64>(scores + 8 * k, factor * load<f64>(SLOPES));
      }
      if (grad) {
        for (let k = 0; k < count; k++) {
          const at = grad + load<i32>(y + 4 * k) * size;
          Lanes.store<T>(at, Lanes.load<T>(at) - load<f64>(scores + 8 * k));
        }
        grad += bytes;
      }
      loss *= weight;
      total += loss;
      if (value) Lanes.store<T>(value + row * size, loss);
      x += bytes;
      y += 4 * listed;
    }
    return total;
  }

  /** One listed class over a row: returns the sum of the hinges, leaves that of their slopes, adds factor * slope to the gradient. */
  @inline static pass<T extends number>(square: bool, x: usize, bytes: i32, offset: f64, factor: f64, grad: usize): f64 {
    const oo = Lanes.splat<T>(offset);
    const ff = Lanes.splat<T>(factor);
    const zero = f32x4.splat(0);
    const whole = x + (bytes & -16);
    const stop = x + bytes;
    let wide = f64x2.splat(0);
    let slopes = f64x2.splat(0);
    while (x < stop) {
      let sum = f64x2.splat(0);
      let slopeSum = f64x2.splat(0);
      // the last, partial vector is a block of its own, masked: also in the gradient, which the next row's may follow
      const partial = x >= whole;
      const end = partial ? stop : min(whole, x + 16 * TURNS);
      const mask = Lanes.first(partial ? <i32>(stop - x) : 16);
      do {
        const z = v128.add<T>(oo, v128.load(x));
        const active = v128.and(v128.gt<T>(z, zero), mask); // strictly: a hinge that is exactly 0 has no gradient
        const h = v128.and(z, active);
        let slope: v128;
        if (square) {
          sum = Lanes.madd<T>(h, h, sum);
          slope = v128.add<T>(h, h);
        } else {
          sum = v128.add<T>(sum, h);
          slope = v128.and(Lanes.one<T>(), active);
        }
        slopeSum = v128.add<T>(slopeSum, slope);
        if (grad) {
          v128.store(grad, Lanes.madd<T>(slope, ff, v128.load(grad)));
          grad += 16;
        }
        x += 16;
      } while (x < end);
      wide = Lanes.widen<T>(wide, sum);
      slopes = Lanes.widen<T>(slopes, slopeSum);
    }
    store<f64>(SLOPES, Lanes.total(slopes));
    return Lanes.total(wide);
  }
}

export function margins_f32(
  x: usize,
  rows: i32,
  n: i32,
  y: usize,
  listed: i32,
  w: usize,
  g: usize,
  square: i32,
  margin: f64,
  scale: f64,
  scores: usize,
  value: usize,
  grad: usize,
): f64 {
  return Margins.run<f32>(x, rows, n, y, listed, w, g, square, margin, scale, scores, value, grad);
}

export function margins_f64(
  x: usize,
  rows: i32,
  n: i32,
  y: usize,
  listed: i32,
  w: usize,
  g: usize,
  square: i32,
  margin: f64,
  scale: f64,
  scores: usize,
  value: usize,
  grad: usize,
): f64 {
  return Margins.run<f64>(x, rows, n, y, listed, w, g, square, margin, scale, scores, value, grad);
}
