// Tensors in. An argument is taken in two steps, because reading it may run the user's code (getters, proxies) and that code may do anything,
// detach another argument or call losskit again: `take` reads every property once and keeps what it found; `settle`, after the last argument and
// option was taken, looks only at internal slots, where no user code can run.

import { isFreed, isOwn } from "../array/allocated.js";
import type { Broadcast } from "../array/broadcast.js";
import { floatsOf, type HalfArray, isStorage, patternsOf, type Storage } from "../array/half.js";
import { product } from "../array/shape.js";
import {
  type AnyArray,
  bufferOf,
  copyOf,
  type Dtype,
  type FloatArray,
  isDetached,
  isIntegerTag,
  isShared,
  lengthOf,
  make,
  plain,
  tagOfDtype,
  typedArrayTag,
} from "../array/typed.js";
import { describe, rangeError, shapeText, typeError } from "./errors.js";

/** The tag of what half-precision elements lie in where the engine knows them. */
const FLOAT16 = "Float16Array";
/** What a bare Uint16Array is told, which may be either type or integers. */
const NAMED = 'a tensor of floats (half precision as { data, shape, dtype: "float16" } or "bfloat16")';
const SCALAR: readonly number[] = [];
const EMPTY = new Float64Array(0);

/** What an error calls an array after `free`. */
export const FREED = "one that was given back with free";

/** One tensor of a call: its private copy where that is needed, else the user's array. */
export class Operand {
  private name = "";
  private option = false;
  given = false;
  /** Integers that stay what they are: what is `raw` is read. */
  integers = false;
  /** The elements as they came: a typed array, or a Float64Array made of numbers. */
  raw: AnyArray = EMPTY;
  /** The user's own array, for the question what overlaps it; null for numbers, which are copies. */
  origin: AnyArray | null = null;
  /** Tag of the typed array, "" for numbers. */
  tag = "";
  /** Of half-precision elements, whose patterns are in `raw`: how they are stored. They are a float32 tensor. */
  storage: Storage | null = null;
  shape: readonly number[] = SCALAR;
  /** False for a plain 1-D array, whose shape nothing but its length told. */
  shaped = false;
  size = 0;
  private elements: FloatArray = EMPTY;
  private half: HalfArray | null = null;
  broadcast: Broadcast | null = null;

  /** How errors call it: made only for them, since making strings costs more than a small kernel. */
  get place(): string {
    return this.option ? `option "${this.name}"` : `"${this.name}"`;
  }

  /** The elements as the kernels read them; of half precision they are widened when somebody asks. */
  get data(): FloatArray {
    if (this.half) {
      this.elements = floatsOf(this.half);
      this.half = null;
    }
    return this.elements;
  }

  set data(elements: FloatArray) {
    this.half = null;
    this.elements = elements;
  }

  /** The elements as they are stored, for kernels that widen them as they go. */
  get stored(): FloatArray | HalfArray {
    return this.half ?? this.elements;
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
  take(loss: string, name: string, value: unknown, option = false, expected = "a tensor", booleans = false): void {
    this.name = name;
    this.option = option;
    this.given = true;
    const tag = typedArrayTag(value);
    if (tag !== undefined) {
      this.raw = value as AnyArray;
      this.tag = tag;
      this.storage = tag === FLOAT16 ? "float16" : null;
      return;
    }
    this.tag = "";
    this.storage = null;
    if (typeof value === "number") {
      this.raw = Float64Array.of(value);
      this.shaped = true;
      return;
    }
    if (Array.isArray(value)) {
      this.raw = takeNumbers(loss, this.place, value, booleans);
      return;
    }
    if (typeof value !== "object" || value === null) throw typeError(loss, this.place, expected, describe(value));
    this.takeRecord(loss, this.place, value as Record<string, unknown>, expected, booleans);
  }

  private takeRecord(loss: string, place: string, record: Record<string, unknown>, expected: string, booleans: boolean): void {
    const location = record.location; // before data, which onnxruntime refuses to give for a tensor elsewhere
    if (location !== undefined && location !== null && location !== "cpu" && location !== "cpu-pinned") {
      throw typeError(loss, place, "a tensor on the CPU", `one at location ${describe(location)}`);
    }
    const type = record.type ?? record.dtype;
    const dims = record.shape ?? record.dims;
    const data = record.data;
    const strides = record.strides ?? record.stride;
    const offset = record.offset;
    const tag = typedArrayTag(data);
    if (tag !== undefined) {
      this.raw = data as AnyArray;
      this.tag = tag;
      this.storage = isStorage(type) ? type : tag === FLOAT16 ? "float16" : null;
    } else if (Array.isArray(data)) this.raw = takeNumbers(loss, `${place}.data`, data, booleans);
    else throw typeError(loss, place, expected, data === undefined ? describe(record) : `data that is ${describe(data)}`);
    if (isStorage(type) && tag !== "Uint16Array" && !(tag === FLOAT16 && type === "float16")) {
      throw typeError(loss, place, `a Uint16Array for ${type}`, describe(data));
    }
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
      this.raw = this.storage ? patternsOf(this.raw, length) : plain(this.raw, this.tag, length);
      this.origin = this.raw;
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
    if (this.tag !== "" && !isOwn(bufferOf.call(this.data)) && isShared(this.data)) this.data = copyOf(this.data);
  }

  get isFloat(): boolean {
    return this.storage !== null || this.tag === "Float32Array" || this.tag === "Float64Array";
  }

  /** Whether the call is one in float32, as far as this operand is asked. */
  get isSingle(): boolean {
    return this.storage !== null || this.tag === "Float32Array";
  }

  get isInteger(): boolean {
    return this.storage === null && isIntegerTag(this.tag);
  }

  /** What an error calls the elements. */
  get kind(): string {
    return this.storage ?? `a ${this.tag}`;
  }

  /** The elements in the dtype of the call. */
  convert(loss: string, dtype: Dtype, integersToo = false): void {
    const want = tagOfDtype(dtype);
    if (this.storage) this.keepHalf(loss, dtype, this.storage);
    else if (this.tag === want) this.data = this.raw as FloatArray;
    else if (this.tag === "") this.data = dtype === "float32" ? Float32Array.from(this.raw as Float64Array) : (this.raw as Float64Array);
    else if (integersToo && this.isInteger) {
      const numbers = this.raw as ArrayLike<number | bigint>;
      this.data = make(dtype, this.size);
      for (let i = 0; i < this.size; i++) this.data[i] = Number(numbers[i]);
    } else if (this.isFloat) throw typeError(loss, this.place, `${dtype} elements like the other tensors`, this.kind);
    else throw typeError(loss, this.place, this.tag === "Uint16Array" ? NAMED : "a tensor of float32 or float64", this.kind);
  }

  private keepHalf(loss: string, dtype: Dtype, storage: Storage): void {
    if (dtype === "float64") throw typeError(loss, this.place, "float64 elements like the other tensors", this.kind);
    this.half = { patterns: this.raw as Uint16Array, storage, length: this.size };
  }
}

/** Throws for a typed array whose buffer is detached (or no longer reaches it): such arrays have length 0. */
export function checkAttached(loss: string, place: string, array: AnyArray): void {
  if (isDetached(array)) throw typeError(loss, place, "a typed array", "one whose buffer is detached");
}

function takeNumbers(loss: string, place: string, values: readonly unknown[], booleans: boolean): Float64Array {
  const length = values.length;
  const result = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const value = values[i];
    if (typeof value === "number") result[i] = value;
    else if (typeof value === "bigint" || (booleans && typeof value === "boolean")) result[i] = Number(value);
    else throw typeError(loss, `${place}[${i}]`, Array.isArray(value) ? asTensor(length, value) : "a number", describe(value));
  }
  return result;
}

/** Axes of a nested array that an error shows. */
const DEEPEST = 8;

/** What a nested array is told: how it becomes a tensor. */
function asTensor(rows: number, row: readonly unknown[]): string {
  const shape = [rows];
  // an array may hold itself
  for (let inner: unknown = row; Array.isArray(inner) && shape.length < DEEPEST; inner = inner[0]) shape.push(inner.length);
  return `a number (nested arrays: tensor(x.flat(${shape.length > 2 ? shape.length - 1 : ""}), [${shape.join(", ")}]))`;
}

function takeShape(loss: string, place: string, dims: unknown): number[] {
  const tag = typedArrayTag(dims);
  if (!Array.isArray(dims) && (tag === undefined || !isIntegerTag(tag))) {
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
