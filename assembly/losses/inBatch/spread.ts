import { Kernel } from "../../core/kernel";
import { Tiles } from "../../core/tiles";

/** Adds rows of b, weighted by a tile, to rows of out. */
@unmanaged
class Spread extends Kernel {
  @inline static run<T extends number>(tile: usize, b: usize, out: usize, rows: i32, cols: i32, bytes: i32): void {
    Tiles.spread<T>(false, tile, b, out, rows, cols, bytes);
  }
}

/** The same with the tile transposed: it has a column for each row of out. */
@unmanaged
class SpreadBack extends Kernel {
  @inline static run<T extends number>(tile: usize, a: usize, out: usize, rows: i32, cols: i32, bytes: i32): void {
    Tiles.spread<T>(true, tile, a, out, rows, cols, bytes);
  }
}
