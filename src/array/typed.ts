// Typed arrays as they are, whatever a subclass, an own property or another realm makes them look like.

/** The types that losskit computes in: what a kernel's lanes, and a result's elements, are. */
export type Dtype = "float32" | "float64";
export type FloatArray = Float32Array | Float64Array;
export type IntegerArray = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array;
/** Any array a tensor's elements may lie in. */
export type AnyArray = FloatArray | IntegerArray;

/** Bytes of an element. */
export const BYTES: Readonly<Record<Dtype, number>> = { float32: 4, float64: 8 };

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
export const offsetOf: (this: unknown) => number = getter<number>(prototype, "byteOffset");
const byteLengthOf = getter<number>(ArrayBuffer.prototype, "byteLength");
const validate = (prototype as { at(i: number): unknown }).at;

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

/** "Float32Array" and the like, or undefined for what is no typed array. */
export function typedArrayTag(value: unknown): string | undefined {
  return typeof value === "object" && value !== null ? tagOf.call(value) : undefined;
}

/** Whether a tag is that of an array of integers. */
export function isIntegerTag(tag: string): boolean {
  return tag in constructors && !tag.startsWith("Float");
}

/** The name of a dtype's typed array. */
export function tagOfDtype(dtype: Dtype): "Float32Array" | "Float64Array" {
  return dtype === "float32" ? "Float32Array" : "Float64Array";
}

/** A new array of a dtype. */
export function make(dtype: Dtype, length: number): FloatArray {
  return dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
}

/** A copy, of whatever methods the array itself has by that name. */
export function copyOf(data: FloatArray): FloatArray {
  return data instanceof Float32Array ? new Float32Array(data) : new Float64Array(data);
}

/** Elements start ... start + count of an array, as a plain view that no subclass can interfere with. */
export function view<A extends AnyArray>(data: A, start: number, count: number): A {
  const Plain = constructors[tagOf.call(data) as string] as new (buffer: ArrayBufferLike, offset: number, length: number) => A;
  return new Plain(bufferOf.call(data), offsetOf.call(data) + start * elementBytes(data), count);
}

export function elementBytes(data: AnyArray): number {
  return (constructors[tagOf.call(data) as string] as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
}

/** The first elements of an array's bytes, as those of another type. */
export function elementsOf<A>(array: object, Elements: new (buffer: ArrayBufferLike, offset: number, length: number) => A, length: number): A {
  return new Elements(bufferOf.call(array), offsetOf.call(array), length);
}

/** The array itself, or a view of it without the subclass or the foreign realm it came with. */
export function plain<T extends AnyArray>(array: T, tag: string, length: number): T {
  const given = Object.getPrototypeOf(array);
  if (given === Float32Array.prototype) return array; // the usual case, without the look-up
  const own = constructors[tag] as { prototype: object } | undefined;
  return !own || given === own.prototype ? array : view(array, 0, length);
}

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

/** True for an array whose bytes another thread may change. */
export function isShared(array: AnyArray): boolean {
  try {
    byteLengthOf.call(bufferOf.call(array)); // throws for a SharedArrayBuffer, of whatever realm
    return false;
  } catch {
    return true;
  }
}

/** True for a typed array whose buffer is detached, or no longer reaches it: such arrays have length 0. */
export function isDetached(array: AnyArray): boolean {
  try {
    validate.call(array, 0);
    return false;
  } catch {
    return true;
  }
}
