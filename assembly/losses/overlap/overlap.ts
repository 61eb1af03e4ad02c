import { APPLY, BEGIN, FINISH, REDUCE } from "../../../src/backend/protocol";
import { Block, Kernel } from "../../core/kernel";
import { Lanes, TURNS } from "../../core/lanes";
import { Exp } from "../../math/exp";

/** Rows (groups) of n probabilities or logits x and targets t. g: f64 per row or 0; value, grad: outputs or 0. Then the state of a row. */
@unmanaged
class OverlapBlock extends Block {
  phases: i32 = 0;
  rows: i32 = 0;
  n: i32 = 0;
  logits: i32 = 0;
  x: usize = 0;
  t: usize = 0;
  g: usize = 0;
  value: usize = 0;
  grad: usize = 0;
  alpha: f64 = 0;
  beta: f64 = 0;
  smooth: f64 = 0;
  scale: f64 = 0;
  hits: f64 = 0;
  extra: f64 = 0;
  missed: f64 = 0;
  // gradient by a probability: slope * t + base
  slope: f64 = 0;
  base: f64 = 0;
}

/** 1 - (TP + s) / (TP + alpha FP + beta FN + s) of each row: three sums in one pass, the gradient in another. In pieces: BEGIN | REDUCE, REDUCE ..., FINISH, APPLY ... */
@unmanaged
class Overlap extends Kernel {
  @inline static run<T extends number>(call: OverlapBlock): f64 {
    const phases = call.phases;
    const g = call.g;
    const value = call.value;
    const logits = call.logits;
    let x = call.x;
    let t = call.t;
    let grad = call.grad;
    const size: i32 = sizeof<T>();
    const bytes = call.n * size;
    let total: f64 = 0;
    for (let row = 0; row < call.rows; row++) {
      if (phases & BEGIN) {
        call.hits = 0;
        call.extra = 0;
        call.missed = 0;
      }
      if (phases & REDUCE) {
        if (logits) Overlap.gather<T>(call, true, x, t, bytes);
        else Overlap.gather<T>(call, false, x, t, bytes);
      }
      if (phases & FINISH) {
        const loss = Overlap.finish(call, g ? call.scale * load<f64>(g + 8 * row) : call.scale);
        total += loss;
        if (value) Lanes.store<T>(value + row * size, loss);
      }
      if (phases & APPLY) {
        if (logits) Overlap.apply<T>(call, true, x, t, bytes, grad);
        else Overlap.apply<T>(call, false, x, t, bytes, grad);
        grad += bytes;
      }
      x += bytes;
      t += bytes;
    }
    return total;
  }

  @inline static sigmoid<T extends number>(x: v128): v128 {
    const one = Lanes.one<T>();
    const e = Exp.nonpositive<T>(v128.neg<T>(v128.abs<T>(x)));
    return v128.div<T>(Lanes.select<T>(one, e, v128.ge<T>(x, f32x4.splat(0))), v128.add<T>(one, e));
  }

  @inline static gather<T extends number>(call: OverlapBlock, logits: bool, x: usize, t: usize, bytes: i32): void {
    const whole = x + (bytes & -16);
    const stop = x + bytes;
    let wideHits = f64x2.splat(0);
    let wideExtra = f64x2.splat(0);
    let wideMissed = f64x2.splat(0);
    while (x < stop) {
      let hits = f64x2.splat(0);
      let extra = f64x2.splat(0);
      let missed = f64x2.splat(0);
      // the last, partial vector is a block of its own, whose sums are masked
      const end = x < whole ? min(whole, x + 16 * TURNS) : stop;
      do {
        const u = v128.load(x);
        const p = logits ? Overlap.sigmoid<T>(u) : u;
        const y = v128.load(t);
        const one = Lanes.one<T>();
        hits = Lanes.madd<T>(p, y, hits);
        extra = Lanes.madd<T>(p, v128.sub<T>(one, y), extra);
        missed = Lanes.madd<T>(v128.sub<T>(one, p), y, missed);
        x += 16;
        t += 16;
      } while (x < end);
      if (x > stop) {
        const mask = Lanes.first(16 - <i32>(x - stop));
        hits = v128.and(hits, mask);
        extra = v128.and(extra, mask);
        missed = v128.and(missed, mask);
      }
      wideHits = Lanes.widen<T>(wideHits, hits);
      wideExtra = Lanes.widen<T>(wideExtra, extra);
      wideMissed = Lanes.widen<T>(wideMissed, missed);
    }
    call.hits += Lanes.total(wideHits);
    call.extra += Lanes.total(wideExtra);
    call.missed += Lanes.total(wideMissed);
  }

  @inline static finish(call: OverlapBlock, upstream: f64): f64 {
    const top = call.hits + call.smooth;
    const wrong = call.alpha * call.extra + call.beta * call.missed;
    const below = top + wrong;
    const square = below * below;
    call.base = (upstream * call.alpha * top) / square;
    call.slope = (-upstream * (wrong + top * (call.alpha + call.beta))) / square;
    return wrong / below; // 1 - top / below without the difference
  }

  @inline static apply<T extends number>(call: OverlapBlock, logits: bool, x: usize, t: usize, bytes: i32, grad: usize): void {
    const slope = Lanes.splat<T>(call.slope);
    const base = Lanes.splat<T>(call.base);
    for (const stop = x + bytes; x < stop; ) {
      let out = Lanes.madd<T>(v128.load(t), slope, base);
      if (logits) {
        // p (1 - p) = e / (1 + e)^2
        const one = Lanes.one<T>();
        const e = Exp.nonpositive<T>(v128.neg<T>(v128.abs<T>(v128.load(x))));
        const below = v128.add<T>(one, e);
        out = v128.mul<T>(out, v128.div<T>(e, v128.mul<T>(below, below)));
      }
      v128.store(grad, out);
      x += 16;
      t += 16;
      grad += 16;
    }
  }
}
