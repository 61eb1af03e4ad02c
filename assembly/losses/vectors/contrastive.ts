import { APPLY, BEGIN, FINISH, REDUCE } from "../../../src/backend/protocol";
import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Euclidean, Norms, VectorsBlock } from "../../core/vectors";

/**
 * Pairs of rows of `n` dimensions with y (f64 per row), d = ||a - b + eps||: d^2 for y = 1, max(0, margin - d)^2 for y = -1, else 0. g, value, ga, gb
 * as in cosine.ts. Both gradients are a multiple of the difference, `mixed` and its negative. In pieces: BEGIN | REDUCE, REDUCE ..., FINISH, APPLY ...
 */
@unmanaged
class Contrastive extends Kernel {
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
    let total: f64 = 0;
    for (let row = 0; row < rows; row++) {
      if (phases & BEGIN) call.aa = 0;
      if (phases & REDUCE) call.aa += Norms.gather<Euclidean<T>, T>(a, b, bytes, eps, 2);
      if (phases & FINISH) {
        const loss = Contrastive.finish(call, call.aa, load<f64>(y + 8 * row), call.margin, g ? scale * load<f64>(g + 8 * row) : scale);
        total += loss;
        if (value) Lanes.store<T>(value + row * size, loss);
      }
      if (phases & APPLY) {
        Contrastive.apply<T>(a, b, bytes, call.mixed, eps, ga, gb);
        ga += stepA;
        gb += stepB;
      }
      a += bytes;
      b += bytes;
    }
    return total;
  }

  @inline static finish(call: VectorsBlock, square: f64, y: f64, margin: f64, upstream: f64): f64 {
    call.mixed = 0;
    if (y == 1) {
      call.mixed = 2 * upstream;
      return square;
    }
    if (y != -1) return 0;
    const d = sqrt(square);
    const z = margin - d;
    const hinge = max(z, 0);
    if (z >= 0 && d > 0) call.mixed = (-2 * upstream * hinge) / d;
    return hinge * hinge;
  }

  @inline static apply<T extends number>(a: usize, b: usize, bytes: i32, factor: f64, eps: f64, ga: usize, gb: usize): void {
    const ee = Lanes.splat<T>(eps);
    const ff = Lanes.splat<T>(factor);
    for (const stop = a + bytes; a < stop; ) {
      const grad = v128.mul<T>(ff, Norms.difference<T>(a, b, ee));
      v128.store(ga, grad);
      v128.store(gb, v128.neg<T>(grad));
      a += 16;
      b += 16;
      ga += 16;
      gb += 16;
    }
  }
}
