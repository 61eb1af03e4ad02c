import { Lanes } from "../core/lanes";
import { APPLY, BEGIN, COUNT, FINISH, REDUCE } from "../core/rows";
import { Chebyshev, Euclidean, Hamming, Manhattan, Minkowski, Norm, Norms } from "../core/vectors";
import { Exp } from "../math/exp";

// What a row carries from piece to piece, three of each, for (anchor, positive), (anchor, negative), (positive, negative):
// sums, then norms; counts of maxima; upstream gradients of the norms.
const STATE = memory.data<f64>([0, 0, 0, 0, 0, 0, 0, 0, 0]);
const NORMS: usize = 0,
  COUNTS: usize = 24,
  UPSTREAM: usize = 48;

/** Kinds of value: the distance of a and b alone, max(0, margin + d(a, b) - d(a, c)), 2 sigma(d(a, b) - d(a, c))^2. src/backend/seam.ts */
const DISTANCE: i32 = 0;
const MARGIN: i32 = 1;

/**
 * Triplets of rows of `n` dimensions: a anchor, b positive, c negative (0 for DISTANCE). d(u, v) = ||u - v + eps||_p.
 * `swap`: d(b, c) where it is smaller than d(a, c), half of each on a tie. g: f64 per row or 0, factor of the gradient.
 * value: output or 0. ga, gb, gc: outputs, all of them written when APPLY is among the phases; a row of one that nobody reads may lie anywhere (step 0).
 * Returns the sum of the values. In pieces: BEGIN | REDUCE, REDUCE ..., FINISH, COUNT ... (p = infinity only), APPLY ...
 */
class Triplet {
  @inline static run<N extends Norm<T>, T extends number>(
    phases: i32,
    kind: i32,
    a: usize,
    b: usize,
    c: usize,
    rows: i32,
    n: i32,
    p: f64,
    eps: f64,
    margin: f64,
    swap: i32,
    g: usize,
    scale: f64,
    value: usize,
    ga: usize,
    gb: usize,
    gc: usize,
    stepA: i32,
    stepB: i32,
    stepC: i32,
  ): f64 {
    const size: i32 = sizeof<T>();
    const bytes = n * size;
    const pairs = kind == DISTANCE ? 1 : swap ? 3 : 2;
    let total: f64 = 0;
    for (let row = 0; row < rows; row++) {
      if (phases & BEGIN) memory.fill(STATE, 0, 72);
      if (phases & REDUCE) {
        for (let k = 0; k < pairs; k++) {
          const at = STATE + NORMS + 8 * k;
          const sum = Norms.gather<N, T>(k == 2 ? b : a, k == 0 ? b : c, bytes, eps, p);
          if (isDefined(changetype<N>(0).maximum)) store<f64>(at, max(load<f64>(at), sum));
          else store<f64>(at, load<f64>(at) + sum);
        }
      }
      if (phases & FINISH) {
        const loss = Triplet.finish<N, T>(kind, pairs, p, margin, g ? scale * load<f64>(g + 8 * row) : scale);
        total += loss;
        if (value) Lanes.store<T>(value + row * size, loss);
      }
      if (isDefined(changetype<N>(0).maximum) && phases & COUNT) {
        for (let k = 0; k < pairs; k++) {
          const at = STATE + COUNTS + 8 * k;
          store<f64>(at, load<f64>(at) + Norms.count<T>(k == 2 ? b : a, k == 0 ? b : c, bytes, eps, load<f64>(STATE + NORMS + 8 * k)));
        }
      }
      if (phases & APPLY) {
        if (pairs == 3) Triplet.apply<N, T>(true, a, b, c, bytes, p, eps, ga, gb, gc);
        else Triplet.apply<N, T>(false, a, b, c, bytes, p, eps, ga, gb, gc);
        ga += stepA;
        gb += stepB;
        gc += stepC;
      }
      a += bytes;
      b += bytes;
      c += bytes;
    }
    return total;
  }

  /** Sums become norms; the row's value; the upstream gradients of the norms. */
  @inline static finish<N extends Norm<T>, T extends number>(kind: i32, pairs: i32, p: f64, margin: f64, upstream: f64): f64 {
    for (let k = 0; k < pairs; k++) {
      const at = STATE + NORMS + 8 * k;
      store<f64>(at, Norms.root<N, T>(load<f64>(at), p));
    }
    const near = load<f64>(STATE + NORMS);
    if (kind == DISTANCE) return near;
    const far = load<f64>(STATE + NORMS + 8);
    let least = far;
    let share: f64 = 1; // of the gradient, to d(a, c)
    if (pairs == 3) {
      const other = load<f64>(STATE + NORMS + 16);
      least = min(far, other);
      share = far < other ? 1 : other < far ? 0 : 0.5;
    }
    const u = near - least;
    let loss: f64;
    let slope: f64;
    if (kind == MARGIN) {
      const z = margin + u;
      loss = max(z, 0);
      slope = z >= 0 ? 1 : 0;
    } else {
      // sigma(u) and sigma(-u) from e^-|u|: neither overflows, neither is a difference
      const e = f64x2.extract_lane(Exp.nonpositive<f64>(f64x2.splat(-abs(u))), 0);
      const s = (u < 0 ? e : 1) / (1 + e);
      loss = 2 * s * s;
      slope = 4 * s * s * ((u < 0 ? 1 : e) / (1 + e));
    }
    store<f64>(STATE + UPSTREAM, slope * upstream);
    store<f64>(STATE + UPSTREAM + 8, share * slope * upstream);
    store<f64>(STATE + UPSTREAM + 16, (1 - share) * slope * upstream);
    return loss;
  }

  @inline static factor<N extends Norm<T>, T extends number>(k: i32): v128 {
    return Lanes.splat<T>(Norms.factor<N, T>(load<f64>(STATE + UPSTREAM + 8 * k), load<f64>(STATE + NORMS + 8 * k), load<f64>(STATE + COUNTS + 8 * k)));
  }

  @inline static apply<N extends Norm<T>, T extends number>(
    swap: bool,
    a: usize,
    b: usize,
    c: usize,
    bytes: i32,
    p: f64,
    eps: f64,
    ga: usize,
    gb: usize,
    gc: usize,
  ): void {
    const norm = changetype<N>(0);
    const pp = Lanes.splat<T>(p);
    const ee = Lanes.splat<T>(eps);
    const r0 = Lanes.splat<T>(load<f64>(STATE + NORMS));
    const r1 = Lanes.splat<T>(load<f64>(STATE + NORMS + 8));
    const r2 = Lanes.splat<T>(load<f64>(STATE + NORMS + 16));
    const k0 = Triplet.factor<N, T>(0);
    const k1 = Triplet.factor<N, T>(1);
    const k2 = Triplet.factor<N, T>(2);
    for (const stop = a + bytes; a < stop; ) {
      const near = v128.mul<T>(k0, norm.slope(Norms.difference<T>(a, b, ee), r0, pp));
      const far = v128.mul<T>(k1, norm.slope(Norms.difference<T>(a, c, ee), r1, pp));
      let gradB = v128.neg<T>(near);
      let gradC = far;
      if (swap) {
        const other = v128.mul<T>(k2, norm.slope(Norms.difference<T>(b, c, ee), r2, pp));
        gradB = v128.sub<T>(gradB, other);
        gradC = v128.add<T>(gradC, other);
      }
      v128.store(ga, v128.sub<T>(near, far));
      v128.store(gb, gradB);
      v128.store(gc, gradC);
      a += 16;
      b += 16;
      c += 16;
      ga += 16;
      gb += 16;
      gc += 16;
    }
  }
}

export function triplet2_f32(
  phases: i32,
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  n: i32,
  p: f64,
  eps: f64,
  margin: f64,
  swap: i32,
  g: usize,
  scale: f64,
  value: usize,
  ga: usize,
  gb: usize,
  gc: usize,
  stepA: i32,
  stepB: i32,
  stepC: i32,
): f64 {
  return Triplet.run<Euclidean<f32>, f32>(phases, kind, a, b, c, rows, n, p, eps, margin, swap, g, scale, value, ga, gb, gc, stepA, stepB, stepC);
}

export function triplet2_f64(
  phases: i32,
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  n: i32,
  p: f64,
  eps: f64,
  margin: f64,
  swap: i32,
  g: usize,
  scale: f64,
  value: usize,
  ga: usize,
  gb: usize,
  gc: usize,
  stepA: i32,
  stepB: i32,
  stepC: i32,
): f64 {
  return Triplet.run<Euclidean<f64>, f64>(phases, kind, a, b, c, rows, n, p, eps, margin, swap, g, scale, value, ga, gb, gc, stepA, stepB, stepC);
}

export function triplet1_f32(
  phases: i32,
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  n: i32,
  p: f64,
  eps: f64,
  margin: f64,
  swap: i32,
  g: usize,
  scale: f64,
  value: usize,
  ga: usize,
  gb: usize,
  gc: usize,
  stepA: i32,
  stepB: i32,
  stepC: i32,
): f64 {
  return Triplet.run<Manhattan<f32>, f32>(phases, kind, a, b, c, rows, n, p, eps, margin, swap, g, scale, value, ga, gb, gc, stepA, stepB, stepC);
}

export function triplet1_f64(
  phases: i32,
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  n: i32,
  p: f64,
  eps: f64,
  margin: f64,
  swap: i32,
  g: usize,
  scale: f64,
  value: usize,
  ga: usize,
  gb: usize,
  gc: usize,
  stepA: i32,
  stepB: i32,
  stepC: i32,
): f64 {
  return Triplet.run<Manhattan<f64>, f64>(phases, kind, a, b, c, rows, n, p, eps, margin, swap, g, scale, value, ga, gb, gc, stepA, stepB, stepC);
}

export function tripletInf_f32(
  phases: i32,
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  n: i32,
  p: f64,
  eps: f64,
  margin: f64,
  swap: i32,
  g: usize,
  scale: f64,
  value: usize,
  ga: usize,
  gb: usize,
  gc: usize,
  stepA: i32,
  stepB: i32,
  stepC: i32,
): f64 {
  return Triplet.run<Chebyshev<f32>, f32>(phases, kind, a, b, c, rows, n, p, eps, margin, swap, g, scale, value, ga, gb, gc, stepA, stepB, stepC);
}

export function tripletInf_f64(
  phases: i32,
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  n: i32,
  p: f64,
  eps: f64,
  margin: f64,
  swap: i32,
  g: usize,
  scale: f64,
  value: usize,
  ga: usize,
  gb: usize,
  gc: usize,
  stepA: i32,
  stepB: i32,
  stepC: i32,
): f64 {
  return Triplet.run<Chebyshev<f64>, f64>(phases, kind, a, b, c, rows, n, p, eps, margin, swap, g, scale, value, ga, gb, gc, stepA, stepB, stepC);
}

export function tripletP_f64(
  phases: i32,
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  n: i32,
  p: f64,
  eps: f64,
  margin: f64,
  swap: i32,
  g: usize,
  scale: f64,
  value: usize,
  ga: usize,
  gb: usize,
  gc: usize,
  stepA: i32,
  stepB: i32,
  stepC: i32,
): f64 {
  return Triplet.run<Minkowski<f64>, f64>(phases, kind, a, b, c, rows, n, p, eps, margin, swap, g, scale, value, ga, gb, gc, stepA, stepB, stepC);
}

export function triplet0_f64(
  phases: i32,
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  n: i32,
  p: f64,
  eps: f64,
  margin: f64,
  swap: i32,
  g: usize,
  scale: f64,
  value: usize,
  ga: usize,
  gb: usize,
  gc: usize,
  stepA: i32,
  stepB: i32,
  stepC: i32,
): f64 {
  return Triplet.run<Hamming<f64>, f64>(phases, kind, a, b, c, rows, n, p, eps, margin, swap, g, scale, value, ga, gb, gc, stepA, stepB, stepC);
}
