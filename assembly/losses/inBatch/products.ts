import { Kernel } from "../../core/kernel";
import { Dot, Tiles } from "../../core/tiles";

/** A tile of the products of rows of a and rows of b. */
@unmanaged
class Products extends Kernel {
  @inline static run<T extends number>(a: usize, b: usize, rows: i32, cols: i32, bytes: i32, tile: usize, add: i32): void {
    Tiles.fill<Dot<T>, T>(a, b, rows, cols, bytes, tile, add);
  }
}
