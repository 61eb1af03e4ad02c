import { Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Cap } from "../../math/cap";

/** n logits at x, capped at c, to out; whole vectors. */
@unmanaged
class Softcap extends Kernel {
  @inline static run<T extends number>(x: usize, out: usize, n: i32, cap: f64): void {
    const c = f64x2.splat(cap);
    const stop = x + n * sizeof<T>();
    for (; x < stop; x += 16) {
      const logits = v128.load(x);
      if (sizeof<T>() == 4) v128.store(out, Lanes.join(Cap.value(f64x2.promote_low_f32x4(logits), c), Cap.value(Lanes.high(logits), c)));
      else v128.store(out, Cap.value(logits, c));
      out += 16;
    }
  }
}

/** n gradients by capped logits become those by the logits at x. */
@unmanaged
class SoftcapGradient extends Kernel {
  @inline static run<T extends number>(x: usize, grad: usize, n: i32, cap: f64): void {
    const c = f64x2.splat(cap);
    const stop = x + n * sizeof<T>();
    for (; x < stop; x += 16) {
      const logits = v128.load(x);
      let slope: v128;
      if (sizeof<T>() == 4) slope = Lanes.join(Cap.slope(f64x2.promote_low_f32x4(logits), c), Cap.slope(Lanes.high(logits), c));
      else slope = Cap.slope(logits, c);
      v128.store(grad, v128.mul<T>(v128.load(grad), slope));
      grad += 16;
    }
  }
}
