// Every row of one side against every row of another, a tile of TILE x TILE at a time: products of rows, and rows weighted by a tile and added up. Rows are
// padded with zeros to whole pairs of vectors.

import { INFO_NCE, NT_XENT, TILE } from "../../src/backend/protocol";
import { Lanes } from "./lanes";

/** Bytes that a sum of products takes in before it is added to the sum of all: two levels, so that long rows lose no more than short ones. */
const CHUNK: i32 = 1024;

/** What is summed of two rows. */
@unmanaged
export abstract class Pair<T extends number> {
  abstract gather(a: v128, b: v128, sum: v128): v128;
}

/** a . b */
@unmanaged
@final
export class Dot<T extends number> extends Pair<T> {
  @inline gather(a: v128, b: v128, sum: v128): v128 {
    return Lanes.madd<T>(a, b, sum);
  }
}

/** |a - b|^2 */
@unmanaged
@final
export class Square<T extends number> extends Pair<T> {
  @inline gather(a: v128, b: v128, sum: v128): v128 {
    const d = v128.sub<T>(a, b);
    return Lanes.madd<T>(d, d, sum);
  }
}

export class Tiles {
  /** Bytes from a row of a tile to the next. */
  @inline static step<T extends number>(): i32 {
    return TILE * sizeof<T>();
  }

  /**
   * Rows of a with rows of b, `bytes` each: into a tile, or where `add` is set added to it. Blocks of 4 x 2 stay in registers; at the edges a block
   * repeats the last row or column.
   */
  @inline static fill<P extends Pair<T>, T extends number>(a: usize, b: usize, rows: i32, cols: i32, bytes: i32, tile: usize, add: i32): void {
    const last: usize = a + (rows - 1) * bytes;
    const lastB: usize = b + (cols - 1) * bytes;
    for (let i = 0; i < rows; i += 4) {
      const x = a + i * bytes;
      for (let j = 0; j < cols; j += 2) {
        const y = b + j * bytes;
        Tiles.block<P, T>(
          x,
          min(x + bytes, last),
          min(x + 2 * bytes, last),
          min(x + 3 * bytes, last),
          y,
          min(y + bytes, lastB),
          bytes,
          tile,
          i,
          j,
          rows,
          cols,
          add,
        );
      }
    }
  }

  @inline static block<P extends Pair<T>, T extends number>(
    x: usize,
    x1: usize,
    x2: usize,
    x3: usize,
    y: usize,
    y1: usize,
    bytes: i32,
    tile: usize,
    i: i32,
    j: i32,
    rows: i32,
    cols: i32,
    add: i32,
  ): void {
    const pair = changetype<P>(0);
    const to1 = x1 - x;
    const to2 = x2 - x;
    const to3 = x3 - x;
    const next = y1 - y;
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
      const end = min(stop, x + CHUNK);
      let s00 = zero;
      let s01 = zero;
      let s10 = zero;
      let s11 = zero;
      let s20 = zero;
      let s21 = zero;
      let s30 = zero;
      let s31 = zero;
      do {
        const v0 = v128.load(y);
        const v1 = v128.load(y + next);
        let r = v128.load(x);
        s00 = pair.gather(r, v0, s00);
        s01 = pair.gather(r, v1, s01);
        r = v128.load(x + to1);
        s10 = pair.gather(r, v0, s10);
        s11 = pair.gather(r, v1, s11);
        r = v128.load(x + to2);
        s20 = pair.gather(r, v0, s20);
        s21 = pair.gather(r, v1, s21);
        r = v128.load(x + to3);
        s30 = pair.gather(r, v0, s30);
        s31 = pair.gather(r, v1, s31);
        x += 16;
        y += 16;
      } while (x < end);
      w00 = v128.add<T>(w00, s00);
      w01 = v128.add<T>(w01, s01);
      w10 = v128.add<T>(w10, s10);
      w11 = v128.add<T>(w11, s11);
      w20 = v128.add<T>(w20, s20);
      w21 = v128.add<T>(w21, s21);
      w30 = v128.add<T>(w30, s30);
      w31 = v128.add<T>(w31, s31);
    }
    const size: i32 = sizeof<T>();
    const step = Tiles.step<T>();
    // what lies beyond the edges of the pairs lies in the tile all the same
    const to = tile + i * step + j * size;
    Tiles.store<T>(to, w00, w01, add);
    Tiles.store<T>(to + step, w10, w11, add);
    Tiles.store<T>(to + 2 * step, w20, w21, add);
    Tiles.store<T>(to + 3 * step, w30, w31, add);
  }

  /** The totals of two sums, side by side. */
  @inline static store<T extends number>(to: usize, a: v128, b: v128, add: i32): void {
    const zero = f64x2.splat(0);
    const first = Lanes.total(Lanes.widen<T>(zero, a));
    const second = Lanes.total(Lanes.widen<T>(zero, b));
    const size: i32 = sizeof<T>();
    Lanes.store<T>(to, add ? Lanes.load<T>(to) + first : first);
    Lanes.store<T>(to + size, add ? Lanes.load<T>(to + size) + second : second);
  }

  /**
   * out[i] += sum over j of tile[i, j] * b[j], rows of `bytes`; where `back` is set with the tile transposed. Blocks of 6 rows x 2 vectors stay in registers.
   */
  @inline static spread<T extends number>(back: bool, tile: usize, b: usize, out: usize, rows: i32, cols: i32, bytes: i32): void {
    const down: i32 = back ? sizeof<T>() : Tiles.step<T>();
    const right: i32 = back ? Tiles.step<T>() : sizeof<T>();
    const whole = rows - (rows % 6);
    for (let d = 0; d < bytes; d += 32) {
      let k = tile;
      let to = out + d;
      let i = 0;
      for (; i < whole; i += 6) {
        Tiles.rows<T>(back, k, right, b + d, to, cols, bytes);
        k += 6 * down;
        to += 6 * bytes;
      }
      for (; i < rows; i++) {
        Tiles.row<T>(k, right, b + d, to, cols, bytes);
        k += down;
        to += bytes;
      }
    }
  }

  @inline static weight<T extends number>(at: usize): v128 {
    if (sizeof<T>() == 4) return v128.load32_splat(at);
    return v128.load64_splat(at);
  }

  @inline static add<T extends number>(to: usize, a: v128, b: v128): void {
    v128.store(to, v128.add<T>(v128.load(to), a));
    v128.store(to, v128.add<T>(v128.load(to, 16), b), 16);
  }

  @inline static row<T extends number>(k: usize, right: i32, y: usize, to: usize, cols: i32, bytes: i32): void {
    const stop = y + cols * bytes;
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    for (; y < stop; y += bytes) {
      const r = Tiles.weight<T>(k);
      s0 = Lanes.madd<T>(r, v128.load(y), s0);
      s1 = Lanes.madd<T>(r, v128.load(y, 16), s1);
      k += right;
    }
    Tiles.add<T>(to, s0, s1);
  }

  @inline static rows<T extends number>(back: bool, k: usize, right: i32, y: usize, to: usize, cols: i32, bytes: i32): void {
    const down: i32 = back ? sizeof<T>() : Tiles.step<T>();
    const stop = y + cols * bytes;
    const zero = f64x2.splat(0);
    let s00 = zero;
    let s01 = zero;
    let s10 = zero;
    let s11 = zero;
    let s20 = zero;
    let s21 = zero;
    let s30 = zero;
    let s31 = zero;
    let s40 = zero;
    let s41 = zero;
    let s50 = zero;
    let s51 = zero;
    do {
      const v0 = v128.load(y);
      const v1 = v128.load(y, 16);
      let r = Tiles.weight<T>(k);
      s00 = Lanes.madd<T>(r, v0, s00);
      s01 = Lanes.madd<T>(r, v1, s01);
      r = Tiles.weight<T>(k + down);
      s10 = Lanes.madd<T>(r, v0, s10);
      s11 = Lanes.madd<T>(r, v1, s11);
      r = Tiles.weight<T>(k + 2 * down);
      s20 = Lanes.madd<T>(r, v0, s20);
      s21 = Lanes.madd<T>(r, v1, s21);
      r = Tiles.weight<T>(k + 3 * down);
      s30 = Lanes.madd<T>(r, v0, s30);
      s31 = Lanes.madd<T>(r, v1, s31);
      r = Tiles.weight<T>(k + 4 * down);
      s40 = Lanes.madd<T>(r, v0, s40);
      s41 = Lanes.madd<T>(r, v1, s41);
      r = Tiles.weight<T>(k + 5 * down);
      s50 = Lanes.madd<T>(r, v0, s50);
      s51 = Lanes.madd<T>(r, v1, s51);
      y += bytes;
      k += right;
    } while (y < stop);
    Tiles.add<T>(to, s00, s01);
    Tiles.add<T>(to + bytes, s10, s11);
    Tiles.add<T>(to + 2 * bytes, s20, s21);
    Tiles.add<T>(to + 3 * bytes, s30, s31);
    Tiles.add<T>(to + 4 * bytes, s40, s41);
    Tiles.add<T>(to + 5 * bytes, s50, s51);
  }
}

const COUNT32 = memory.data<i32>([0, 1, 2, 3]);
const COUNT64 = memory.data<i64>([0, 1]);

/** Which pairs of a row of a tile count, by the labels of both and by whether they are the same row. Masks of whole lanes. */
export class Pairs {
  /** Where column `j` and those behind it are the row's own, which is column `own` of the tile. */
  @inline static own<T extends number>(j: i32, own: i32): v128 {
    if (sizeof<T>() == 4) return i32x4.eq(v128.load(COUNT32), i32x4.splat(own - j));
    return i64x2.eq(v128.load(COUNT64), i64x2.splat(own - j));
  }

  /** Where columns from `j` on are some of the `cols`. */
  @inline static inside<T extends number>(j: i32, cols: i32): v128 {
    return Lanes.first(min<i32>(16, (cols - j) * <i32>sizeof<T>()));
  }

  /** Whether all lanes of a tile are alike: unless they are `various`, the row's own is not to be told apart (`any`) or in another tile. */
  @inline static plain<T extends number>(various: bool, rows: i32, cols: i32, own: i32, any: bool): bool {
    const lanes: i32 = 16 / sizeof<T>();
    return !various && !(cols % lanes) && (any || own >= cols || own + rows <= 0);
  }

  /** Pairs of one label do not enter the softmax. */
  @inline static apart(kind: i32, labelled: i32): v128 {
    return Lanes.first(kind == NT_XENT || (kind == INFO_NCE && labelled) ? 16 : 0);
  }

  /** Ones where the row itself is right. */
  @inline static right(kind: i32): v128 {
    return Lanes.first(kind == INFO_NCE ? 16 : 0);
  }

  /** What does not enter the softmax of a row: pairs of one label where they are `apart`, the row itself where it is not `right`. */
  @inline static excluded(same: v128, own: v128, apart: v128, right: v128): v128 {
    return v128.or(v128.and(v128.andnot(same, own), apart), v128.andnot(own, right));
  }
}
