// A call as text: numbers as they are, arrays as addresses.

import { Broadcast } from "../../array/broadcast.js";
import { typedArrayTag } from "../../array/typed.js";
import type { CdistCall } from "../seam.js";
import type { Split, Stream } from "../wasm/stream.js";
import { tallOf } from "../wasm/vectors.js";

/** Calls that are split. */
export type Method = "pointwise" | "crossEntropy" | "margins" | "distances" | "cosine" | "contrastive" | "cdist" | "boxes" | "overlap" | "distillation";

export interface Job {
  readonly module: number;
  readonly method: Method;
  /** Its first ticket (chunks.ts); 0 where there are slots. */
  readonly first: number;
  /** Batches of a chunk. */
  readonly size: number;
  /** How many slots its chunks come through, and the bytes from one to the next (relay.ts); none where all arrays are in shared memory. */
  readonly slots: number;
  readonly stride: number;
  readonly call: object;
}

export type Numbers = Float32Array | Float64Array | Int32Array;
const KINDS = { Float32Array, Float64Array, Int32Array };
type Kind = keyof typeof KINDS;
/** By tag, as arrays may be of another realm. */
const kindOf = (array: Numbers): Kind => typedArrayTag(array) as Kind;

/** An array of the same kind in shared memory. */
export function like<A extends Numbers>(array: A, buffer: ArrayBufferLike, at: number, length: number): A {
  return new KINDS[kindOf(array)](buffer as ArrayBuffer, at, length) as A;
}

/** All arrays of the call lie in shared memory. */
export function write(job: Job): string {
  return JSON.stringify(job, (_, value) => {
    if (typeof value === "number")
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: "number", text: Object.is(value, -0) ? "-0" : String(value) };
    if (ArrayBuffer.isView(value)) {
      const array = value as Numbers;
      return { $: kindOf(array), at: array.byteOffset, length: array.length };
    }
    return value instanceof Broadcast ? { $: "broadcast", ...value } : value;
  });
}

/** `shift`: bytes from the first slot to the one that is meant. */
export function read(text: string, buffer: ArrayBufferLike, shift = 0): Job {
  return JSON.parse(text, (_, value) => {
    if (value?.$ === undefined) return value;
    const { $, ...rest } = value;
    if ($ === "number") return Number(rest.text);
    if ($ === "broadcast") return Object.assign(Object.create(Broadcast.prototype), rest);
    return new KINDS[$ as Kind](buffer as ArrayBuffer, rest.at + shift, rest.length);
  });
}

/** A backend, as far as calls are split. */
export type Splittable = Readonly<Record<Method, (call: object) => number>>;

/** One thread's part of a call; what it returns counts where nothing was shared. */
export function run(backend: Splittable, stream: Stream, method: Method, call: object, split: Split): number {
  try {
    if (method === "cdist") return pairs(backend, stream, call as CdistCall, split);
    stream.split = split;
    return backend[method](call);
  } finally {
    stream.split = null;
    stream.apart = false;
  }
}

/** Blocks of rows as the driver has them. */
function pairs(backend: Splittable, stream: Stream, call: CdistCall, split: Split): number {
  const { rows, cols, dims, startA, at } = call;
  const tall = tallOf(call);
  if (!split.open(Math.ceil(rows / tall))) return backend.cdist(call);
  const odd = (cols * call.into.BYTES_PER_ELEMENT) % 32 !== 0;
  for (let block = split.claim(); block >= 0; block = split.claim()) {
    const end = Math.min(rows, (block + split.size) * tall);
    for (let row = block * tall; row < end; row += tall) {
      const height = Math.min(tall, end - row);
      stream.apart = odd && row + height >= end && end < rows;
      backend.cdist({ ...call, startA: startA + row * dims, rows: height, at: at + row * cols });
    }
  }
  return 0;
}
