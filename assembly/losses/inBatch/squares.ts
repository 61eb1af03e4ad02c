import { Kernel } from "../../core/kernel";
import { Square, Tiles } from "../../core/tiles";

/** A tile of the squared distances of rows of a and rows of b. */
@unmanaged
class Squares extends Kernel {
  @inline static run<T extends number>(a: usize, b: usize, rows: i32, cols: i32, bytes: i32, tile: usize, add: i32): void {
    Tiles.fill<Square<T>, T>(a, b, rows, cols, bytes, tile, add);
  }
}
