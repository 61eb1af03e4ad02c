import { APPLY, BEGIN, FINISH, REDUCE } from "../../../src/backend/protocol";
import { Kernel } from "../../core/kernel";
import { Lanes, TURNS } from "../../core/lanes";
import { VectorsBlock } from "../../core/vectors";

// 1e-12 rounded to float32, in double precision too (ATen/native/Loss.cpp, cosine_embedding_loss)
const EPS: f64 = 9.999999960041972e-13;
/**
 * Pairs of rows of `n` dimensions. With y (f64 per row) the cosine embedding loss: 1 - cos for y = 1, max(0, cos - margin) for y = -1, else 0,
 * cos = sum ab / sqrt((sum a^2 + EPS) * (sum b^2 + EPS)). Without y the cosine similarity sum ab / (max(|a|, eps) * max(|b|, eps)).
 * g: f64 per row or 0, factor of the gradient. value: output or 0. ga, gb: outputs as in losses/triplet.ts.
 * Returns the sum of the values. In pieces: BEGIN | REDUCE, REDUCE ..., FINISH, APPLY ...
 */
@unmanaged
class Cosine extends Kernel {
  @inline static run<T extends number>(call: VectorsBlock): f64 {
    const phases = call.phases;
    const rows = call.rows;
    const y = call.y;
    const eps = call.eps;
    const g = call.g;
    const scale = call.scale;
    const value = call.value;
    const stepA = call.stepA;
    const stepB = call.stepB;
    let a = call.a;
    let b = call.b;
    let ga = call.ga;
    let gb = call.gb;
    const size: i32 = sizeof<T>();
    const bytes = call.n * size;
    const single = call.n == 1 && (phases & BEGIN) != 0; // not the last piece of a long row
    let total: f64 = 0;
    for (let row = 0; row < rows; row++) {
      if (phases & BEGIN) {
        call.aa = 0;
        call.bb = 0;
        call.ab = 0;
      }
      if (phases & REDUCE) {
        if (single) Cosine.gatherSingle(call, Lanes.load<T>(a), Lanes.load<T>(b));
        else Cosine.gather<T>(call, a, b, bytes);
      }
      if (phases & FINISH) {
        const aa = call.aa;
        const bb = call.bb;
        const ab = call.ab;
        let loss: f64;
        if (y) loss = Cosine.embedding(call, aa + EPS, bb + EPS, ab, load<f64>(y + 8 * row), call.margin, g ? scale * load<f64>(g + 8 * row) : scale);
        else loss = ab / (max(sqrt(aa), eps) * max(sqrt(bb), eps));
        total += loss;
        if (value) Lanes.store<T>(value + row * size, loss);
      }
      if (phases & APPLY) {
        if (single) Cosine.applySingle<T>(call, Lanes.load<T>(a), Lanes.load<T>(b), ga, gb);
        else Cosine.apply<T>(call, a, b, bytes, ga, gb);
        ga += stepA;
        gb += stepB;
      }
      a += bytes;
      b += bytes;
    }
    return total;
  }

  @inline static gather<T extends number>(call: VectorsBlock, a: usize, b: usize, bytes: i32): void {
    const whole = a + (bytes & -32);
    const stop = a + bytes;
    let wideA = f64x2.splat(0);
    let wideB = f64x2.splat(0);
    let wideAB = f64x2.splat(0);
    while (a < stop) {
      // two vectors a turn and two sums of each, as an addition waits for the one before it
      let aa = f64x2.splat(0);
      let bb = f64x2.splat(0);
      let ab = f64x2.splat(0);
      let aa1 = f64x2.splat(0);
      let bb1 = f64x2.splat(0);
      let ab1 = f64x2.splat(0);
      // the last, partial turn is a block of its own, whose sums are masked
      const end = a < whole ? min(whole, a + 32 * TURNS) : stop;
      do {
        const x = v128.load(a);
        const t = v128.load(b);
        const x1 = v128.load(a, 16);
        const t1 = v128.load(b, 16);
        aa = Lanes.madd<T>(x, x, aa);
        bb = Lanes.madd<T>(t, t, bb);
        ab = Lanes.madd<T>(x, t, ab);
        aa1 = Lanes.madd<T>(x1, x1, aa1);
        bb1 = Lanes.madd<T>(t1, t1, bb1);
        ab1 = Lanes.madd<T>(x1, t1, ab1);
        a += 32;
        b += 32;
      } while (a < end);
      if (a > stop) {
        const rest: i32 = 32 - <i32>(a - stop);
        const mask = Lanes.first(min(rest, 16));
        const mask1 = Lanes.first(max(rest - 16, 0));
        aa = v128.and(aa, mask);
        bb = v128.and(bb, mask);
        ab = v128.and(ab, mask);
        aa1 = v128.and(aa1, mask1);
        bb1 = v128.and(bb1, mask1);
        ab1 = v128.and(ab1, mask1);
      }
      wideA = Lanes.widen<T>(wideA, v128.add<T>(aa, aa1));
      wideB = Lanes.widen<T>(wideB, v128.add<T>(bb, bb1));
      wideAB = Lanes.widen<T>(wideAB, v128.add<T>(ab, ab1));
    }
    call.aa += Lanes.total(wideA);
    call.bb += Lanes.total(wideB);
    call.ab += Lanes.total(wideAB);
  }

  // Of vectors of one element the cosine is 1 or -1, but for EPS: exactly that, and a gradient without the difference that is almost 0; NaN as there.
  @inline static gatherSingle(call: VectorsBlock, x: f64, t: f64): void {
    call.aa = x * x;
    call.bb = t * t;
    call.ab = x * t;
  }
  @inline static applySingle<T extends number>(call: VectorsBlock, x: f64, t: f64, ga: usize, gb: usize): void {
    Lanes.store<T>(ga, call.mixed * t * (EPS / (call.aa + EPS)) + 0 * call.ownA);
    Lanes.store<T>(gb, call.mixed * x * (EPS / (call.bb + EPS)) + 0 * call.ownB);
  }

  @inline static embedding(call: VectorsBlock, m1: f64, m2: f64, ab: f64, y: f64, margin: f64, upstream: f64): f64 {
    const size = sqrt(m1 * m2);
    const cos = ab / size;
    let loss: f64 = 0;
    let slope: f64 = 0;
    if (y == 1) {
      loss = 1 - cos;
      slope = -upstream;
    } else if (y == -1) {
      loss = max(cos - margin, 0);
      slope = cos - margin >= 0 ? upstream : 0;
    }
    call.mixed = slope / size;
    call.ownA = (-slope * cos) / m1;
    call.ownB = (-slope * cos) / m2;
    return loss;
  }

  @inline static apply<T extends number>(call: VectorsBlock, a: usize, b: usize, bytes: i32, ga: usize, gb: usize): void {
    const mixed = Lanes.splat<T>(call.mixed);
    const ownA = Lanes.splat<T>(call.ownA);
    const ownB = Lanes.splat<T>(call.ownB);
    for (const stop = a + bytes; a < stop; ) {
      const x = v128.load(a);
      const t = v128.load(b);
      v128.store(ga, Lanes.madd<T>(t, mixed, v128.mul<T>(x, ownA)));
      v128.store(gb, Lanes.madd<T>(x, mixed, v128.mul<T>(t, ownB)));
      a += 16;
      b += 16;
      ga += 16;
      gb += 16;
    }
  }
}
