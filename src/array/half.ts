// Half precision: how elements are stored, not what is computed in. Every pattern of both types is widened to the float32 that it means, exactly.

import { elementsOf, type FloatArray } from "./typed.js";

export type Storage = "float16" | "bfloat16";

export function isStorage(word: unknown): word is Storage {
  return word === "float16" || word === "bfloat16";
}

/** Half-precision elements as they came. */
export interface HalfArray {
  readonly patterns: Uint16Array;
  readonly storage: Storage;
  readonly length: number;
}

/** All elements, widened; floats as they are. */
export function floatsOf(elements: FloatArray | HalfArray): FloatArray {
  if (!("storage" in elements)) return elements;
  const floats = new Float32Array(elements.length);
  widen(elements.patterns, elements.storage, 0, elements.length, floats);
  return floats;
}

/** One element, widened. */
export function elementOf(elements: FloatArray | HalfArray, at: number): number {
  if (!("storage" in elements)) return elements[at] as number;
  widen(elements.patterns, elements.storage, at, 1, one);
  return one[0] as number;
}
const one = new Float32Array(1);

/** The bit patterns of half-precision elements, wherever they lie; a Float16Array's are seen through a view of its bytes. */
export function patternsOf(array: object, length: number): Uint16Array {
  return elementsOf(array, Uint16Array, length);
}

/** Widens elements start ... start + count into `into`, from index 0. */
export function widen(patterns: Uint16Array, storage: Storage, start: number, count: number, into: Float32Array): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, count);
  if (storage === "bfloat16") {
    // the upper half of a float32
    for (let i = 0; i < count; i++) bits[i] = (patterns[start + i] as number) << 16;
    return;
  }
  for (let i = 0; i < count; i++) {
    const pattern = patterns[start + i] as number;
    const magnitude = pattern & 0x7fff;
    // 5 bits of exponent with bias 15, 10 of fraction; the lowest exponent has no leading one, the highest is infinity and NaN, whose payload is kept
    if (magnitude < 0x400) into[i] = (pattern === magnitude ? magnitude : -magnitude) * 2 ** -24;
    else bits[i] = ((pattern ^ magnitude) << 16) | ((magnitude << 13) + (magnitude < 0x7c00 ? (127 - 15) << 23 : 0x70000000));
  }
}
