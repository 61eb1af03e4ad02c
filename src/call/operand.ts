// Tensors in. An argument is taken in two steps, because reading it may run the user's code (getters, proxies) and that code may do anything,
// detach another argument or call losskit again: `take` reads every property once and keeps what it found; `settle`, after the last argument and
// option was taken, looks only at internal slots, where no user code can run.

import { isFreed } from "../array/allocated.js";
import type { Dtype, FloatArray } from "../backend/seam.js";
import type { Broadcast } from "./fit.js";
import { describe, rangeError, shapeText, typeError } from "./errors.js";

/** Any array a tensor's elements may lie in. */
export type AnyArray = FloatArray | IntegerArray;
export type IntegerArray = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array;

// The getters of the language itself: an own property or a subclass cannot stand in for them.
const prototype = Object.getPrototypeOf(Float32Array.prototype) as object;
function getter<T>(owner: object, name: PropertyKey): (this: unknown) => T {
  return (Object.getOwnPropertyDescriptor(owner, name) as { get: (this: unknown) => T }).get;
}
const tagOf = getter<string | undefined>(prototype, Symbol.toStringTag);
/** The length of a typed array, whatever the array itself says. */
export const lengthOf: (this: unknown) => number = getter<number>(prototype, "length");
/** `set` of a typed array, whatever the array itself has by that name. */
export const setElements: (this: unknown, source: ArrayLike<number>, at?: number) => void = (prototype as Float32Array).set as never;
/** `fill`, likewise. */
export const fillElements: (this: unknown, value: number) => void = (prototype as Float32Array).fill as never;
export const bufferOf: (this: unknown) => ArrayBufferLike = getter<ArrayBufferLike>(prototype, "buffer");
const offsetOf = getter<number>(prototype, "byteOffset");
const byteLengthOf = getter<number>(ArrayBuffer.prototype, "byteLength");
const validate = (prototype as { at(i: number): unknown }).at;

const INTEGERS = new Set([
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
]);
const HALF = /^b?float16$/;

/** "Float32Array" and the like, or undefined for what is no typed array. */
export function typedArrayTag(value: unknown): string | undefined {
  return typeof value === "object" && value !== null ? tagOf.call(value) : undefined;
}

const SCALAR: readonly number[] = [];

/** Elements start ... start + count of an array, as a plain view that no subclass can interfere with. */
export function view<A extends AnyArray>(data: A, start: number, count: number): A {
  const Plain = constructors[tagOf.call(data) as string] as new (buffer: ArrayBufferLike, offset: number, length: number) => A;
  return new Plain(bufferOf.call(data), offsetOf.call(data) + start * elementBytes(data), count);
}

function elementBytes(data: AnyArray): number {
  return (constructors[tagOf.call(data) as string] as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
}

const constructors: Record<string, unknown> = {
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
};

const prototypes: Record<string, object | undefined> = {};
for (const [tag, array] of Object.entries(constructors)) prototypes[tag] = (array as { prototype: object }).prototype;

/** Whether the bytes of two arrays meet; 2 if they are the very same ones. */
export function overlap(a: AnyArray, b: AnyArray): 0 | 1 | 2 {
  if (bufferOf.call(a) !== bufferOf.call(b)) return 0;
  const startA = offsetOf.call(a);
  const startB = offsetOf.call(b);
  const endA = startA + lengthOf.call(a) * elementBytes(a);
  const endB = startB + lengthOf.call(b) * elementBytes(b);
  if (startA === startB && endA === endB) return 2;
  return startA < endB && startB < endA ? 1 : 0;
}

/** True for a buffer whose bytes another thread may change. */
function isShared(buffer: ArrayBufferLike): boolean {
  try {
    byteLengthOf.call(buffer); // throws for a SharedArrayBuffer, of whatever realm
    return false;
  } catch {
    return true;
  }
}

/** What an error calls an array after `free`. */
export const FREED = "one that was given back with free";
const EMPTY = new Float64Array(0);

/** One tensor of a call: its private copy where that is needed, else the user's array. */
export class Operand {
  private name = "";
  private readonly option: boolean;
  given = false;
  /** The elements as they came: a typed array, or a Float64Array made of numbers. */
  raw: AnyArray = EMPTY;
  /** The user's own array, for the question what overlaps it; null for numbers, which are copies. */
  origin: AnyArray | null = null;
  /** Tag of the typed array, "" for numbers. */
  tag = "";
  shape: readonly number[] = SCALAR;
  /** False for a plain 1-D array, whose shape nothing but its length told. */
  shaped = false;
  size = 0;
  /** The elements as the kernels read them; set by `settle`. */
  data: FloatArray = EMPTY;
  broadcast: Broadcast | null = null;

  constructor(option = false) {
    this.option = option;
  }

  /** How errors call it: made only for them, since making strings costs more than a small kernel. */
  get place(): string {
    return this.option ? `option "${this.name}"` : `"${this.name}"`;
  }

  clear(): void {
    this.given = false;
    this.raw = EMPTY;
    this.origin = null;
    this.data = EMPTY;
    this.broadcast = null;
    this.shape = SCALAR;
    this.shaped = false;
  }

  /** Reads whatever the user may have put there, once. */
  take(loss: string, name: string, value: unknown, expected = "a tensor"): void {
    this.name = name;
    this.given = true;
    const tag = typedArrayTag(value);
    if (tag !== undefined) {
      this.raw = value as AnyArray;
      this.tag = tag;
      return;
    }
    this.tag = "";
    if (typeof value === "number") {
      this.raw = Float64Array.of(value);
      this.shaped = true;
      return;
    }
    if (Array.isArray(value)) {
      this.raw = takeNumbers(loss, this.place, value);
      return;
    }
    if (typeof value !== "object" || value === null) throw typeError(loss, this.place, expected, describe(value));
    this.takeRecord(loss, this.place, value as Record<string, unknown>, expected);
  }

  private takeRecord(loss: string, place: string, record: Record<string, unknown>, expected: string): void {
    const location = record.location; // before data, which onnxruntime refuses to give for a tensor elsewhere
    if (location !== undefined && location !== null && location !== "cpu" && location !== "cpu-pinned") {
      throw typeError(loss, place, "a tensor on the CPU", `one at location ${describe(location)}`);
    }
    const type = record.type ?? record.dtype;
    if (typeof type === "string" && HALF.test(type)) throw typeError(loss, place, "float32 or float64 elements", type);
    const dims = record.shape ?? record.dims;
    const data = record.data;
    const strides = record.strides ?? record.stride;
    const offset = record.offset;
    const tag = typedArrayTag(data);
    if (tag !== undefined) {
      this.raw = data as AnyArray;
      this.tag = tag;
    } else if (Array.isArray(data)) this.raw = takeNumbers(loss, `${place}.data`, data);
    else throw typeError(loss, place, expected, data === undefined ? describe(record) : `data that is ${describe(data)}`);
    this.shape = takeShape(loss, place, dims);
    this.shaped = true;
    if (offset !== undefined && offset !== null && offset !== 0) throw typeError(loss, place, "offset 0", describe(offset));
    if (strides !== undefined && strides !== null) checkStrides(loss, place, strides, this.shape);
  }

  /** Sizes, once no user code can run any more. */
  settle(loss: string): void {
    const length = lengthOf.call(this.raw);
    if (this.tag !== "") {
      if (length === 0) checkAttached(loss, this.place, this.raw);
      if (isFreed(this.raw)) throw typeError(loss, this.place, "a typed array", FREED);
      this.origin = this.raw;
      this.raw = plain(this.raw, this.tag, length);
    }
    if (!this.shaped) {
      this.shape = [length];
      this.size = length;
      return;
    }
    const size = product(this.shape);
    if (size < 0) throw rangeError(loss, this.place, "a shape whose product is a safe integer", shapeText(this.shape));
    if (size !== length) throw rangeError(loss, this.place, `${size} elements for shape ${shapeText(this.shape)}`, String(length));
    this.size = size;
  }

  /** Makes a copy of elements that another thread may be writing to: for losses that check what they then use. */
  unshare(): void {
    if (this.tag !== "" && isShared(bufferOf.call(this.data))) this.data = copyOf(this.data);
  }

  get isFloat(): boolean {
    return this.tag === "Float32Array" || this.tag === "Float64Array";
  }

  get isInteger(): boolean {
    return INTEGERS.has(this.tag);
  }

  /** The elements in the dtype of the call. */
  convert(loss: string, dtype: Dtype, integersToo = false): void {
    const want = dtype === "float32" ? "Float32Array" : "Float64Array";
    if (this.tag === want) this.data = this.raw as FloatArray;
    else if (this.tag === "") this.data = dtype === "float32" ? Float32Array.from(this.raw as Float64Array) : (this.raw as Float64Array);
    else if (integersToo && this.isInteger) {
      const numbers = this.raw as ArrayLike<number | bigint>;
      this.data = dtype === "float32" ? new Float32Array(this.size) : new Float64Array(this.size);
      for (let i = 0; i < this.size; i++) this.data[i] = Number(numbers[i]);
    } else if (this.isFloat) throw typeError(loss, this.place, `${dtype} elements like the other tensors`, `a ${this.tag}`);
    else throw typeError(loss, this.place, "a tensor of float32 or float64", `a ${this.tag}`);
  }
}

/** A copy, of whatever methods the array itself has by that name. */
export function copyOf(data: FloatArray): FloatArray {
  return data instanceof Float32Array ? new Float32Array(data) : new Float64Array(data);
}

/** Throws for a typed array whose buffer is detached (or no longer reaches it): such arrays have length 0. */
export function checkAttached(loss: string, place: string, array: AnyArray): void {
  try {
    validate.call(array, 0);
  } catch {
    throw typeError(loss, place, "a typed array", "one whose buffer is detached");
  }
}

/** The array itself, or a view of it without the subclass or the foreign realm it came with. */
export function plain<T extends AnyArray>(array: T, tag: string, length: number): T {
  const prototype = prototypes[tag];
  return prototype === undefined || Object.getPrototypeOf(array) === prototype ? array : view(array, 0, length);
}

function takeNumbers(loss: string, place: string, values: readonly unknown[]): Float64Array {
  const length = values.length;
  const result = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const value = values[i];
    if (typeof value === "number") result[i] = value;
    else if (typeof value === "bigint") result[i] = Number(value);
    else throw typeError(loss, `${place}[${i}]`, "a number", describe(value));
  }
  return result;
}

function takeShape(loss: string, place: string, dims: unknown): number[] {
  const tag = typedArrayTag(dims);
  if (!Array.isArray(dims) && (tag === undefined || !INTEGERS.has(tag))) {
    throw typeError(loss, place, "a shape (or dims) that is an array of integers", describe(dims));
  }
  const list = dims as ArrayLike<unknown>;
  const rank = list.length;
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const axis = list[i];
    if (typeof axis !== "number") throw typeError(loss, `${place}.shape[${i}]`, "a non-negative integer", describe(axis));
    if (!Number.isSafeInteger(axis) || axis < 0) throw rangeError(loss, `${place}.shape[${i}]`, "a non-negative integer", describe(axis));
    shape.push(axis);
  }
  return shape;
}

/** Strides must be those of row-major order, in elements; an axis of length 1 may have any. */
function checkStrides(loss: string, place: string, strides: unknown, shape: readonly number[]): void {
  const list = strides as ArrayLike<unknown>;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis] as number;
    if (length > 1 && Number(list[axis]) !== expected) throw typeError(loss, place, "row-major strides", `stride ${describe(list[axis])} on axis ${axis}`);
    expected *= length;
  }
}

/** Product of a shape, or -1 where it is beyond the safe integers. */
export function product(shape: readonly number[]): number {
  let size = 1;
  let zero = false;
  for (let i = 0; i < shape.length; i++) {
    const axis = shape[i] as number;
    if (axis === 0) zero = true;
    else size *= axis;
    if (size > Number.MAX_SAFE_INTEGER) return -1;
  }
  return zero ? 0 : size;
}
