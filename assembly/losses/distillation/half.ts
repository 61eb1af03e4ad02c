import { Half } from "../../core/half";
import { Kernel } from "../../core/kernel";

/** n half-precision elements to float32. */
@unmanaged
class Float16 extends Kernel {
  @inline static run(patterns: usize, out: usize, n: i32): void {
    Half.widenFloat16(patterns, out, n);
  }
}

@unmanaged
class Bfloat16 extends Kernel {
  @inline static run(patterns: usize, out: usize, n: i32): void {
    Half.widenBfloat16(patterns, out, n);
  }
}
