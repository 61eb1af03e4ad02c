import { APPLY, BEGIN, COUNT, DISTANCE, FINISH, REDUCE, TRIPLET_MARGIN } from "../../../src/backend/protocol";
import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Norm, Norms, VectorsBlock } from "../../core/vectors";
import { Exp } from "../../math/exp";

/**
 * Triplets of rows of `n` dimensions: a anchor, b positive, c negative (for DISTANCE, of a and b, b once more). d(u, v) = ||u - v + eps||_p.
 * `swap`: d(b, c) where it is smaller than d(a, c), half of each on a tie. g: f64 per row or 0, factor of the gradient.
 * value: output or 0. ga, gb, gc: outputs, all of them written when APPLY is among the phases; a row of one that nobody reads may lie anywhere (step 0).
 * Returns the sum of the values. In pieces: BEGIN | REDUCE, REDUCE ..., FINISH, COUNT ... (p = infinity only), APPLY ...
 */
@unmanaged
class Triplet extends Kernel {
  @inline static run<N extends Norm<T>, T extends number>(call: VectorsBlock): f64 {
    const phases = call.phases;
    const kind = call.kind;
    const rows = call.rows;
    const p = call.p;
    const eps = call.eps;
    const g = call.g;
    const scale = call.scale;
    const value = call.value;
    const stepA = call.stepA;
    const stepB = call.stepB;
    const stepC = call.stepC;
    let a = call.a;
    let b = call.b;
    let c = kind == DISTANCE ? b : call.c;
    let ga = call.ga;
    let gb = call.gb;
    let gc = call.gc;
    const size: i32 = sizeof<T>();
    const bytes = call.n * size;
    const pairs = kind == DISTANCE ? 1 : call.swap ? 3 : 2;
    let total: f64 = 0;
    for (let row = 0; row < rows; row++) {
      if (phases & BEGIN) call.clear();
      if (phases & REDUCE) {
        let k = 0;
        if (isDefined(changetype<N>(0).square) && pairs > 1) {
          Norms.gatherTwo<N, T>(a, b, c, bytes, eps, call.norm(0));
          k = 2;
        }
        for (; k < pairs; k++) {
          const at = call.norm(k);
          const sum = Norms.gather<N, T>(k == 2 ? b : a, k == 0 ? b : c, bytes, eps, p);
          if (isDefined(changetype<N>(0).maximum)) store<f64>(at, max(load<f64>(at), sum));
          else store<f64>(at, load<f64>(at) + sum);
        }
      }
      if (phases & FINISH) {
        const loss = Triplet.finish<N, T>(call, kind, pairs, p, call.margin, g ? scale * load<f64>(g + 8 * row) : scale);
        total += loss;
        if (value) Lanes.store<T>(value + row * size, loss);
      }
      if (isDefined(changetype<N>(0).maximum) && phases & COUNT) {
        for (let k = 0; k < pairs; k++) {
          const at = call.count(k);
          store<f64>(at, load<f64>(at) + Norms.count<T>(k == 2 ? b : a, k == 0 ? b : c, bytes, eps, load<f64>(call.norm(k))));
        }
      }
      if (phases & APPLY) {
        if (pairs == 3) Triplet.apply<N, T>(call, true, a, b, c, bytes, p, eps, ga, gb, gc);
        else Triplet.apply<N, T>(call, false, a, b, c, bytes, p, eps, ga, gb, gc);
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
  @inline static finish<N extends Norm<T>, T extends number>(call: VectorsBlock, kind: i32, pairs: i32, p: f64, margin: f64, upstream: f64): f64 {
    for (let k = 0; k < pairs; k++) {
      const at = call.norm(k);
      store<f64>(at, Norms.root<N, T>(load<f64>(at), p));
    }
    const near = load<f64>(call.norm(0));
    if (kind == DISTANCE) {
      // c is b: the other pair is this one, with an upstream gradient of 0
      store<f64>(call.upstream(0), upstream);
      store<f64>(call.norm(1), near);
      store<f64>(call.count(1), 1);
      return near;
    }
    const far = load<f64>(call.norm(1));
    let least = far;
    let share: f64 = 1; // of the gradient, to d(a, c)
    if (pairs == 3) {
      const other = load<f64>(call.norm(2));
      least = min(far, other);
      share = far < other ? 1 : other < far ? 0 : 0.5;
    }
    const u = near - least;
    let loss: f64;
    let slope: f64;
    if (kind == TRIPLET_MARGIN) {
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
    store<f64>(call.upstream(0), slope * upstream);
    store<f64>(call.upstream(1), share * slope * upstream);
    store<f64>(call.upstream(2), (1 - share) * slope * upstream);
    return loss;
  }

  @inline static factor<N extends Norm<T>, T extends number>(call: VectorsBlock, k: i32): v128 {
    return Lanes.splat<T>(Norms.factor<N, T>(load<f64>(call.upstream(k)), load<f64>(call.norm(k)), load<f64>(call.count(k))));
  }

  @inline static apply<N extends Norm<T>, T extends number>(
    call: VectorsBlock,
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
    const r0 = Lanes.splat<T>(load<f64>(call.norm(0)));
    const r1 = Lanes.splat<T>(load<f64>(call.norm(1)));
    const r2 = Lanes.splat<T>(load<f64>(call.norm(2)));
    const k0 = Triplet.factor<N, T>(call, 0);
    const k1 = Triplet.factor<N, T>(call, 1);
    const k2 = Triplet.factor<N, T>(call, 2);
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
