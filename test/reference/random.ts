/**
 * Seeded random tensors. Everything is rounded to float32, so that float32 and float64 runs get the same numbers and the reference
 * measures the library's rounding alone.
 */
import { gather, slices } from "./classes.js";
import { classes, sizeOf, sum, type Tensor, tensor } from "./tensor.js";

export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** Uniform in [0, 1): mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  integer(below: number): number {
    return Math.floor(this.next() * below);
  }

  private fill(shape: readonly number[], one: () => number): Tensor {
    const data = new Float64Array(sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = Math.fround(one());
    return tensor(data, shape);
  }

  /** Roughly normal (the sum of four uniforms): cheap, and with no outliers to dominate a tolerance. */
  normal(shape: readonly number[], scale = 1): Tensor {
    return this.fill(shape, () => scale * Math.sqrt(3) * (this.next() + this.next() + this.next() + this.next() - 2));
  }

  uniform(shape: readonly number[], low: number, high: number): Tensor {
    return this.fill(shape, () => low + (high - low) * this.next());
  }

  signs(shape: readonly number[]): Tensor {
    return this.fill(shape, () => (this.next() < 0.5 ? -1 : 1));
  }

  classes(shape: readonly number[], below: number): Tensor {
    return classes(
      Array.from({ length: sizeOf(shape) }, () => this.integer(below)),
      shape,
    );
  }

  /** Rows that are probabilities along axis 1 (axis 0 if there is only one). */
  probabilities(shape: readonly number[]): Tensor {
    const { data } = this.uniform(shape, 0.01, 1);
    const { samples, count, at } = slices(shape, shape.length > 1 ? 1 : 0);
    for (let n = 0; n < samples; n++) {
      const total = sum(gather(data, count, (c) => at(n, c)));
      for (let c = 0; c < count; c++) data[at(n, c)] = Math.fround((data[at(n, c)] as number) / total);
    }
    return tensor(data, shape);
  }
}
