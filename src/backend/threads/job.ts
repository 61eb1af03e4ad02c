// A call as text: numbers as they are, arrays as addresses.

import { Broadcast } from "../../array/broadcast.js";
import { typedArrayTag } from "../../array/typed.js";
import type { CdistCall } from "../seam.js";
import type { PartsCall } from "../wasm/crew.js";
import type { Split, Stream } from "../wasm/stream.js";
import { tallOf } from "../wasm/vectors.js";
import type { Method } from "./methods.js";

export interface Job {
  readonly module: number;
  readonly method: Method;
  /** Batches of a chunk. */
  readonly size: number;
  readonly isFlat: boolean;
  /** How many slots its chunks come through, and the bytes from one to the next (relay.ts); none where all arrays are in shared memory. */
  readonly slots: number;
  readonly stride: number;
  readonly call: object;
}

export type Numbers = Float32Array | Float64Array | Int32Array | Uint16Array;
const KINDS = { Float32Array, Float64Array, Int32Array, Uint16Array };
type Kind = keyof typeof KINDS;
/** By tag, as arrays may be of another realm. */
const kindOf = (array: Numbers): Kind => typedArrayTag(array) as Kind;

/** An array of the same kind in shared memory. */
export function like<A extends Numbers>(array: A, buffer: ArrayBufferLike, at: number, length: number): A {
  return new KINDS[kindOf(array)](buffer as ArrayBuffer, at, length) as A;
}

/** All arrays of the call lie in shared memory. */
export function write(job: Job): string {
  return JSON.stringify(plain(job));
}

// Neither a replacer nor a reviver: JSON asks those for every value there is, which took longer than the text itself.

function plain(value: unknown): unknown {
  if (typeof value === "number") {
    if (Object.is(value, -0)) return { $: "number", text: "-0" };
    return Number.isFinite(value) ? value : { $: "number", text: String(value) };
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value)) return { $: kindOf(value as Numbers), at: value.byteOffset, length: (value as Numbers).length };
  const result: Record<string, unknown> = value instanceof Broadcast ? { $: "broadcast" } : {};
  for (const [name, each] of Object.entries(value)) result[name] = plain(each);
  return result;
}

/** `shift`: bytes from the first slot to the one that is meant. */
export function read(text: string, buffer: ArrayBufferLike, shift = 0): Job {
  return meant(JSON.parse(text), buffer, shift) as Job;
}

function meant(value: unknown, buffer: ArrayBufferLike, shift: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  const record = value as { $?: Kind | "number" | "broadcast"; text: string; at: number; length: number } & Record<string, unknown>;
  const { $ } = record;
  if ($ === "number") return Number(record.text);
  if ($ !== undefined && $ !== "broadcast") return new KINDS[$](buffer as ArrayBuffer, record.at + shift, record.length);
  for (const [name, each] of Object.entries(value)) record[name as string] = meant(each, buffer, shift) as never;
  if ($ === undefined) return value;
  const { $: _, ...fields } = record;
  return Object.assign(Object.create(Broadcast.prototype), fields);
}

/** A backend, as far as calls are split. */
export type Splittable = Readonly<Record<Method, (call: object) => number>>;

/** A call by one thread; 0 where it returns nothing: null is what has not been computed (team.ts). */
export function compute(backend: Splittable, method: Method, call: object): number {
  return backend[method](call) ?? 0;
}

/** One thread's part of a call; what it returns counts where nothing was shared. */
export function run(backend: Splittable, stream: Stream, method: Method, call: object, split: Split): number {
  try {
    if (method === "cdist") return pairs(backend, stream, call as CdistCall, split);
    if (method === "tiles") return tiles(backend, call as PartsCall, split);
    stream.split = split;
    return compute(backend, method, call);
  } finally {
    stream.split = null;
    stream.apart = false;
  }
}

/** Blocks of rows as the driver has them. */
function pairs(backend: Splittable, stream: Stream, call: CdistCall, split: Split): number {
  const { rows, cols, dims, startA, at } = call;
  const tall = tallOf(call);
  if (!split.open(Math.ceil(rows / tall))) return compute(backend, "cdist", call);
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

/** Parts that do not depend on each other. */
function tiles(backend: Splittable, call: PartsCall, split: Split): number {
  if (!split.open(call.last)) return compute(backend, "tiles", call);
  for (let first = split.claim(); first >= 0; first = split.claim()) backend.tiles({ ...call, first, last: Math.min(call.last, first + split.size) });
  return 0;
}
