// The family of losses that look at one position at a time: the contract an op fulfils, and the only loop over positions.

import { Log } from "../math/log";
import { Lanes, TURNS } from "./lanes";

/**
 * The lane functions of a pointwise loss of operands a, b and, if `ternary` is defined, c. p and q are the loss's own parameters in every lane.
 * Gradients are unscaled: the loop multiplies by the upstream gradient.
 */
@unmanaged
export abstract class PointwiseOp<T extends number> {
  /** What value and gradients have in common, computed once. */
  abstract shared(a: v128, b: v128, c: v128, p: v128, q: v128): v128;
  abstract value(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128;
  abstract gradA(a: v128, b: v128, c: v128, p: v128, q: v128, s: v128): v128;
  // Optional: `operation(): void {}` marks what has values and neither sum nor gradient; `ternary(): void {}` a third operand, `long(): void {}` an op of more than about 30 instructions,
  // `split(): void {}` one of two transcendentals, of which one is `shared`, that gains by a loop for each;
  // argument(…) is what `shared` is the logarithm of, which is shorter where all of a block are positive normal numbers;
  // fixed(p, q) is what an op without a third operand gets for c, computed once: a constant that V8 would build at each use;
  // gradB(…) is the gradient of b where that is not -gradA; gradC(…) that of c where it has one; sum(so, …) is value(…) added to a sum, where the
  // last multiplication of the value and that addition can be one instruction.
}

export class Pointwise {
  /**
   * n positions. Returns the sum of the values. Writes the gradient of a, times `scale`, to ga unless that is 0. With v every output is
   * written: values, gradients of a, of b and of c if there is one; whoever does not want one of them points it at memory that nobody reads. Values
   * are written first: v may be ga where they are not wanted, which is a stream less.
   * Writes whole pairs of vectors and reads up to four: outputs and operands are padded to them. gb must be writable memory of 2 KiB even where it is no output:
   * scratch of the ops that are split.
   */
  @inline static run<Op extends PointwiseOp<T>, T extends number>(
    a: usize,
    b: usize,
    c: usize,
    n: i32,
    p: f64,
    q: f64,
    scale: f64,
    v: usize,
    ga: usize,
    gb: usize,
    gc: usize = 0,
  ): f64 {
    if (isDefined(changetype<Op>(0).split)) return Pointwise.split<Op, T>(a, b, c, n, p, q, scale, v, ga, gb, gc);
    if (isDefined(changetype<Op>(0).operation) || v) return Pointwise.loop<Op, T>(EACH, a, b, c, n, p, q, scale, v, ga, gb, gc);
    if (ga) return Pointwise.loop<Op, T>(GRAD, a, b, c, n, p, q, scale, v, ga, gb, gc);
    if (isDefined(changetype<Op>(0).long)) return Pointwise.loop<Op, T>(SUM, a, b, c, n, p, q, scale, v, ga, gb, gc);
    return Pointwise.sum<Op, T>(a, b, c, n, p, q);
  }

  /**
   * Loops over a block that stays in the first-level cache: `shared` of each position, into scratch or where the values will be, then what is made of it. One
   * loop of all is a chain so long that hardly two turns of it fit into the processor's scheduler.
   */
  @inline static split<Op extends PointwiseOp<T>, T extends number>(
    a: usize,
    b: usize,
    c: usize,
    n: i32,
    p: f64,
    q: f64,
    scale: f64,
    v: usize,
    ga: usize,
    gb: usize,
    gc: usize,
  ): f64 {
    const op = changetype<Op>(0); // no state: a null receiver
    const pp = Lanes.splat<T>(p);
    const qq = Lanes.splat<T>(q);
    const ss = Lanes.splat<T>(scale);
    let u = Pointwise.fixed<Op, T>(pp, qq);
    const total = n * sizeof<T>();
    let wide = f64x2.splat(0);
    let at = v ? v : gb;
    for (let start = 0; start < total; start += BLOCK) {
      const bytes = min(total - start, BLOCK);
      let usual: bool = false;
      if (isDefined(op.argument)) {
        let least = Log.none<T>();
        let most = least;
        let w = u;
        // two vectors a turn: a fourteenth of the time
        for (let i = 0; i < bytes; i += 32) {
          if (isDefined(op.ternary)) {
            u = v128.load(c + i);
            w = v128.load(c + i, 16);
          }
          const x = op.argument(v128.load(a + i), v128.load(b + i), u, pp, qq);
          const y = op.argument(v128.load(a + i, 16), v128.load(b + i, 16), w, pp, qq);
          least = Log.least<T>(Log.least<T>(least, x), y);
          most = Log.most<T>(Log.most<T>(most, x), y);
          v128.store(at + i, Log.normal<T>(x));
          v128.store(at + i, Log.normal<T>(y), 16);
        }
        usual = Log.normals<T>(least, most);
      }
      if (!usual)
        for (let i = 0; i < bytes; i += 16) {
          if (isDefined(op.ternary)) u = v128.load(c + i);
          v128.store(at + i, op.shared(v128.load(a + i), v128.load(b + i), u, pp, qq));
        }
      const whole = bytes & -16;
      let i: i32 = 0;
      while (i < bytes) {
        let sum = f64x2.splat(0);
        // the last, partial vector is a block of its own, whose sum is masked
        const end = i < whole ? min(whole, i + 16 * TURNS) : bytes;
        if (v)
          do {
            // any of the outputs may replace its own operand
            const x = v128.load(a + i);
            const t = v128.load(b + i);
            if (isDefined(op.ternary)) u = v128.load(c + i);
            const s = v128.load(at + i);
            const value = op.value(x, t, u, pp, qq, s);
            sum = v128.add<T>(sum, value);
            v128.store(at + i, value);
            const g = v128.mul<T>(op.gradA(x, t, u, pp, qq, s), ss);
            v128.store(ga + i, g);
            if (isDefined(op.gradB)) v128.store(gb + i, v128.mul<T>(op.gradB(x, t, u, pp, qq, s), ss));
            else v128.store(gb + i, v128.neg<T>(g));
            if (isDefined(op.gradC)) v128.store(gc + i, v128.mul<T>(op.gradC(x, t, u, pp, qq, s), ss));
            i += 16;
          } while (i < end);
        else
          do {
            if (isDefined(op.ternary)) u = v128.load(c + i);
            sum = v128.add<T>(sum, op.value(v128.load(a + i), v128.load(b + i), u, pp, qq, v128.load(at + i)));
            i += 16;
          } while (i < end);
        if (i > bytes) sum = v128.and(sum, Lanes.first(16 - (i - bytes)));
        wide = Lanes.widen<T>(wide, sum);
      }
      if (v) {
        at += BLOCK;
        gb += BLOCK;
        if (isDefined(op.gradC)) gc += BLOCK;
      } else if (ga) {
        for (let i = 0; i < bytes; i += 16) {
          if (isDefined(op.ternary)) u = v128.load(c + i);
          v128.store(ga + i, v128.mul<T>(op.gradA(v128.load(a + i), v128.load(b + i), u, pp, qq, v128.load(at + i)), ss));
        }
      }
      if (ga) ga += BLOCK;
      a += BLOCK;
      b += BLOCK;
      if (isDefined(op.ternary)) c += BLOCK;
    }
    return Lanes.total(wide);
  }

  /** Values alone, of an op so short that a turn would wait for its sum: four vectors a turn and four sums. */
  @inline static sum<Op extends PointwiseOp<T>, T extends number>(a: usize, b: usize, c: usize, n: i32, p: f64, q: f64): f64 {
    const pp = Lanes.splat<T>(p);
    const qq = Lanes.splat<T>(q);
    const uu = Pointwise.fixed<Op, T>(pp, qq);
    const bytes = n * sizeof<T>();
    const whole = a + (bytes & -64);
    const stop = a + bytes;
    let wide = f64x2.splat(0);
    while (a < stop) {
      let s0 = f64x2.splat(0);
      let s1 = f64x2.splat(0);
      let s2 = f64x2.splat(0);
      let s3 = f64x2.splat(0);
      // the last, partial turn is a block of its own, whose sums are masked
      const end = a < whole ? min(whole, a + 64 * TURNS) : stop;
      do {
        s0 = Pointwise.add<Op, T>(s0, v128.load(a), v128.load(b), c, 0, uu, pp, qq);
        s1 = Pointwise.add<Op, T>(s1, v128.load(a, 16), v128.load(b, 16), c, 16, uu, pp, qq);
        s2 = Pointwise.add<Op, T>(s2, v128.load(a, 32), v128.load(b, 32), c, 32, uu, pp, qq);
        s3 = Pointwise.add<Op, T>(s3, v128.load(a, 48), v128.load(b, 48), c, 48, uu, pp, qq);
        a += 64;
        b += 64;
        if (isDefined(changetype<Op>(0).ternary)) c += 64;
      } while (a < end);
      if (a > stop) {
        const rest: i32 = 64 - <i32>(a - stop);
        s0 = v128.and(s0, Lanes.first(min(rest, 16)));
        s1 = v128.and(s1, Lanes.first(min(max(rest - 16, 0), 16)));
        s2 = v128.and(s2, Lanes.first(min(max(rest - 32, 0), 16)));
        s3 = v128.and(s3, Lanes.first(max(rest - 48, 0)));
      }
      wide = Lanes.widen<T>(Lanes.widen<T>(wide, s0), s1);
      wide = Lanes.widen<T>(Lanes.widen<T>(wide, s2), s3);
    }
    return Lanes.total(wide);
  }

  /** What an op without a third operand gets for c. */
  @inline static fixed<Op extends PointwiseOp<T>, T extends number>(p: v128, q: v128): v128 {
    const op = changetype<Op>(0);
    if (isDefined(op.fixed)) return op.fixed(p, q);
    return p;
  }

  @inline static add<Op extends PointwiseOp<T>, T extends number>(so: v128, x: v128, t: v128, c: usize, at: usize, fixed: v128, p: v128, q: v128): v128 {
    const op = changetype<Op>(0);
    let u = fixed;
    if (isDefined(op.ternary)) u = v128.load(c + at);
    const s = op.shared(x, t, u, p, q);
    if (isDefined(op.sum)) return op.sum(so, x, t, u, p, q, s);
    return v128.add<T>(so, op.value(x, t, u, p, q, s));
  }

  @inline static loop<Op extends PointwiseOp<T>, T extends number>(
    mode: i32,
    a: usize,
    b: usize,
    c: usize,
    n: i32,
    p: f64,
    q: f64,
    scale: f64,
    v: usize,
    ga: usize,
    gb: usize,
    gc: usize,
  ): f64 {
    const pp = Lanes.splat<T>(p);
    const qq = Lanes.splat<T>(q);
    const ss = Lanes.splat<T>(scale);
    const uu = Pointwise.fixed<Op, T>(pp, qq);
    // two vectors a turn and two sums; one where the op is long enough to keep the processor busy by itself
    const stride: i32 = isDefined(changetype<Op>(0).long) ? 16 : 32;
    const bytes = n * sizeof<T>();
    const whole = a + (bytes & -stride);
    const stop = a + bytes;
    let wide = f64x2.splat(0);
    while (a < stop) {
      let sum0 = f64x2.splat(0);
      let sum1 = f64x2.splat(0);
      // the last, partial turn is a block of its own, whose sums are masked: no second copy of the op for the tail
      const end = a < whole ? min(whole, a + stride * TURNS) : stop;
      do {
        sum0 = Pointwise.step<Op, T>(mode, sum0, a, b, c, uu, pp, qq, ss, v, ga, gb, gc);
        if (!isDefined(changetype<Op>(0).long)) {
          sum1 = Pointwise.step<Op, T>(mode, sum1, a + 16, b + 16, c + 16, uu, pp, qq, ss, v + 16, ga + 16, gb + 16, gc + 16);
        }
        a += stride;
        b += stride;
        if (isDefined(changetype<Op>(0).ternary)) c += stride;
        if (mode != SUM) ga += stride;
        if (mode == EACH) {
          gb += stride;
          if (isDefined(changetype<Op>(0).gradC)) gc += stride;
          v += stride;
        }
      } while (a < end);
      if (a > stop) {
        const rest: i32 = stride - <i32>(a - stop);
        sum0 = v128.and(sum0, Lanes.first(min(rest, 16)));
        sum1 = v128.and(sum1, Lanes.first(max(rest - 16, 0)));
      }
      wide = Lanes.widen<T>(wide, sum0);
      if (!isDefined(changetype<Op>(0).long)) wide = Lanes.widen<T>(wide, sum1);
    }
    return Lanes.total(wide);
  }

  /** One vector: writes what the mode asks for, adds the values to a sum. */
  @inline static step<Op extends PointwiseOp<T>, T extends number>(
    mode: i32,
    so: v128,
    a: usize,
    b: usize,
    c: usize,
    fixed: v128,
    p: v128,
    q: v128,
    scale: v128,
    v: usize,
    ga: usize,
    gb: usize,
    gc: usize,
  ): v128 {
    const op = changetype<Op>(0); // no state: a null receiver
    const x = v128.load(a);
    const t = v128.load(b);
    let u = fixed;
    if (isDefined(op.ternary)) u = v128.load(c);
    const s = op.shared(x, t, u, p, q);
    if (isDefined(op.sum)) {
      if (mode == GRAD) {
        v128.store(ga, v128.mul<T>(op.gradA(x, t, u, p, q, s), scale));
        return op.sum(so, x, t, u, p, q, s);
      }
    }
    const value = op.value(x, t, u, p, q, s);
    if (mode != SUM) {
      const g = v128.mul<T>(op.gradA(x, t, u, p, q, s), scale);
      if (mode == EACH) v128.store(v, value);
      v128.store(ga, g);
      if (mode == EACH) {
        if (isDefined(op.gradB)) v128.store(gb, v128.mul<T>(op.gradB(x, t, u, p, q, s), scale));
        else v128.store(gb, v128.neg<T>(g));
        if (isDefined(op.gradC)) v128.store(gc, v128.mul<T>(op.gradC(x, t, u, p, q, s), scale));
      }
    }
    return v128.add<T>(so, value);
  }
}

// What a pass writes, known when the loop is compiled.
const SUM: i32 = 0;
const GRAD: i32 = 1;
const EACH: i32 = 2;
/** Bytes that the loops of `split` take in turn. */
const BLOCK: i32 = 2048;
