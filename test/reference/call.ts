/**
 * From a reference tensor to what a user would pass: the dtype, and the layout of the bytes.
 */
import type { Args, Options, Tensor } from "./tensor.js";

export type Dtype = "float32" | "float64";
export const dtypes: readonly Dtype[] = ["float32", "float64"];
export type FloatArray = Float32Array | Float64Array;

type Buffers = { new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView; BYTES_PER_ELEMENT: number };
type IntegerName =
  | "BigInt64Array"
  | "BigUint64Array"
  | "Int32Array"
  | "Uint32Array"
  | "Int16Array"
  | "Uint16Array"
  | "Int8Array"
  | "Uint8Array"
  | "Uint8ClampedArray";

/** How a tensor is handed over. Default: an array of its own, in `{ data, shape }`, classes in an Int32Array. */
export interface Layout {
  /** Views that begin one element into their buffer: aligned to nothing wider than an element. */
  readonly misaligned?: boolean;
  /** Views of a SharedArrayBuffer. */
  readonly shared?: boolean;
  /** `{ data, dims }`, as onnxruntime and transformers.js have it. */
  readonly dims?: boolean;
  /** No shape at all: the typed array itself, or a number for a 0-D tensor. */
  readonly bare?: boolean;
  readonly classes?: IntegerName;
}

export const floats = (dtype: Dtype): typeof Float32Array | typeof Float64Array => (dtype === "float32" ? Float32Array : Float64Array);

/** An array for `length` elements in the layout; whatever surrounds it is NaN bits, so that reading outside shows. */
function allocate(kind: Buffers, length: number, { misaligned = false, shared = false }: Layout): ArrayBufferView {
  const start = misaligned ? 1 : 0;
  const bytes = (length + 2 * start) * kind.BYTES_PER_ELEMENT;
  const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  new Uint8Array(buffer).fill(0xff);
  return new kind(buffer, start * kind.BYTES_PER_ELEMENT, length);
}

export const outputLike = (dtype: Dtype, length: number, layout: Layout = {}): FloatArray =>
  allocate(floats(dtype) as unknown as Buffers, length, layout) as FloatArray;

/** The typed array of a tensor's numbers. */
export function arrayOf(tensor: Tensor, dtype: Dtype, layout: Layout = {}): ArrayBufferView {
  if (tensor.kind === "float") {
    const array = outputLike(dtype, tensor.data.length, layout);
    array.set(tensor.data);
    return array;
  }
  const name = layout.classes ?? "Int32Array";
  const array = allocate(globalThis[name] as unknown as Buffers, tensor.data.length, layout);
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) array.set(Array.from(tensor.data, BigInt));
  else (array as Int32Array).set(tensor.data);
  return array;
}

/** A tensor as an argument of the library. */
export function lower(tensor: Tensor, dtype: Dtype, layout: Layout = {}): unknown {
  if (layout.bare && tensor.shape.length === 0) return tensor.data[0];
  const data = arrayOf(tensor, dtype, layout);
  if (layout.bare) return data;
  return layout.dims ? { data, dims: tensor.shape } : { data, shape: tensor.shape };
}

const isTensor = (value: unknown): value is Tensor =>
  typeof value === "object" && value !== null && (value as Tensor).data instanceof Float64Array && "kind" in value;

export const lowerArgs = (args: Args, names: readonly string[], dtype: Dtype, layout: Layout = {}): unknown[] =>
  names.map((name) => lower(args[name] as Tensor, dtype, layout));

/** Options with their tensors lowered; the others stay as they are. */
export const lowerOptions = (options: Options, dtype: Dtype, layout: Layout = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).map(([key, value]) => [key, isTensor(value) ? lower(value, dtype, layout) : value]));

/** A result as an array of numbers, whatever the reduction. */
export const flat = (value: number | ArrayLike<number>): ArrayLike<number> => (typeof value === "number" ? [value] : value);
