import { TILE } from "../../../src/backend/protocol";
import { Kernel } from "../../core/kernel";

/** A tile, transposed. */
@unmanaged
class Rotate extends Kernel {
  @inline static run<T extends number>(x: usize, out: usize): void {
    const size: i32 = sizeof<T>();
    const lanes: i32 = 16 / size;
    const step = TILE * size;
    for (let r = 0; r < TILE; r += lanes) {
      let source = x + r * step;
      let target = out + r * size;
      for (let c = 0; c < TILE; c += lanes) {
        const a = v128.load(source);
        const b = v128.load(source + step);
        if (sizeof<T>() == 4) {
          const d = v128.load(source + 2 * step);
          const e = v128.load(source + 3 * step);
          const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
          const de = v128.shuffle<i32>(d, e, 0, 4, 1, 5);
          const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
          const DE = v128.shuffle<i32>(d, e, 2, 6, 3, 7);
          v128.store(target, v128.shuffle<i64>(ab, de, 0, 2));
          v128.store(target + step, v128.shuffle<i64>(ab, de, 1, 3));
          v128.store(target + 2 * step, v128.shuffle<i64>(AB, DE, 0, 2));
          v128.store(target + 3 * step, v128.shuffle<i64>(AB, DE, 1, 3));
        } else {
          v128.store(target, v128.shuffle<i64>(a, b, 0, 2));
          v128.store(target + step, v128.shuffle<i64>(a, b, 1, 3));
        }
        source += 16;
        target += lanes * step;
      }
    }
  }
}
