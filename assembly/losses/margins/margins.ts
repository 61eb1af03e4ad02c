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
 *   value = w / n * sum over j in T, i not in T of max(0, margin - x[j] + x[i])^p,   p = 1, or where one class is listed 2 with `square`
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
      let loss: f64 = 0;
      if (count == 1) {
        if (square) loss = grad ? Margins.one<T>(call, true, true, x, bytes, factor, grad) : Margins.one<T>(call, true, false, x, bytes, 0, 0);
        else loss = grad ? Margins.one<T>(call, false, true, x, bytes, factor, grad) : Margins.one<T>(call, false, false, x, bytes, 0, 0);
        store<f64>(scores + 8 * listed, factor * call.slopes);
      } else {
        // each pass adds to the gradient
        if (grad) memory.fill(grad, 0, bytes);
        for (let k = 0; k < count; k += FOUR) {
          // classes that are missing at the end have hinges that are never open
          const last = scores + 8 * count;
          const at = scores + 8 * k;
          loss += grad ? Margins.four<T>(call, true, x, bytes, at, last, factor, grad) : Margins.four<T>(call, false, x, bytes, at, last, 0, 0);
          // what the others get, the listed class pays; kept until no pass reads its gradient any more
          for (let i = 0; i < FOUR && k + i < count; i++)
            store<f64>(scores + 8 * (listed + k + i), factor * load<f64>(changetype<usize>(call) + offsetof<MarginsBlock>("slopes") + 8 * i));
        }
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

  /** What is added to each score: the margin over that of one listed class, in every lane. */
  @inline static offset<T extends number>(margin: f64, score: usize, last: usize): v128 {
    return Lanes.splat<T>(score < last ? margin - load<f64>(score) : -Infinity);
  }

  /** One listed class over a row: returns the sum of the hinges; with `graded` leaves the sum of their slopes and sets the gradient to factor * slope. */
  @inline static one<T extends number>(call: MarginsBlock, square: bool, graded: bool, x: usize, bytes: i32, factor: f64, grad: usize): f64 {
    const o = Margins.offset<T>(call.margin, call.scores, call.scores + 8);
    const ff = Lanes.splat<T>(square ? 2 * factor : factor);
    const unit = Lanes.splat<T>(1);
    // two vectors a turn and two sums where there is little else to do
    const stride: i32 = graded ? 16 : 32;
    const whole = x + (bytes & -stride);
    const stop = x + bytes;
    const none = f64x2.splat(0);
    let wide = none;
    let slopes = none;
    let c = none;
    while (x < stop) {
      let s0 = none;
      let s1 = none;
      const partial = x >= whole;
      const end = partial ? stop : min(whole, x + stride * TURNS);
      const rest: i32 = partial ? <i32>(stop - x) : stride;
      const beyond = Margins.beyond(rest);
      const beyond1 = Margins.beyond(rest - 16);
      do {
        const z = v128.add<T>(o, v128.or(v128.load(x), beyond));
        const h = v128.pmax<T>(none, z); // NaN last: it adds nothing
        s0 = square ? Lanes.madd<T>(h, h, s0) : v128.add<T>(s0, h);
        if (graded) {
          const m = v128.gt<T>(z, none); // strictly: a hinge that is exactly 0 has no gradient
          c = square ? v128.add<T>(c, h) : Margins.count<T>(c, m);
          v128.store(grad, v128.mul<T>(square ? h : v128.and(unit, m), ff)); // a product: a factor of NaN comes through
          grad += 16;
        } else {
          const h1 = v128.pmax<T>(none, v128.add<T>(o, v128.or(v128.load(x, 16), beyond1)));
          s1 = square ? Lanes.madd<T>(h1, h1, s1) : v128.add<T>(s1, h1);
        }
        x += stride;
      } while (x < end);
      wide = Lanes.widen<T>(Lanes.widen<T>(wide, s0), s1);
      if (square && graded) {
        slopes = Lanes.widen<T>(slopes, c);
        c = none;
      }
    }
    if (graded) call.slopes = square ? 2 * Lanes.total(slopes) : Margins.counted<T>(c);
    return Lanes.total(wide);
  }

  /** Four listed classes over a row, with linear hinges: the gradient is added to. */
  @inline static four<T extends number>(call: MarginsBlock, graded: bool, x: usize, bytes: i32, score: usize, last: usize, factor: f64, grad: usize): f64 {
    const margin = call.margin;
    const o0 = Margins.offset<T>(margin, score, last);
    const o1 = Margins.offset<T>(margin, score + 8, last);
    const o2 = Margins.offset<T>(margin, score + 16, last);
    const o3 = Margins.offset<T>(margin, score + 24, last);
    const ff = Lanes.splat<T>(factor);
    const whole = x + (bytes & -16);
    const stop = x + bytes;
    const none = f64x2.splat(0);
    let wide = none;
    let c0 = none;
    let c1 = none;
    let c2 = none;
    let c3 = none;
    while (x < stop) {
      let sum = none;
      // the last, partial vector is a block of its own
      const partial = x >= whole;
      const end = partial ? stop : min(whole, x + 16 * TURNS);
      const beyond = Margins.beyond(partial ? <i32>(stop - x) : 16);
      do {
        const v = v128.or(v128.load(x), beyond);
        const z0 = v128.add<T>(o0, v);
        const z1 = v128.add<T>(o1, v);
        const z2 = v128.add<T>(o2, v);
        const z3 = v128.add<T>(o3, v);
        // in pairs, so that a turn waits for one addition
        const h01 = v128.add<T>(v128.pmax<T>(none, z0), v128.pmax<T>(none, z1));
        const h23 = v128.add<T>(v128.pmax<T>(none, z2), v128.pmax<T>(none, z3));
        sum = v128.add<T>(sum, v128.add<T>(h01, h23));
        if (graded) {
          const m0 = v128.gt<T>(z0, none);
          const m1 = v128.gt<T>(z1, none);
          const m2 = v128.gt<T>(z2, none);
          const m3 = v128.gt<T>(z3, none);
          c0 = Margins.count<T>(c0, m0);
          c1 = Margins.count<T>(c1, m1);
          c2 = Margins.count<T>(c2, m2);
          c3 = Margins.count<T>(c3, m3);
          const slopes = Margins.opened<T>(m0, m1, m2, m3);
          v128.store(grad, Lanes.nmadd<T>(slopes, ff, v128.load(grad)));
          grad += 16;
        }
        x += 16;
      } while (x < end);
      wide = Lanes.widen<T>(wide, sum);
    }
    if (graded) {
      call.slopes = Margins.counted<T>(c0);
      call.slopes1 = Margins.counted<T>(c1);
      call.slopes2 = Margins.counted<T>(c2);
      call.slopes3 = Margins.counted<T>(c3);
    }
    return Lanes.total(wide);
  }

  /** Every bit of the lanes behind the first bytes: as numbers they are NaN, which is in no hinge and has no gradient (the next row's may follow there). */
  @inline static beyond(bytes: i32): v128 {
    return v128.not(Lanes.first(max(min(bytes, 16), 0)));
  }

  /** How many of four masks are set, negative. */
  @inline static opened<T extends number>(m0: v128, m1: v128, m2: v128, m3: v128): v128 {
    if (sizeof<T>() == 4) return f32x4.convert_i32x4_s(i32x4.add(i32x4.add(m0, m1), i32x4.add(m2, m3)));
    const minus = f64x2.splat(-1);
    return f64x2.add(f64x2.add(v128.and(minus, m0), v128.and(minus, m1)), f64x2.add(v128.and(minus, m2), v128.and(minus, m3)));
  }

  /** One more in the lanes of the mask, as integers. */
  @inline static count<T extends number>(c: v128, mask: v128): v128 {
    if (sizeof<T>() == 4) return i32x4.sub(c, mask);
    return i64x2.sub(c, mask);
  }

  @inline static counted<T extends number>(c: v128): f64 {
    if (sizeof<T>() == 4) {
      const two = i32x4.add(c, v128.shuffle<i32>(c, c, 2, 3, 0, 1));
      return <f64>(i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1));
    }
    return <f64>(i64x2.extract_lane(c, 0) + i64x2.extract_lane(c, 1));
  }
}
