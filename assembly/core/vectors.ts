// The family of losses that compare rows of vectors, [rows, dimensions]: lane functions of a norm, and the phases of a row as in src/backend/protocol.ts.

import { Exp } from "../math/exp";
import { Log } from "../math/log";
import { Block } from "./kernel";
import { Lanes, TURNS } from "./lanes";

/**
 * Rows at a, b and c, and where their gradients go; what else there is stands with the kernels. Then what a row carries from piece to piece.
 */
@unmanaged
export class VectorsBlock extends Block {
  phases: i32 = 0;
  kind: i32 = 0;
  rows: i32 = 0;
  n: i32 = 0;
  swap: i32 = 0;
  a: usize = 0;
  b: usize = 0;
  c: usize = 0;
  y: usize = 0;
  g: usize = 0;
  value: usize = 0;
  ga: usize = 0;
  gb: usize = 0;
  gc: usize = 0;
  stepA: i32 = 0;
  stepB: i32 = 0;
  stepC: i32 = 0;
  p: f64 = 0;
  eps: f64 = 0;
  margin: f64 = 0;
  scale: f64 = 0;

  // Of triplets three of each, for (a, b), (a, c) and (b, c): sums, then norms; counts of maxima; upstream gradients of the norms.
  norms: f64 = 0;
  norms1: f64 = 0;
  norms2: f64 = 0;
  counts: f64 = 0;
  counts1: f64 = 0;
  counts2: f64 = 0;
  upstreams: f64 = 0;
  upstreams1: f64 = 0;
  upstreams2: f64 = 0;

  // Of the cosine: sums of a^2, b^2 and a * b, then the factors of the gradients: a * b mixed, a alone, b alone.
  aa: f64 = 0;
  bb: f64 = 0;
  ab: f64 = 0;
  mixed: f64 = 0;
  ownA: f64 = 0;
  ownB: f64 = 0;

  @inline norm(k: i32): usize {
    return changetype<usize>(this) + offsetof<VectorsBlock>("norms") + 8 * k;
  }
  @inline count(k: i32): usize {
    return changetype<usize>(this) + offsetof<VectorsBlock>("counts") + 8 * k;
  }
  @inline upstream(k: i32): usize {
    return changetype<usize>(this) + offsetof<VectorsBlock>("upstreams") + 8 * k;
  }
  @inline clear(): void {
    memory.fill(this.norm(0), 0, 72);
  }
}

/** A p-norm, one difference at a time. `p` is the exponent in every lane where the norm has one. */
@unmanaged
export abstract class Norm<T extends number> {
  /** The sum (or maximum) so far with one more vector of differences. */
  abstract gather(sum: v128, v: v128, p: v128): v128;
  /** Direction of the gradient: v, sgn(v) or sgn(v) * |v / r|^(p-1); `r` is the norm in every lane. */
  abstract slope(v: v128, r: v128, p: v128): v128;
  // Optional marks: `maximum(): void {}` takes the largest instead of summing, `square(): void {}` has a square root at the end, `power(): void {}` the p-th
  // root, `count(): void {}` sums ones.
}

/** p = 2. */
@unmanaged
@final
export class Euclidean<T extends number> extends Norm<T> {
  square(): void {}
  @inline gather(sum: v128, v: v128, p: v128): v128 {
    return Lanes.madd<T>(v, v, sum);
  }
  @inline slope(v: v128, r: v128, p: v128): v128 {
    return v;
  }
}

/** p = 1. */
@unmanaged
@final
export class Manhattan<T extends number> extends Norm<T> {
  @inline gather(sum: v128, v: v128, p: v128): v128 {
    return v128.add<T>(sum, v128.abs<T>(v));
  }
  @inline slope(v: v128, r: v128, p: v128): v128 {
    return Norms.sign<T>(v);
  }
}

/** p = infinity. */
@unmanaged
@final
export class Chebyshev<T extends number> extends Norm<T> {
  maximum(): void {}
  @inline gather(sum: v128, v: v128, p: v128): v128 {
    return v128.max<T>(sum, v128.abs<T>(v)); // the slower max, since NaN must win
  }
  @inline slope(v: v128, r: v128, p: v128): v128 {
    return v128.and(Norms.sign<T>(v), v128.eq<T>(v128.abs<T>(v), r));
  }
}

/** Any other p > 0, |v|^p = e^(p log |v|). Double precision only: the product p log |v| costs digits that float32 does not have. */
@unmanaged
@final
export class Minkowski<T extends f64> extends Norm<T> {
  power(): void {}
  @inline gather(sum: v128, v: v128, p: v128): v128 {
    return v128.add<T>(sum, Norms.power<T>(v128.abs<T>(v), p));
  }
  @inline slope(v: v128, r: v128, p: v128): v128 {
    const size = Norms.power<T>(v128.div<T>(v128.abs<T>(v), r), v128.sub<T>(p, Lanes.one<T>()));
    return v128.mul<T>(Norms.sign<T>(v), v128.andnot(size, v128.eq<T>(v, f32x4.splat(0))));
  }
}

/** p = 0: how many differ, NaN from anything. No gradient. */
@unmanaged
@final
export class Hamming<T extends f64> extends Norm<T> {
  count(): void {}
  @inline gather(sum: v128, v: v128, p: v128): v128 {
    return v128.add<T>(sum, v128.and(Lanes.one<T>(), v128.ne<T>(v, f32x4.splat(0))));
  }
  @inline slope(v: v128, r: v128, p: v128): v128 {
    return f32x4.splat(0);
  }
}

export class Norms {
  /** -1, 0 or 1; 0 for NaN. */
  @inline static sign<T extends number>(v: v128): v128 {
    const zero = f32x4.splat(0);
    const one = Lanes.one<T>();
    return v128.sub<T>(v128.and(one, v128.gt<T>(v, zero)), v128.and(one, v128.lt<T>(v, zero)));
  }

  /** a^p for a >= 0 and p != 0. */
  @inline static power<T extends number>(a: v128, p: v128): v128 {
    return Exp.exp<T>(v128.mul<T>(p, Log.log<T>(a)));
  }

  /** u - v + eps, the difference whose norm PyTorch takes. */
  @inline static difference<T extends number>(u: usize, v: usize, eps: v128): v128 {
    return Norms.apart<T>(v128.load(u), v128.load(v), eps);
  }

  /** The same of what is loaded. */
  @inline static apart<T extends number>(u: v128, v: v128, eps: v128): v128 {
    return v128.add<T>(v128.sub<T>(u, v), eps);
  }

  /** Sum (or maximum) over one piece of a row, the root not yet taken. */
  @inline static gather<N extends Norm<T>, T extends number>(u: usize, v: usize, bytes: i32, eps: f64, p: f64): f64 {
    const norm = changetype<N>(0);
    const pp = Lanes.splat<T>(p);
    const ee = Lanes.splat<T>(eps);
    const whole = u + (bytes & -32);
    const stop = u + bytes;
    let wide = f64x2.splat(0);
    while (u < stop) {
      let sum0 = f64x2.splat(0);
      let sum1 = f64x2.splat(0);
      // the last, partial pair is a block of its own, whose sums are masked
      const end = u < whole ? min(whole, u + 32 * TURNS) : stop;
      do {
        sum0 = norm.gather(sum0, Norms.difference<T>(u, v, ee), pp);
        sum1 = norm.gather(sum1, Norms.difference<T>(u + 16, v + 16, ee), pp);
        u += 32;
        v += 32;
      } while (u < end);
      if (u > stop) {
        const rest: i32 = 32 - <i32>(u - stop);
        sum0 = v128.and(sum0, Lanes.first(min(rest, 16)));
        sum1 = v128.and(sum1, Lanes.first(max(rest - 16, 0)));
      }
      wide = Norms.collect<N, T>(Norms.collect<N, T>(wide, sum0), sum1);
    }
    if (isDefined(norm.maximum)) return Norms.largest<T>(wide);
    return Lanes.total(wide);
  }

  /** Adds the sums over one piece of a row of the pairs (a, b) and (a, c) to two doubles at `to`: those of `gather`, with a read once. Of norms without p. */
  @inline static gatherTwo<N extends Norm<T>, T extends number>(a: usize, b: usize, c: usize, bytes: i32, eps: f64, to: usize): void {
    const norm = changetype<N>(0);
    const none = f64x2.splat(0); // for p, which no such norm has
    const ee = Lanes.splat<T>(eps);
    const whole = a + (bytes & -32);
    const stop = a + bytes;
    let near = f64x2.splat(0);
    let far = f64x2.splat(0);
    while (a < stop) {
      let near0 = f64x2.splat(0);
      let near1 = f64x2.splat(0);
      let far0 = f64x2.splat(0);
      let far1 = f64x2.splat(0);
      const end = a < whole ? min(whole, a + 32 * TURNS) : stop;
      do {
        let x = v128.load(a);
        near0 = norm.gather(near0, Norms.apart<T>(x, v128.load(b), ee), none);
        far0 = norm.gather(far0, Norms.apart<T>(x, v128.load(c), ee), none);
        x = v128.load(a, 16);
        near1 = norm.gather(near1, Norms.apart<T>(x, v128.load(b, 16), ee), none);
        far1 = norm.gather(far1, Norms.apart<T>(x, v128.load(c, 16), ee), none);
        a += 32;
        b += 32;
        c += 32;
      } while (a < end);
      if (a > stop) {
        const rest: i32 = 32 - <i32>(a - stop);
        const mask0 = Lanes.first(min(rest, 16));
        const mask1 = Lanes.first(max(rest - 16, 0));
        near0 = v128.and(near0, mask0);
        near1 = v128.and(near1, mask1);
        far0 = v128.and(far0, mask0);
        far1 = v128.and(far1, mask1);
      }
      near = Lanes.widen<T>(Lanes.widen<T>(near, near0), near1);
      far = Lanes.widen<T>(Lanes.widen<T>(far, far0), far1);
    }
    store<f64>(to, load<f64>(to) + Lanes.total(near));
    store<f64>(to, load<f64>(to, 8) + Lanes.total(far), 8);
  }

  /** The largest lane; NaN if there is one. */
  @inline static largest<T extends number>(x: v128): f64 {
    if (sizeof<T>() == 4) {
      const two = f32x4.max(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
      return max<f64>(<f64>f32x4.extract_lane(two, 0), <f64>f32x4.extract_lane(two, 1));
    }
    return max<f64>(f64x2.extract_lane(x, 0), f64x2.extract_lane(x, 1));
  }

  /** Adds a short sum (or maximum) to that of a row: in doubles, a maximum in the lanes it came in. */
  @inline static collect<N extends Norm<T>, T extends number>(wide: v128, part: v128): v128 {
    if (isDefined(changetype<N>(0).maximum)) return v128.max<T>(wide, part);
    return Lanes.widen<T>(wide, part);
  }

  /** The norm of what `collect` has. */
  @inline static collected<N extends Norm<T>, T extends number>(wide: v128, p: f64): f64 {
    if (isDefined(changetype<N>(0).maximum)) return Norms.largest<T>(wide);
    return Norms.root<N, T>(Lanes.total(wide), p);
  }

  /** How many differences of a piece have the magnitude r. */
  @inline static count<T extends number>(u: usize, v: usize, bytes: i32, eps: f64, r: f64): f64 {
    const ee = Lanes.splat<T>(eps);
    const rr = Lanes.splat<T>(r);
    const stop = u + bytes;
    let wide = f64x2.splat(0);
    for (; u < stop; u += 16, v += 16) {
      let one = v128.and(Lanes.one<T>(), v128.eq<T>(v128.abs<T>(Norms.difference<T>(u, v, ee)), rr));
      if (u + 16 > stop) one = v128.and(one, Lanes.first(<i32>(stop - u)));
      wide = Lanes.widen<T>(wide, one);
    }
    return Lanes.total(wide);
  }

  /** The norm of a complete sum. */
  @inline static root<N extends Norm<T>, T extends number>(sum: f64, p: f64): f64 {
    const norm = changetype<N>(0);
    if (isDefined(norm.square)) return sqrt(sum);
    if (isDefined(norm.power)) return f64x2.extract_lane(Norms.power<f64>(f64x2.splat(sum), f64x2.splat(1 / p)), 0);
    return sum;
  }

  /** Factor of a norm's slope: `upstream` times what the slope leaves out. */
  @inline static factor<N extends Norm<T>, T extends number>(upstream: f64, r: f64, count: f64): f64 {
    const norm = changetype<N>(0);
    if (isDefined(norm.maximum)) return upstream / count;
    if (isDefined(norm.square)) return r == 0 ? 0 : upstream / r;
    if (isDefined(norm.power)) return r == 0 ? 0 : upstream;
    return upstream;
  }
}
