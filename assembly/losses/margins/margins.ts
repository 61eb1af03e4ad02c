import { Block, Kernel } from "../../core/kernel";
import { Lanes, TURNS } from "../../core/lanes";

/** Listed classes that a pass over a row looks at together. */
const FOUR: i32 = 4;

@unmanaged
class MarginsBlock extends Block {
  rows: i32 = 0;
  n: i32 = 0;
  listed: i32 = 0;
  square: i32 = 0;
  x: usize = 0;
  y: usize = 0;
  w: usize = 0;
  g: usize = 0;
  scores: usize = 0;
  value: usize = 0;
  grad: usize = 0;
  margin: f64 = 0;
  scale: f64 = 0;
  /** Sums of the slopes of the last pass, for each of its classes. */
  slopes: f64 = 0;
  slopes1: f64 = 0;
  slopes2: f64 = 0;
  slopes3: f64 = 0;
}

/**
 * Margins of a few classes of a row over all others, the multi-margin losses: with T the classes listed for a row,
 *   value = w / n * sum over j in T, i not in T of max(0, margin - x[j] + x[i])^p,   p = 1, or 2 with `square`
 * y: i32, `listed` per row, the list ended by its length or a negative number. w, g: f64 per row or 0 for ones: factor of value and gradient,
 * factor of the gradient alone. scores: room for two doubles per listed class. value, grad: outputs or 0, none of them x. x is written to, and as it
 * was at the end. NaN adds nothing, as in PyTorch.
 * Returns the sum of the values.
 */
@unmanaged
class Margins extends Kernel {
  @inline static run<T extends number>(call: MarginsBlock): f64 {
    const rows = call.rows;
    const n = call.n;
    const listed = call.listed;
    const w = call.w;
    const g = call.g;
    const square = call.square;
    const margin = call.margin;
    const scale = call.scale;
    const scores = call.scores;
    const value = call.value;
    let x = call.x;
    let y = call.y;
    let grad = call.grad;
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
      if (grad && count == 0) memory.fill(grad, 0, bytes);
      let loss: f64 = 0;
      for (let k = 0; k < count; k += FOUR) {
        // the first pass writes the gradient, the others add to it; classes that are missing at the end have hinges that are never open
        const last = scores + 8 * count;
        const at = scores + 8 * k;
        if (count - k == 1) {
          loss += square
            ? Margins.pass<T>(call, true, false, k == 0, x, bytes, margin, at, last, factor, grad)
            : Margins.pass<T>(call, false, false, k == 0, x, bytes, margin, at, last, factor, grad);
        } else {
          loss += square
            ? Margins.pass<T>(call, true, true, k == 0, x, bytes, margin, at, last, factor, grad)
            : Margins.pass<T>(call, false, true, k == 0, x, bytes, margin, at, last, factor, grad);
        }
        // what the others get, the listed class pays; kept until no pass reads its gradient any more
        for (let i = 0; i < FOUR && k + i < count; i++)
          store<f64>(scores + 8 * (listed + k + i), factor * load<f64>(changetype<usize>(call) + offsetof<MarginsBlock>("slopes") + 8 * i));
      }
      for (let k = 0; k < count; k++) {
        const j = load<i32>(y + 4 * k) * size;
        Lanes.store<T>(x + j, load<f64>(scores + 8 * k));
        if (grad) Lanes.store<T>(grad + j, Lanes.load<T>(grad + j) - load<f64>(scores + 8 * (listed + k)));
      }
      if (grad) grad += bytes;
      loss *= weight;
      total += loss;
      if (value) Lanes.store<T>(value + row * size, loss);
      x += bytes;
      y += 4 * listed;
    }
    return total;
  }

  /** The scores of one listed class, or of four, subtracted from the margin: an offset in every lane. */
  @inline static offset<T extends number>(margin: f64, score: usize, last: usize): v128 {
    return Lanes.splat<T>(score < last ? margin - load<f64>(score) : -Infinity);
  }

  /** One listed class over a row, or four: returns the sum of the hinges, leaves the sums of their slopes, sets factor * slope or adds it to the gradient. */
  @inline static pass<T extends number>(
    call: MarginsBlock,
    square: bool,
    four: bool,
    first: bool,
    x: usize,
    bytes: i32,
    margin: f64,
    score: usize,
    last: usize,
    factor: f64,
    grad: usize,
  ): f64 {
    const o0 = Margins.offset<T>(margin, score, last);
    const o1 = Margins.offset<T>(margin, score + 8, last);
    const o2 = Margins.offset<T>(margin, score + 16, last);
    const o3 = Margins.offset<T>(margin, score + 24, last);
    const ff = Lanes.splat<T>(factor);
    const whole = x + (bytes & -16);
    const stop = x + bytes;
    const none = f64x2.splat(0);
    let wide = none;
    let w0 = none;
    let w1 = none;
    let w2 = none;
    let w3 = none;
    while (x < stop) {
      let sum = none;
      let s0 = none;
      let s1 = none;
      let s2 = none;
      let s3 = none;
      // the last, partial vector is a block of its own, masked: also in the gradient, which the next row's may follow
      const partial = x >= whole;
      const end = partial ? stop : min(whole, x + 16 * TURNS);
      const mask = Lanes.first(partial ? <i32>(stop - x) : 16);
      do {
        const v = v128.load(x);
        let h = Margins.hinge<T>(o0, v, mask);
        let slope = Margins.slope<T>(square, h);
        let slopes = slope;
        sum = square ? Lanes.madd<T>(h, h, sum) : v128.add<T>(sum, h);
        s0 = v128.add<T>(s0, slope);
        if (four) {
          h = Margins.hinge<T>(o1, v, mask);
          slope = Margins.slope<T>(square, h);
          slopes = v128.add<T>(slopes, slope);
          sum = square ? Lanes.madd<T>(h, h, sum) : v128.add<T>(sum, h);
          s1 = v128.add<T>(s1, slope);
          h = Margins.hinge<T>(o2, v, mask);
          slope = Margins.slope<T>(square, h);
          slopes = v128.add<T>(slopes, slope);
          sum = square ? Lanes.madd<T>(h, h, sum) : v128.add<T>(sum, h);
          s2 = v128.add<T>(s2, slope);
          h = Margins.hinge<T>(o3, v, mask);
          slope = Margins.slope<T>(square, h);
          slopes = v128.add<T>(slopes, slope);
          sum = square ? Lanes.madd<T>(h, h, sum) : v128.add<T>(sum, h);
          s3 = v128.add<T>(s3, slope);
        }
        if (grad) {
          v128.store(grad, first ? v128.mul<T>(slopes, ff) : Lanes.madd<T>(slopes, ff, v128.load(grad)));
          grad += 16;
        }
        x += 16;
      } while (x < end);
      wide = Lanes.widen<T>(wide, sum);
      w0 = Lanes.widen<T>(w0, s0);
      if (four) {
        w1 = Lanes.widen<T>(w1, s1);
        w2 = Lanes.widen<T>(w2, s2);
        w3 = Lanes.widen<T>(w3, s3);
      }
    }
    call.slopes = Lanes.total(w0);
    if (four) {
      call.slopes1 = Lanes.total(w1);
      call.slopes2 = Lanes.total(w2);
      call.slopes3 = Lanes.total(w3);
    }
    return Lanes.total(wide);
  }

  /** max(0, offset + x), and 0 for NaN, in the lanes of the mask. */
  @inline static hinge<T extends number>(offset: v128, x: v128, mask: v128): v128 {
    const z = v128.add<T>(offset, x);
    return v128.and(z, v128.and(v128.gt<T>(z, f32x4.splat(0)), mask));
  }

  /** Strictly: a hinge that is exactly 0 has no gradient. */
  @inline static slope<T extends number>(square: bool, h: v128): v128 {
    if (square) return v128.add<T>(h, h);
    return v128.and(Lanes.one<T>(), v128.gt<T>(h, f32x4.splat(0)));
  }
}
