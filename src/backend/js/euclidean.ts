// Euclidean distances in JavaScript.

import type { FloatArray } from "../../array/typed.js";

/**
 * Those of the vector at `from` in x to `count` vectors of y, the first of them at `first`. Four at a time: that keeps the processor busy, and changes none
 * of their bits.
 */
export function euclidean(x: FloatArray, from: number, y: FloatArray, first: number, count: number, dims: number, into: FloatArray, at: number): void {
  let j = 0;
  for (; j + 3 < count; j += 4) {
    const to = first + j * dims;
    const to1 = to + dims;
    const to2 = to1 + dims;
    const to3 = to2 + dims;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let d = 0; d < dims; d++) {
      const own = x[from + d] as number;
      const d0 = own - (y[to + d] as number);
      const d1 = own - (y[to1 + d] as number);
      const d2 = own - (y[to2 + d] as number);
      const d3 = own - (y[to3 + d] as number);
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    into[at + j] = Math.sqrt(s0);
    into[at + j + 1] = Math.sqrt(s1);
    into[at + j + 2] = Math.sqrt(s2);
    into[at + j + 3] = Math.sqrt(s3);
  }
  for (; j < count; j++) {
    const to = first + j * dims;
    let sum = 0;
    for (let d = 0; d < dims; d++) {
      const difference = (x[from + d] as number) - (y[to + d] as number);
      sum += difference * difference;
    }
    into[at + j] = Math.sqrt(sum);
  }
}
