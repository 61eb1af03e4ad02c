import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";

/** rows x cols at x become cols x rows at out. Blocks of whole vectors by shuffles, the edges one by one. */
@unmanaged
class Transpose extends Kernel {
  @inline static run<T extends number>(x: usize, out: usize, rows: i32, cols: i32): void {
    const size: i32 = sizeof<T>();
    const lanes: i32 = 16 / size;
    const from: usize = cols * size; // bytes from a row to the next
    const to: usize = rows * size;
    const wholeRows = rows & -lanes;
    const wholeCols = cols & -lanes;
    for (let r = 0; r < wholeRows; r += lanes) {
      let source = x + <usize>r * from;
      let target = out + <usize>r * size;
      for (let c = 0; c < wholeCols; c += lanes) {
        const a = v128.load(source);
        const b = v128.load(source + from);
        if (sizeof<T>() == 4) {
          const d = v128.load(source + 2 * from);
          const e = v128.load(source + 3 * from);
          const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
          const de = v128.shuffle<i32>(d, e, 0, 4, 1, 5);
          const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
          const DE = v128.shuffle<i32>(d, e, 2, 6, 3, 7);
          v128.store(target, v128.shuffle<i64>(ab, de, 0, 2));
          v128.store(target + to, v128.shuffle<i64>(ab, de, 1, 3));
          v128.store(target + 2 * to, v128.shuffle<i64>(AB, DE, 0, 2));
          v128.store(target + 3 * to, v128.shuffle<i64>(AB, DE, 1, 3));
        } else {
          v128.store(target, v128.shuffle<i64>(a, b, 0, 2));
          v128.store(target + to, v128.shuffle<i64>(a, b, 1, 3));
        }
        source += 16;
        target += <usize>lanes * to;
      }
    }
    for (let r = 0; r < rows; r++) {
      for (let c = r < wholeRows ? wholeCols : 0; c < cols; c++) {
        Lanes.store<T>(out + <usize>c * to + r * size, Lanes.load<T>(x + <usize>r * from + c * size));
      }
    }
  }
}
