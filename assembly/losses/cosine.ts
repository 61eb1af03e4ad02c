import { Lanes, TURNS } from "../core/lanes";
import { APPLY, BEGIN, FINISH, REDUCE } from "../core/rows";

// What a row carries from piece to piece: sums of a^2, b^2 and a * b, then the factors of the gradients: a * b mixed, a alone, b alone.
const STATE = memory.data<f64>([0, 0, 0, 0, 0, 0]);

// 1e-12 rounded to float32, in double precision too (ATen/native/Loss.cpp, cosine_embedding_loss)
const EPS: f64 = 9.999999960041972e-13;
/**
 * Pairs of rows of `n` dimensions. With y (f64 per row) the cosine embedding loss: 1 - cos for y = 1, max(0, cos - margin) for y = -1, else 0,
 * cos = sum ab / sqrt((sum a^2 + EPS) * (sum b^2 + EPS)). Without y the cosine similarity sum ab / (max(|a|, eps) * max(|b|, eps)).
 * g: f64 per row or 0, factor of the gradient. value: output or 0. ga, gb: outputs as in losses/triplet.ts.
 * Returns the sum of the values. In pieces: BEGIN | REDUCE, REDUCE ..., FINISH, APPLY ...
 */
class Cosine {
  @inline static run<T extends number>(
    phases: i32,
    a: usize,
    b: usize,
    rows: i32,
    n: i32,
    y: usize,
    margin: f64,
    eps: f64,
    g: usize,
    scale: f64,
    value: usize,
    ga: usize,
    gb: usize,
    stepA: i32,
    stepB: i32,
  ): f64 {
    const size: i32 = sizeof<T>();
    const bytes = n * size;
    let total: f64 = 0;
    for (let row = 0; row < rows; row++) {
      if (phases & BEGIN) memory.fill(STATE, 0, 24);
      if (phases & REDUCE) Cosine.gather<T>(a, b, bytes);
      if (phases & FINISH) {
        const aa = load<f64>(STATE);
        const bb = load<f64>(STATE + 8);
        const ab = load<f64>(STATE + 16);
        let loss: f64;
        if (y) loss = Cosine.embedding(aa + EPS, bb + EPS, ab, load<f64>(y + 8 * row), margin, g ? scale * load<f64>(g + 8 * row) : scale);
        else loss = ab / (max(sqrt(aa), eps) * max(sqrt(bb), eps));
        total += loss;
        if (value) Lanes.store<T>(value + row * size, loss);
      }
      if (phases & APPLY) {
        Cosine.apply<T>(a, b, bytes, ga, gb);
        ga += stepA;
        gb += stepB;
      }
      a += bytes;
      b += bytes;
    }
    return total;
  }

  @inline static gather<T extends number>(a: usize, b: usize, bytes: i32): void {
    const whole = a + (bytes & -16);
    const stop = a + bytes;
    let wideA = f64x2.splat(0);
    let wideB = f64x2.splat(0);
    let wideAB = f64x2.splat(0);
    while (a < stop) {
      let aa = f64x2.splat(0);
      let bb = f64x2.splat(0);
      let ab = f64x2.splat(0);
      // the last, partial vector is a block of its own, whose sums are masked
      const end = a < whole ? min(whole, a + 16 * TURNS) : stop;
      do {
        const x = v128.load(a);
        const t = v128.load(b);
        aa = Lanes.madd<T>(x, x, aa);
        bb = Lanes.madd<T>(t, t, bb);
        ab = Lanes.madd<T>(x, t, ab);
        a += 16;
        b += 16;
      } while (a < end);
      if (a > stop) {
        const mask = Lanes.first(16 - <i32>(a - stop));
        aa = v128.and(aa, mask);
        bb = v128.and(bb, mask);
        ab = v128.and(ab, mask);
      }
      wideA = Lanes.widen<T>(wideA, aa);
      wideB = Lanes.widen<T>(wideB, bb);
      wideAB = Lanes.widen<T>(wideAB, ab);
    }
    store<f64>(STATE, load<f64>(STATE) + Lanes.total(wideA));
    store<f64>(STATE + 8, load<f64>(STATE + 8) + Lanes.total(wideB));
    store<f64>(STATE + 16, load<f64>(STATE + 16) + Lanes.total(wideAB));
  }

  @inline static embedding(m1: f64, m2: f64, ab: f64, y: f64, margin: f64, upstream: f64): f64 {
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
    store<f64>(STATE + 24, slope / size);
    store<f64>(STATE + 32, (-slope * cos) / m1);
    store<f64>(STATE + 40, (-slope * cos) / m2);
    return loss;
  }

  @inline static apply<T extends number>(a: usize, b: usize, bytes: i32, ga: usize, gb: usize): void {
    const mixed = Lanes.splat<T>(load<f64>(STATE + 24));
    const ownA = Lanes.splat<T>(load<f64>(STATE + 32));
    const ownB = Lanes.splat<T>(load<f64>(STATE + 40));
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

export function cosine_f32(
  phases: i32,
  a: usize,
  b: usize,
  rows: i32,
  n: i32,
  y: usize,
  margin: f64,
  eps: f64,
  g: usize,
  scale: f64,
  value: usize,
  ga: usize,
  gb: usize,
  stepA: i32,
  stepB: i32,
): f64 {
  return Cosine.run<f32>(phases, a, b, rows, n, y, margin, eps, g, scale, value, ga, gb, stepA, stepB);
}
export function cosine_f64(
  phases: i32,
  a: usize,
  b: usize,
  rows: i32,
  n: i32,
  y: usize,
  margin: f64,
  eps: f64,
  g: usize,
  scale: f64,
  value: usize,
  ga: usize,
  gb: usize,
  stepA: i32,
  stepB: i32,
): f64 {
  return Cosine.run<f64>(phases, a, b, rows, n, y, margin, eps, g, scale, value, ga, gb, stepA, stepB);
}
