import { forget, remember } from "./array/allocated.js";
import { BYTES, type Dtype, type FloatArray, make, typedArrayTag } from "./array/typed.js";
import type { Host } from "./backend/host.js";
import { describe, rangeError, typeError } from "./call/errors.js";

/** The type of `alloc`. */
export interface Alloc {
  (length: number, dtype?: "float32"): Float32Array<ArrayBuffer>;
  (length: number, dtype: "float64"): Float64Array<ArrayBuffer>;
  (length: number, dtype: Dtype): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
}

/** `alloc` of an entry; its docstring stands in scripts/entries.mjs, where all entries get it. */
export function bindAlloc(host: Host): Alloc {
  return ((length: unknown, dtype: unknown = "float32"): FloatArray => {
    if (typeof length !== "number") throw typeError("alloc", '"length"', "a number of elements", describe(length));
    if (!Number.isSafeInteger(length) || length < 0) throw rangeError("alloc", '"length"', "an integer >= 0", describe(length));
    if (typeof dtype !== "string") throw typeError("alloc", '"dtype"', '"float32" or "float64"', describe(dtype));
    if (dtype !== "float32" && dtype !== "float64") throw rangeError("alloc", '"dtype"', '"float32" or "float64"', describe(dtype));
    const arena = host.arena();
    const array = arena ? arena.take(length, dtype) : ordinary(length, dtype);
    if (typeof array === "number") {
      const left = Math.floor(array / BYTES[dtype]);
      const alive = `${arena?.alive} array${arena?.alive === 1 ? " is" : "s are"} alive`;
      throw rangeError(
        "alloc",
        '"length"',
        `at most ${left} elements of ${dtype}, which is what is left in one piece (${alive}: free gives back)`,
        String(length),
      );
    }
    remember(array, host, arena ? array.buffer : undefined);
    return array;
  }) as Alloc;
}

function ordinary(length: number, dtype: Dtype): FloatArray {
  try {
    return make(dtype, length);
  } catch (error) {
    throw rangeError("alloc", '"length"', "as many elements as there is memory for", `${length} (${(error as Error).message})`);
  }
}

/** `free` of an entry. */
export function bindFree(host: Host): (array: Float32Array<ArrayBufferLike> | Float64Array<ArrayBufferLike>) => void {
  return (array) => {
    const tag = typedArrayTag(array);
    if (tag !== "Float32Array" && tag !== "Float64Array") throw typeError("free", '"array"', "an array that alloc returned", describe(array));
    if (!forget(array, host)) {
      throw typeError("free", '"array"', "an array that alloc of the same entry returned and that was not given back before", `another ${tag}`);
    }
    host.arena()?.give(array);
  };
}
