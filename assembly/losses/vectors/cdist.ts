import { Block, Kernel } from "../../core/kernel";
import { Lanes, TURNS } from "../../core/lanes";
import { Norm, Norms } from "../../core/vectors";

@unmanaged
class CdistBlock extends Block {
  rows: i32 = 0;
  cols: i32 = 0;
  n: i32 = 0;
  step: i32 = 0;
  a: usize = 0;
  b: usize = 0;
  out: usize = 0;
  p: f64 = 0;
}

/**
 * Distances of every one of `rows` vectors at a from every one of `cols` at b, n dimensions each: out[i * step + j] = ||a[i] - b[j]||_p.
 * In blocks of 4 x 2, so that each vector that is loaded serves two or four differences and the sums stay in registers. At the edges a block
 * repeats the last row or column: it writes the same value twice.
 */
@unmanaged
class Cdist extends Kernel {
  @inline static run<N extends Norm<T>, T extends number>(call: CdistBlock): void {
    const rows = call.rows;
    const cols = call.cols;
    const a = call.a;
    const b = call.b;
    const p = call.p;
    const out = call.out;
    const step = call.step;
    const size: i32 = sizeof<T>();
    const bytes = call.n * size;
    if (isDefined(changetype<N>(0).power)) {
      // powers keep the processor busy one pair at a time, and eight of them would be a tenth of all kernels
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < cols; j++) {
          const sum = Norms.gather<N, T>(a + i * bytes, b + j * bytes, bytes, 0, p);
          Lanes.store<T>(out + (i * step + j) * size, Norms.root<N, T>(sum, p));
        }
      }
      return;
    }
    for (let i = 0; i < rows; i += 4) {
      for (let j = 0; j < cols; j += 2) {
        Cdist.block<N, T>(a, b, i, min(i + 1, rows - 1), min(i + 2, rows - 1), min(i + 3, rows - 1), j, min(j + 1, cols - 1), bytes, p, out, step);
      }
    }
  }

  /** p = 0 has NaN where a difference has it, as torch.cdist; a pairwise distance counts it as any other (core/vectors.ts), as PyTorch's, too. */
  @inline static gather<N extends Norm<T>, T extends number>(sum: v128, v: v128, p: v128): v128 {
    const norm = changetype<N>(0);
    if (isDefined(norm.count)) return v128.add<T>(sum, v128.min<T>(v128.ceil<T>(v128.abs<T>(v)), Lanes.one<T>()));
    return norm.gather(sum, v, p);
  }

  @inline static block<N extends Norm<T>, T extends number>(
    a: usize,
    b: usize,
    i0: i32,
    i1: i32,
    i2: i32,
    i3: i32,
    j0: i32,
    j1: i32,
    bytes: i32,
    p: f64,
    out: usize,
    step: i32,
  ): void {
    const pp = Lanes.splat<T>(p);
    let x = a + i0 * bytes;
    const to1: usize = (i1 - i0) * bytes;
    const to2: usize = (i2 - i0) * bytes;
    const to3: usize = (i3 - i0) * bytes;
    let y = b + j0 * bytes;
    const next: usize = (j1 - j0) * bytes;
    const whole = x + (bytes & -16);
    const stop = x + bytes;
    const zero = f64x2.splat(0);
    let w00 = zero;
    let w01 = zero;
    let w10 = zero;
    let w11 = zero;
    let w20 = zero;
    let w21 = zero;
    let w30 = zero;
    let w31 = zero;
    while (x < stop) {
      let s00 = zero;
      let s01 = zero;
      let s10 = zero;
      let s11 = zero;
      let s20 = zero;
      let s21 = zero;
      let s30 = zero;
      let s31 = zero;
      // the last, partial vector is a block of its own, whose sums are masked
      const partial = x >= whole;
      // sums of squares may be twice as long: the root halves their error
      const end = partial ? stop : min(whole, x + 16 * (isDefined(changetype<N>(0).square) ? 2 * TURNS : TURNS));
      const mask = Lanes.first(partial ? <i32>(stop - x) : 16);
      do {
        const y0 = v128.load(y);
        const y1 = v128.load(y + next);
        let r = v128.load(x);
        s00 = Cdist.gather<N, T>(s00, v128.sub<T>(r, y0), pp);
        s01 = Cdist.gather<N, T>(s01, v128.sub<T>(r, y1), pp);
        r = v128.load(x + to1);
        s10 = Cdist.gather<N, T>(s10, v128.sub<T>(r, y0), pp);
        s11 = Cdist.gather<N, T>(s11, v128.sub<T>(r, y1), pp);
        r = v128.load(x + to2);
        s20 = Cdist.gather<N, T>(s20, v128.sub<T>(r, y0), pp);
        s21 = Cdist.gather<N, T>(s21, v128.sub<T>(r, y1), pp);
        r = v128.load(x + to3);
        s30 = Cdist.gather<N, T>(s30, v128.sub<T>(r, y0), pp);
        s31 = Cdist.gather<N, T>(s31, v128.sub<T>(r, y1), pp);
        x += 16;
        y += 16;
      } while (x < end);
      w00 = Norms.collect<N, T>(w00, v128.and(s00, mask));
      w01 = Norms.collect<N, T>(w01, v128.and(s01, mask));
      w10 = Norms.collect<N, T>(w10, v128.and(s10, mask));
      w11 = Norms.collect<N, T>(w11, v128.and(s11, mask));
      w20 = Norms.collect<N, T>(w20, v128.and(s20, mask));
      w21 = Norms.collect<N, T>(w21, v128.and(s21, mask));
      w30 = Norms.collect<N, T>(w30, v128.and(s30, mask));
      w31 = Norms.collect<N, T>(w31, v128.and(s31, mask));
    }
    const size: i32 = sizeof<T>();
    const second = (j1 - j0) * size;
    Cdist.store<N, T>(out + (i0 * step + j0) * size, second, w00, w01, p);
    Cdist.store<N, T>(out + (i1 * step + j0) * size, second, w10, w11, p);
    Cdist.store<N, T>(out + (i2 * step + j0) * size, second, w20, w21, p);
    Cdist.store<N, T>(out + (i3 * step + j0) * size, second, w30, w31, p);
  }

  /** The norms of two sums, one at `to`, one `second` bytes behind. */
  @inline static store<N extends Norm<T>, T extends number>(to: usize, second: usize, a: v128, b: v128, p: f64): void {
    if (isDefined(changetype<N>(0).square)) {
      const norms = f64x2.sqrt(f64x2.add(v128.shuffle<i64>(a, b, 0, 2), v128.shuffle<i64>(a, b, 1, 3)));
      Lanes.store<T>(to, f64x2.extract_lane(norms, 0));
      Lanes.store<T>(to + second, f64x2.extract_lane(norms, 1));
    } else {
      Lanes.store<T>(to, Norms.collected<N, T>(a, p));
      Lanes.store<T>(to + second, Norms.collected<N, T>(b, p));
    }
  }
}
