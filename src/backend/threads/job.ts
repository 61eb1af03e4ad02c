// A call as text: numbers as they are, arrays as addresses.

import { Broadcast } from "../../array/broadcast.js";
import type { CdistCall } from "../seam.js";
import type { Machine } from "../wasm/machine.js";
import type { Split, Stream } from "../wasm/stream.js";
import { tallOf } from "../wasm/vectors.js";

export type Method = "pointwise" | "crossEntropy" | "margins" | "distances" | "cosine" | "cdist";

export interface Job {
  readonly module: number;
  readonly method: Method;
  /** Its first ticket, and batches a chunk. */
  readonly first: number;
  readonly size: number;
  readonly call: unknown;
}

type Numbers = Float32Array | Float64Array | Int32Array;
const KINDS = { f: Float32Array, d: Float64Array, i: Int32Array };
type Kind = keyof typeof KINDS;

/** All arrays of the call lie in shared memory. */
export function write(job: Job): string {
  return JSON.stringify(job, (_, value) => {
    if (typeof value === "number")
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: "n", text: Object.is(value, -0) ? "-0" : String(value) };
    if (ArrayBuffer.isView(value)) {
      const array = value as Numbers;
      return { $: array instanceof Float32Array ? "f" : array instanceof Float64Array ? "d" : "i", at: array.byteOffset, length: array.length };
    }
    return value instanceof Broadcast ? { $: "b", ...value } : value;
  });
}

export function read(text: string, buffer: ArrayBufferLike): Job {
  return JSON.parse(text, (_, value) => {
    if (value?.$ === undefined) return value;
    const { $, ...rest } = value;
    if ($ === "n") return Number(rest.text);
    if ($ === "b") return Object.assign(Object.create(Broadcast.prototype), rest);
    return new KINDS[$ as Kind](buffer as ArrayBuffer, rest.at, rest.length);
  });
}

/** One thread's part of a call; what it returns counts where nothing was shared. */
export function run(backend: Record<string, (call: unknown) => number>, stream: Stream, method: Method, call: unknown, split: Split): number {
  try {
    if (method === "cdist") return pairs(backend, stream, call as CdistCall, split);
    stream.split = split;
    return backend[method]?.(call) as number;
  } finally {
    stream.split = null;
    stream.apart = false;
  }
}

/** Blocks of rows as the driver has them. */
function pairs(backend: Record<string, (call: unknown) => number>, stream: Stream, call: CdistCall, split: Split): number {
  const { rows, cols, dims, startA, at } = call;
  const tall = tallOf(call);
  if (!split.open(Math.ceil(rows / tall))) return backend.cdist?.(call) as number;
  const odd = (cols * call.into.BYTES_PER_ELEMENT) % 32 !== 0;
  for (let block = split.claim(); block >= 0; block = split.claim()) {
    const end = Math.min(rows, (block + split.size) * tall);
    for (let row = block * tall; row < end; row += tall) {
      const height = Math.min(tall, end - row);
      stream.apart = odd && row + height >= end && end < rows;
      backend.cdist?.({ ...call, startA: startA + row * dims, rows: height, at: at + row * cols });
    }
  }
  return 0;
}

/** What makes a thread's part of a backend from its machine. */
export type Backends = Readonly<Record<string, (machine: Machine) => unknown>>;
