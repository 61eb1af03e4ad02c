import { Operand } from "./call/operand.js";
import type { IntegerArray } from "./types.js";

/**
 * A tensor from elements and a shape, row-major: checks that both fit and returns `{ data, shape }`, the elements as they are, the shape a copy.
 *
 * Throws TypeError for what is no array of numbers or typed array, RangeError where the shape's product is not the number of elements.
 */
export function tensor<D extends Float32Array<ArrayBufferLike> | Float64Array<ArrayBufferLike> | IntegerArray | readonly number[]>(
  data: D,
  shape: readonly number[],
): { data: D; shape: number[] } {
  const operand = new Operand();
  operand.take("tensor", "data", { data, shape });
  operand.settle("tensor");
  return { data, shape: [...operand.shape] };
}
