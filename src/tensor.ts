import { describe, rangeError, typeError } from "./call/errors.js";
import { Operand } from "./call/operand.js";
import type { Float16, IntegerArray } from "./types.js";

type FloatElements = Float32Array<ArrayBufferLike> | Float64Array<ArrayBufferLike>;
/** The type of `tensor`. A Uint16Array is half precision where its type is named. */
type MakeTensor = {
  <D extends FloatElements | Float16 | IntegerArray | readonly number[] | readonly boolean[]>(data: D, shape: readonly number[]): { data: D; shape: number[] };
  <D extends Uint16Array<ArrayBufferLike>, const T extends "float16" | "bfloat16">(
    data: D,
    shape: readonly number[],
    dtype: T,
  ): { data: D; shape: number[]; dtype: T };
  (data: Float16, shape: readonly number[], dtype: "float16"): { data: Float16; shape: number[]; dtype: "float16" };
  <D extends Float32Array<ArrayBufferLike>>(data: D, shape: readonly number[], dtype: "float32"): { data: D; shape: number[]; dtype: "float32" };
  <D extends Float64Array<ArrayBufferLike>>(data: D, shape: readonly number[], dtype: "float64"): { data: D; shape: number[]; dtype: "float64" };
};

/** The dtypes that can be named, and what their elements lie in. */
const ARRAYS: Readonly<Record<string, readonly string[]>> = {
  float32: ["Float32Array"],
  float64: ["Float64Array"],
  float16: ["Uint16Array", "Float16Array"],
  bfloat16: ["Uint16Array"],
};

/**
 * A tensor from elements and a shape, row-major: checks that both fit and returns `{ data, shape }`, the elements as they are, the shape a copy; with
 * `dtype` where one is given, which makes a Uint16Array half precision: "float16" or "bfloat16" ("float32" and "float64" say what the array says).
 *
 * `tensor([1, 2, 3, 4, 5, 6], [2, 3])` is two rows of three; rows in arrays of their own become one by `rows.flat()`.
 *
 * Throws TypeError for what is no array of numbers or typed array, and for an array that is not of the dtype; RangeError where the shape's product is
 * not the number of elements, and for an unknown dtype.
 * @example
 * tensor([1, 2, 3, 4, 5, 6], [2, 3]); // { data: [1, 2, 3, 4, 5, 6], shape: [2, 3] }
 */
export const tensor: MakeTensor = ((data: unknown, shape: unknown, dtype?: unknown) => {
  const operand = new Operand();
  operand.take("tensor", "data", { data, shape }, false, "an array", true);
  operand.settle("tensor");
  const made = { data, shape: [...operand.shape] };
  if (dtype === undefined) return made;
  if (typeof dtype !== "string") throw typeError("tensor", '"dtype"', `one of ${Object.keys(ARRAYS).join(", ")}`, describe(dtype));
  if (!Object.hasOwn(ARRAYS, dtype)) throw rangeError("tensor", '"dtype"', `one of ${Object.keys(ARRAYS).join(", ")}`, describe(dtype));
  const arrays = ARRAYS[dtype] as readonly string[];
  if (!arrays.includes(operand.tag)) throw typeError("tensor", '"data"', `a ${arrays.join(" or ")} for ${dtype}`, describe(data));
  return { ...made, dtype };
}) as MakeTensor;
