import { APPLY, BEGIN, COUNT, FINISH, REDUCE } from "../../../src/backend/protocol";
import { Block, Kernel } from "../../core/kernel";
import { Lanes, TURNS } from "../../core/lanes";
import { LONG_ROW, Long, Short, Softmax } from "../../core/softmax";
import { Exp } from "../../math/exp";
import { Log } from "../../math/log";

/** Rows of n logits of a student x and its teacher t. g: f64 per row or 0; value: output or 0. Then the state of a row. */
@unmanaged
class DistillationBlock extends Block {
  phases: i32 = 0;
  rows: i32 = 0;
  n: i32 = 0;
  x: usize = 0;
  t: usize = 0;
  g: usize = 0;
  value: usize = 0;
  /** The gradient, or memory for a row that nobody reads; and such memory for the student's probabilities of a row. */
  grad: usize = 0;
  scratch: usize = 0;
  beta: f64 = 0;
  /** 1 / temperature. */
  inverse: f64 = 1;
  scale: f64 = 0;
  /** Largest logit of each, sum of its e^(z - max). */
  maxX: f64 = 0;
  maxT: f64 = 0;
  sumX: f64 = 0;
  sumT: f64 = 0;
  /** How much further the teacher's log-sum-exp is than the student's. */
  shift: f64 = 0;
  /** The loss so far, KL(S|M) so far, and what the last piece added to it. */
  loss: f64 = 0;
  own: f64 = 0;
  added: f64 = 0;
}

/**
 * Divergence of rows, p and q the softmax of x and t over the temperature, at a position with d = log p - log q, H the larger of p and q and e = e^-|d|
 * times that the smaller. Sums of p and of q are 1, so that what differs between them may be added to a divergence: each term is then at least 0,
 *   beta 0: KL(Q|S) = sum of q (-d) + p - q,  beta 1: KL(S|Q) = sum of p d + q - p
 *   else    beta KL(Q|M) + (1 - beta) KL(S|M) = sum of H (-A log A - w e |d|),  A = (1 - w) + w e = m / H, w the weight of the smaller one in m,
 * of y = 1 - e without a difference where d is small. A position of probability 0 is 0 whatever its logarithm. The gradient of x:
 *   beta 0: p - q,  else p (log p - log m - KL(S|M)) times 1 - beta or, for beta 1, times 1; times scale over the temperature.
 * In pieces: BEGIN | REDUCE, REDUCE ..., FINISH, COUNT ..., APPLY ... Returns what COUNT adds to the losses.
 */
@unmanaged
class Distillation extends Kernel {
  @inline static run<T extends number>(call: DistillationBlock): f64 {
    const phases = call.phases;
    const value = call.value;
    const g = call.g;
    const beta = call.beta;
    let x = call.x;
    let t = call.t;
    let grad = call.grad;
    const size: i32 = sizeof<T>();
    const bytes = call.n * size;
    let total: f64 = 0;
    for (let row = 0; row < call.rows; row++) {
      if (phases & BEGIN) {
        call.maxX = -Infinity;
        call.maxT = -Infinity;
        call.sumX = 0;
        call.sumT = 0;
        call.loss = 0;
        call.own = 0;
      }
      if (phases & REDUCE) {
        const maxX = call.maxX;
        call.maxX = Distillation.largest<T>(x, bytes, maxX);
        call.sumX = Distillation.sum<T>(x, bytes, call.inverse, call.sumX, maxX, call.maxX);
        const maxT = call.maxT;
        call.maxT = Distillation.largest<T>(t, bytes, maxT);
        call.sumT = Distillation.sum<T>(t, bytes, call.inverse, call.sumT, maxT, call.maxT);
      }
      if (phases & FINISH) {
        // nothing but -infinity is no distribution
        if (call.sumX == 0) call.sumX = NaN;
        if (call.sumT == 0) call.sumT = NaN;
        const logs = Log.log<f64>(f64x2(call.sumX, call.sumT));
        call.shift = (call.maxT - call.maxX) * call.inverse + (f64x2.extract_lane(logs, 1) - f64x2.extract_lane(logs, 0));
      }
      if (phases & (COUNT | APPLY)) {
        let loss: f64;
        if (beta == 0) loss = Distillation.diverge<T>(call, TEACHER, x, t, bytes, grad);
        else if (beta == 1) loss = Distillation.diverge<T>(call, STUDENT, x, t, bytes, grad);
        else loss = Distillation.diverge<T>(call, MIXTURE, x, t, bytes, grad);
        if (phases & COUNT) {
          total += loss;
          call.loss = call.loss + loss;
          call.own = call.own + call.added;
          if (value) Lanes.store<T>(value + row * size, call.loss);
        }
      }
      if (phases & APPLY) {
        const upstream = call.inverse * (g ? call.scale * load<f64>(g + 8 * row) : call.scale);
        Distillation.apply<T>(call, grad, bytes, beta == 0 || beta == 1 ? upstream : upstream * (1 - beta));
        grad += bytes;
      }
      x += bytes;
      t += bytes;
    }
    return total;
  }

  @inline static largest<T extends number>(x: usize, bytes: i32, before: f64): f64 {
    return Math.max(before, Softmax.largest<T, Long>(x, bytes));
  }

  @inline static sum<T extends number>(x: usize, bytes: i32, inverse: f64, sum: f64, before: f64, max: f64): f64 {
    if (max > before && before > -Infinity) sum *= f64x2.extract_lane(Exp.nonpositive<f64>(f64x2.splat((before - max) * inverse)), 0);
    // nothing but -infinity so far: measured from 0, exponentials are 0
    const m = Lanes.splat<T>(max == -Infinity ? 0 : max);
    if (sizeof<T>() == 4 && bytes >= 4 * LONG_ROW) return sum + Softmax.sum<T, Long>(x, bytes, m, true, inverse);
    return sum + Softmax.sum<T, Short>(x, bytes, m, true, inverse);
  }

  /** log p - log q, in doubles: it may be far smaller than what it is the difference of. */
  @inline static difference<T extends number>(x: v128, t: v128, inverse: v128, shift: v128): v128 {
    if (sizeof<T>() == 8) return Lanes.madd<f64>(f64x2.sub(x, t), inverse, shift);
    const low = f64x2.sub(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(t));
    const high = f64x2.sub(Lanes.high(x), Lanes.high(t));
    return Lanes.join(Lanes.madd<f64>(low, inverse, shift), Lanes.madd<f64>(high, inverse, shift));
  }

  /** The losses of a piece, and what it adds to KL(S|M). Writes p (log p - log m) (for beta 0 p - q) to `out`, and p to the scratch. */
  @inline static diverge<T extends number>(call: DistillationBlock, mode: i32, x: usize, t: usize, bytes: i32, out: usize): f64 {
    const maxX = Lanes.splat<T>(call.maxX);
    const maxT = Lanes.splat<T>(call.maxT);
    const overX = Lanes.splat<T>(1 / call.sumX);
    const overT = Lanes.splat<T>(1 / call.sumT);
    const inverse = Lanes.splat<T>(call.inverse);
    const wideInverse = f64x2.splat(call.inverse);
    const shift = f64x2.splat(call.shift);
    const beta = Lanes.splat<T>(call.beta);
    const rest = Lanes.splat<T>(1 - call.beta);
    const most = Lanes.splat<T>(MOST);
    const nearOne = Lanes.splat<T>(sizeof<T>() == 4 ? 1 - 5.9604644775390625e-8 : 1 - 1.1102230246251565e-16);
    const zero = f32x4.splat(0);
    let scratch = call.scratch;
    const whole = x + (bytes & -16);
    const stop = x + bytes;
    let wide = f64x2.splat(0);
    let wideOwn = f64x2.splat(0);
    while (x < stop) {
      let sum = f64x2.splat(0);
      let own = f64x2.splat(0);
      // the last, partial vector is a block of its own, whose sums are masked
      const end = x < whole ? min(whole, x + 16 * TURNS) : stop;
      do {
        const student = v128.load(x);
        const teacher = v128.load(t);
        const d = Distillation.difference<T>(student, teacher, wideInverse, shift);
        const lead = v128.ge<T>(d, zero); // whether the student's is the larger
        const logH = v128.mul<T>(Lanes.select<T>(v128.sub<T>(student, maxX), v128.sub<T>(teacher, maxT), lead), inverse);
        const H = v128.mul<T>(Exp.nonpositive<T>(logH), Lanes.select<T>(overX, overT, lead));
        const sign = Lanes.sign<T>();
        const power = Exp.power<T>(v128.or(d, sign));
        const grown = Exp.growth<T>(v128.or(d, sign));
        const e = v128.add<T>(power, grown);
        const y = v128.sub<T>(v128.sub<T>(Lanes.one<T>(), power), grown);
        const a = v128.andnot(d, sign);
        // of an infinite a it is 0; pmin(a, b) = b < a ? b : a lets NaN pass
        const ea = v128.mul<T>(e, v128.pmin<T>(a, most));
        const counts = v128.ne<T>(H, zero);
        let term: v128;
        if (mode == MIXTURE) {
          const w = Lanes.select<T>(beta, rest, lead);
          const larger = Lanes.select<T>(rest, beta, lead);
          const wy = v128.mul<T>(w, y);
          const log = Log.plusOneOf<T>(v128.neg<T>(v128.pmin<T>(wy, nearOne)));
          term = v128.neg<T>(Lanes.madd<T>(Lanes.madd<T>(w, e, larger), log, v128.mul<T>(w, ea)));
          const elog = Lanes.madd<T>(e, log, ea);
          const ratio = v128.neg<T>(Lanes.select<T>(log, elog, lead)); // p (log p - log m) / H
          own = v128.add<T>(own, v128.and(v128.mul<T>(H, v128.add<T>(ratio, Lanes.select<T>(v128.neg<T>(wy), v128.mul<T>(larger, y), lead))), counts));
          v128.store(out, v128.mul<T>(H, ratio));
        } else {
          const far = v128.sub<T>(a, y);
          const near = v128.sub<T>(y, ea);
          if (mode == TEACHER) {
            term = Lanes.select<T>(near, far, lead);
            v128.store(out, v128.and(v128.or(v128.mul<T>(H, y), v128.and(d, sign)), counts));
          } else {
            term = Lanes.select<T>(far, near, lead);
            v128.store(out, v128.mul<T>(H, Lanes.select<T>(a, v128.neg<T>(ea), lead)));
          }
        }
        if (mode != TEACHER) {
          v128.store(scratch, v128.and(v128.mul<T>(H, Lanes.select<T>(Lanes.one<T>(), e, lead)), counts));
          scratch += 16;
        }
        sum = v128.add<T>(sum, v128.and(v128.mul<T>(H, term), counts));
        x += 16;
        t += 16;
        out += 16;
      } while (x < end);
      if (x > stop) {
        const mask = Lanes.first(16 - <i32>(x - stop));
        sum = v128.and(sum, mask);
        own = v128.and(own, mask);
      }
      wide = Lanes.widen<T>(wide, sum);
      if (mode == MIXTURE) wideOwn = Lanes.widen<T>(wideOwn, own);
    }
    const loss = Lanes.total(wide);
    call.added = mode == MIXTURE ? Lanes.total(wideOwn) : loss;
    return loss;
  }

  /** The gradient of a piece from what `diverge` left. */
  @inline static apply<T extends number>(call: DistillationBlock, grad: usize, bytes: i32, factor: f64): void {
    const factors = Lanes.splat<T>(factor);
    const own = Lanes.splat<T>(call.own);
    // no divergence, no gradient; a mask of ones is NaN
    const none = v128.ne<f64>(f64x2.splat(call.loss), f64x2.splat(call.loss));
    let scratch = call.scratch;
    const stop = grad + bytes;
    if (call.beta == 0) {
      for (; grad < stop; grad += 16) v128.store(grad, v128.or(v128.mul<T>(v128.load(grad), factors), none));
    } else {
      for (; grad < stop; grad += 16) {
        const p = v128.load(scratch);
        const slope = v128.mul<T>(Lanes.nmadd<T>(own, p, v128.load(grad)), factors);
        v128.store(grad, v128.or(v128.and(slope, v128.ne<T>(p, f32x4.splat(0))), none));
        scratch += 16;
      }
    }
  }
}

/** What is measured against what: the teacher against the student, the student against the teacher, both against their mixture. */
const TEACHER: i32 = 0;
const STUDENT: i32 = 1;
const MIXTURE: i32 = 2;
/** e^-it is 0 in either type. */
const MOST: f64 = 3e4;
