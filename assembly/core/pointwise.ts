// The family of losses that look at one position at a time: the contract an op fulfils, and the only loop over positions.

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
  // Optional: `ternary(): void {}` marks a third operand, `long(): void {}` an op of more than about 30 instructions;
  // gradB(…) is the gradient of b where that is not -gradA; gradC(…) that of c where it has one; sum(so, s) is value(…) added to a sum, where the
  // last multiplication of the value and that addition can be one instruction.
}

export class Pointwise {
  /**
   * n positions. Returns the sum of the values. Writes the gradient of a, times `scale`, to ga unless that is 0. With v every output is
   * written: values, gradients of a, of b and of c if there is one; whoever does not want one of them points it at memory that nobody reads.
   * Reads and writes whole pairs of vectors: operands and outputs are padded to them.
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
    if (v) return Pointwise.loop<Op, T>(EACH, a, b, c, n, p, q, scale, v, ga, gb, gc);
    if (ga) return Pointwise.loop<Op, T>(GRAD, a, b, c, n, p, q, scale, v, ga, gb, gc);
    if (isDefined(changetype<Op>(0).long)) return Pointwise.loop<Op, T>(SUM, a, b, c, n, p, q, scale, v, ga, gb, gc);
    // whole turns of four vectors, then what is left
    const whole = n & -(64 / sizeof<T>());
    const bytes: usize = whole * sizeof<T>();
    const sum = Pointwise.sum<Op, T>(a, b, c, bytes, p, q);
    if (whole == n) return sum;
    return sum + Pointwise.loop<Op, T>(SUM, a + bytes, b + bytes, c + bytes, n - whole, p, q, scale, v, ga, gb, gc);
  }

  /** Values alone, of an op so short that a turn would wait for its sum: four vectors a turn and four sums. */
  @inline static sum<Op extends PointwiseOp<T>, T extends number>(a: usize, b: usize, c: usize, bytes: usize, p: f64, q: f64): f64 {
    const pp = Lanes.splat<T>(p);
    const qq = Lanes.splat<T>(q);
    const stop = a + bytes;
    let wide = f64x2.splat(0);
    while (a < stop) {
      let s0 = f64x2.splat(0);
      let s1 = f64x2.splat(0);
      let s2 = f64x2.splat(0);
      let s3 = f64x2.splat(0);
      const end = min(stop, a + 64 * TURNS);
      do {
        s0 = Pointwise.add<Op, T>(s0, v128.load(a), v128.load(b), c, 0, pp, qq);
        s1 = Pointwise.add<Op, T>(s1, v128.load(a, 16), v128.load(b, 16), c, 16, pp, qq);
        s2 = Pointwise.add<Op, T>(s2, v128.load(a, 32), v128.load(b, 32), c, 32, pp, qq);
        s3 = Pointwise.add<Op, T>(s3, v128.load(a, 48), v128.load(b, 48), c, 48, pp, qq);
        a += 64;
        b += 64;
        if (isDefined(changetype<Op>(0).ternary)) c += 64;
      } while (a < end);
      wide = Lanes.widen<T>(Lanes.widen<T>(wide, s0), s1);
      wide = Lanes.widen<T>(Lanes.widen<T>(wide, s2), s3);
    }
    return Lanes.total(wide);
  }

  @inline static add<Op extends PointwiseOp<T>, T extends number>(so: v128, x: v128, t: v128, c: usize, at: usize, p: v128, q: v128): v128 {
    const op = changetype<Op>(0);
    let u = x;
    if (isDefined(op.ternary)) u = v128.load(c + at);
    const s = op.shared(x, t, u, p, q);
    if (isDefined(op.sum)) return op.sum(so, s, p, q);
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
        sum0 = v128.add<T>(sum0, Pointwise.step<Op, T>(mode, a, b, c, pp, qq, ss, v, ga, gb, gc));
        if (!isDefined(changetype<Op>(0).long)) {
          sum1 = v128.add<T>(sum1, Pointwise.step<Op, T>(mode, a + 16, b + 16, c + 16, pp, qq, ss, v + 16, ga + 16, gb + 16, gc + 16));
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

  /** One vector: writes what the mode asks for, returns the values. */
  @inline static step<Op extends PointwiseOp<T>, T extends number>(
    mode: i32,
    a: usize,
    b: usize,
    c: usize,
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
    let u = x;
    if (isDefined(op.ternary)) u = v128.load(c);
    const s = op.shared(x, t, u, p, q);
    const value = op.value(x, t, u, p, q, s);
    if (mode != SUM) {
      const g = v128.mul<T>(op.gradA(x, t, u, p, q, s), scale);
      v128.store(ga, g);
      if (mode == EACH) {
        if (isDefined(op.gradB)) v128.store(gb, v128.mul<T>(op.gradB(x, t, u, p, q, s), scale));
        else v128.store(gb, v128.neg<T>(g));
        if (isDefined(op.gradC)) v128.store(gc, v128.mul<T>(op.gradC(x, t, u, p, q, s), scale));
        v128.store(v, value);
      }
    }
    return value;
  }
}

// What a pass writes, known when the loop is compiled.
const SUM: i32 = 0;
const GRAD: i32 = 1;
const EACH: i32 = 2;
