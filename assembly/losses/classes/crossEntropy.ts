import { APPLY, BEGIN, FINISH, IGNORED, NONE, REDUCE } from "../../../src/backend/protocol";
import { Block, Kernel } from "../../core/kernel";
import { Lanes, TURNS } from "../../core/lanes";
import { LONG_ROW, Long, Short, Softmax } from "../../core/softmax";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/** Parameters as below, and what a row carries from piece to piece. */
@unmanaged
class RowsBlock extends Block {
  phases: i32 = 0;
  rows: i32 = 0;
  n: i32 = 0;
  qStep: i32 = 0;
  x: usize = 0;
  y: usize = 0;
  w: usize = 0;
  g: usize = 0;
  q: usize = 0;
  value: usize = 0;
  grad: usize = 0;
  gradQ: usize = 0;
  scale: f64 = 0;
  /** Factor of lse^2 in the value of every row. */
  z: f64 = 0;
  /** Largest logit m, sum of e^(x - m), sum of q, sum of q * (x - m), logit of the target. */
  max: f64 = 0;
  sum: f64 = 0;
  qSum: f64 = 0;
  qxSum: f64 = 0;
  target: f64 = 0;
  /** Log of the sum, and the two factors of the gradient. */
  logSum: f64 = 0;
  expFactor: f64 = 0;
  oneFactor: f64 = 0;
}

/**
 * Softmax cross entropy of rows of `n` logits x against a class, against a distribution q, or both:
 *   value = w * (lse - x[y]) + sum of q_j * (lse - x_j),  lse = log sum e^x
 * and z lse^2 beside it, whose gradient is 2 z lse p_j;
 *   grad_j = scale * (p_j * (w + sum q) - q_j - w * [j = y]),  gradQ_j = scale * (lse - x_j)
 * y: i32 per row relative to this piece, or 0 for none; a class below 0 is no class of this piece. ignored: where y is IGNORED the row's outputs are 0.
 * w, g: f64 per row or 0 for ones: factor of value and gradient, factor of the gradient alone.
 * q: n per row at a distance of `qStep` bytes (0: one for all rows), or 0 for none.
 * value, grad, gradQ: outputs or 0; none of them may be x. With q, grad is written while reducing and must not be 0.
 * Returns the sum of the values. In pieces: BEGIN | REDUCE, REDUCE ..., FINISH, then REDUCE | APPLY again for each piece.
 */
@unmanaged
class CrossEntropy extends Kernel {
  @inline static run<T extends number>(call: RowsBlock): f64 {
    // one loop over rows for each: sharing it cost long rows the registers of their constants
    if (sizeof<T>() == 4 && call.n >= LONG_ROW) return CrossEntropy.rows<T, Long>(call);
    return CrossEntropy.rows<T, Short>(call);
  }

  @inline static rows<T extends number, Length>(call: RowsBlock): f64 {
    const phases = call.phases;
    const rows = call.rows;
    const n = call.n;
    const y = call.y;
    const w = call.w;
    const g = call.g;
    const scale = call.scale;
    const value = call.value;
    let x = call.x;
    let q = call.q;
    let grad = call.grad;
    let gradQ = call.gradQ;
    const size: i32 = sizeof<T>();
    const bytes = n * size;
    let total: f64 = 0;
    for (let row = 0; row < rows; row++) {
      const target = y ? load<i32>(y + 4 * row) : NONE;
      if (target == IGNORED) {
        if (value) Lanes.store<T>(value + row * size, 0);
        if (grad && phases & APPLY) memory.fill(grad, 0, bytes);
        if (gradQ && phases & APPLY) memory.fill(gradQ, 0, bytes);
      } else {
        const weight = w ? load<f64>(w + 8 * row) : 1;
        if (phases & BEGIN) {
          call.max = -Infinity;
          call.sum = 0;
          call.qSum = 0;
          call.qxSum = 0;
          call.target = 0;
        }
        if (phases & REDUCE) {
          if (target >= 0 && target < n) call.target = Lanes.load<T>(x + target * size);
          CrossEntropy.reduce<T, Length>(call, x, bytes, q, grad);
        }
        if (phases & FINISH) {
          const sum = call.sum;
          const logSum = f64x2.extract_lane(Log.log<f64>(f64x2.splat(sum)), 0);
          const max = call.max;
          const qSum = call.qSum;
          let loss: f64 = 0;
          if (target != NONE) loss = weight * (max - call.target + logSum);
          else if (!q) loss = weight * (max + logSum);
          if (q) loss += qSum * logSum - call.qxSum;
          const upstream = g ? scale * load<f64>(g + 8 * row) : scale;
          const one = target != NONE ? weight * upstream : 0;
          call.logSum = logSum;
          // rounded like the factor of the exponentials: where the class has all of the probability, what is left is exactly 0
          call.oneFactor = <f64>(<T>one);
          // without any target the gradient is that of lse itself, times scale: softmax
          call.expFactor = q ? (upstream * qSum + one) / sum : (upstream * weight) / sum;
          if (call.z != 0) {
            const lse = max + logSum;
            loss += call.z * lse * lse;
            call.expFactor = call.expFactor + (2 * call.z * lse * upstream) / sum;
          }
          total += loss;
          if (value) Lanes.store<T>(value + row * size, loss);
        }
        if (phases & APPLY) {
          const upstream = g ? scale * load<f64>(g + 8 * row) : scale;
          if (gradQ) CrossEntropy.applyQ<T>(call, x, bytes, gradQ, upstream);
          if (grad) {
            CrossEntropy.apply<T>(call, grad, bytes, q, upstream);
            if (target >= 0 && target < n) {
              const at = grad + target * size;
              Lanes.store<T>(at, Lanes.load<T>(at) - call.oneFactor);
            }
          }
        }
      }
      x += bytes;
      q += call.qStep;
      if (grad) grad += bytes;
      if (gradQ) gradQ += bytes;
    }
    return total;
  }

  /** Largest logit, sum of e^(x - m), sums of q and q * (x - m); writes e^(x - m) to e unless that is 0. */
  @inline static reduce<T extends number, Length>(call: RowsBlock, x: usize, bytes: i32, q: usize, e: usize): void {
    const before = call.max;
    const max = Math.max(before, Softmax.largest<T, Length>(x, bytes));
    if (max > before && before > -Infinity) {
      const factor = f64x2.extract_lane(Exp.nonpositive<f64>(f64x2.splat(before - max)), 0);
      call.sum = call.sum * factor;
      call.qxSum = call.qxSum + call.qSum * (before - max);
    }
    call.max = max;
    // nothing but -infinity so far (or NaN): measured from 0, its exponentials are 0 and not NaN, and a later piece can still have the maximum
    const m = Lanes.splat<T>(max == -Infinity ? 0 : max);
    let sum: f64;
    if (q) sum = CrossEntropy.exponentials<T, Short>(call, true, x, bytes, m, q, e);
    else if (e) sum = CrossEntropy.exponentials<T, Length>(call, false, x, bytes, m, q, e);
    else sum = Softmax.sum<T, Length>(x, bytes, m, false, 1);
    call.sum = call.sum + sum;
  }

  /** Writes e^(x - m) to e and returns their sum; with q also the sums of that. */
  @inline static exponentials<T extends number, Length>(call: RowsBlock, withQ: bool, x: usize, bytes: i32, m: v128, q: usize, e: usize): f64 {
    const stop = x + bytes;
    const whole = x + (bytes & -16);
    // in locals, by Horner's scheme: see Softmax.sum
    const c0 = Softmax.constant(true, 0);
    const c1 = Softmax.constant(true, 1);
    const c2 = Softmax.constant(true, 2);
    const c3 = Softmax.constant(true, 3);
    const c4 = Softmax.constant(true, 4);
    const c5 = Softmax.constant(true, 5);
    const c6 = Softmax.constant(true, 6);
    const c7 = Softmax.constant(true, 7);
    const c8 = Softmax.constant(true, 8);
    const c9 = Softmax.constant(true, 9);
    let wide = f64x2.splat(0);
    let qWide = f64x2.splat(0);
    let qxWide = f64x2.splat(0);
    while (x < stop) {
      let sum = f64x2.splat(0);
      let qSum = f64x2.splat(0);
      let qxSum = f64x2.splat(0);
      // the last, partial vector is a block of its own, whose sums are masked
      const end = x < whole ? min(whole, x + 16 * TURNS) : stop;
      do {
        const d = v128.sub<T>(v128.load(x), m);
        let value: v128;
        if (isInteger<Length>()) value = Softmax.exponential(d, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9);
        else value = Exp.nonpositive<T>(d);
        sum = v128.add<T>(sum, value);
        if (withQ) {
          const weight = v128.load(q);
          qSum = v128.add<T>(qSum, weight);
          qxSum = Lanes.madd<T>(weight, d, qxSum);
          q += 16;
        }
        v128.store(e, value);
        e += 16;
        x += 16;
      } while (x < end);
      if (x > stop) {
        const mask = Lanes.first(16 - <i32>(x - stop));
        sum = v128.and(sum, mask);
        qSum = v128.and(qSum, mask);
        qxSum = v128.and(qxSum, mask);
      }
      wide = Lanes.widen<T>(wide, sum);
      if (withQ) {
        qWide = Lanes.widen<T>(qWide, qSum);
        qxWide = Lanes.widen<T>(qxWide, qxSum);
      }
    }
    if (withQ) {
      call.qSum = call.qSum + Lanes.total(qWide);
      call.qxSum = call.qxSum + Lanes.total(qxWide);
    }
    return Lanes.total(wide);
  }

  /** e^(x - m) becomes the gradient. */
  @inline static apply<T extends number>(call: RowsBlock, e: usize, bytes: i32, q: usize, upstream: f64): void {
    const factor = Lanes.splat<T>(call.expFactor);
    const stop = e + bytes;
    if (q) {
      const qFactor = Lanes.splat<T>(upstream);
      while (e < stop) {
        v128.store(e, v128.sub<T>(v128.mul<T>(v128.load(e), factor), v128.mul<T>(v128.load(q), qFactor)));
        e += 16;
        q += 16;
      }
    } else {
      while (e < stop) {
        v128.store(e, v128.mul<T>(v128.load(e), factor));
        e += 16;
      }
    }
  }

  /** scale * (lse - x). */
  @inline static applyQ<T extends number>(call: RowsBlock, x: usize, bytes: i32, out: usize, upstream: f64): void {
    const m = Lanes.splat<T>(call.max);
    const logSum = Lanes.splat<T>(call.logSum);
    const factor = Lanes.splat<T>(upstream);
    const stop = x + bytes;
    while (x < stop) {
      // (m - x) first: lse itself would lose the digits of small differences
      v128.store(out, v128.mul<T>(v128.add<T>(v128.sub<T>(m, v128.load(x)), logSum), factor));
      x += 16;
      out += 16;
    }
  }
}
