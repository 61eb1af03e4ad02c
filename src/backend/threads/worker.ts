// What a worker runs: scripts/build.mjs makes one text of this file and what it imports, src/generated/worker.ts. It waits for a job, takes chunks as
// long as there are any, and waits again; its event loop never turns.

import type { FloatArray } from "../../array/typed.js";
import { crossEntropy } from "../wasm/classes.js";
import { Machine } from "../wasm/machine.js";
import { margins } from "../wasm/margins.js";
import { positions } from "../wasm/pointwise.js";
import { Stream } from "../wasm/stream.js";
import { rows } from "../wasm/vectors.js";
import { Window } from "../wasm/window.js";
import { type Backends, read, run } from "./job.js";
import { Chunks, EPOCH, JOB, MODULES, NAMES, READY, Shared } from "./shared.js";

const BACKENDS: Backends = { classes: crossEntropy, likelihoods: positions, logistic: positions, margins, pointwise: positions, vectors: rows };

export interface Start {
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
  readonly epoch: number;
  /** For tests: ends the worker in the middle of its first chunk. */
  readonly fatal?: boolean;
}

function work({ memory, thread, epoch, fatal }: Start): void {
  const shared = new Shared(memory);
  const { words } = shared;
  const window = new Window(memory, thread);
  const { buffer } = memory;
  const stream = new Stream(window, {
    addressOf: (array: FloatArray, dtype) => (array.buffer === buffer && array instanceof Float32Array === (dtype === "float32") ? array.byteOffset : 0),
  });
  const loaded: Record<number, Record<string, (call: unknown) => number>> = {};
  const load = (id: number) => {
    const at = words[MODULES + 2 * id] as number;
    const bytes = shared.bytes.slice(at, at + (words[MODULES + 2 * id + 1] as number));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes)), { env: { memory } });
    loaded[id] = BACKENDS[NAMES[id] as string]?.(new Machine(instance, { window, stream })) as Record<string, (call: unknown) => number>;
    return loaded[id];
  };
  let size = 1;
  const chunks = new Chunks(shared, thread, () => {
    chunks.size = size;
    return true;
  });
  if (fatal) {
    const { claim } = chunks;
    chunks.claim = () => {
      if (claim.call(chunks) >= 0) throw new Error("killed");
      return -1;
    };
  }
  let seen = 0;
  if (Atomics.load(words, EPOCH) !== epoch) return;
  Atomics.add(words, READY, 1);
  for (;;) {
    const number = Atomics.load(words, JOB);
    if (Atomics.load(words, EPOCH) !== epoch) return;
    if (number === seen || number & 1) {
      Atomics.wait(words, JOB, number);
      continue;
    }
    seen = number;
    let job: ReturnType<typeof read>;
    try {
      job = read(shared.read(), buffer);
    } catch {
      continue; // another one was being written
    }
    if (Atomics.load(words, JOB) !== number) continue;
    size = job.size;
    chunks.first = job.first;
    chunks.flat = job.method === "pointwise";
    run(loaded[job.module] ?? load(job.module), stream, job.method, job.call, chunks);
  }
}

declare const process: { getBuiltinModule?: (name: string) => { workerData?: Start } } | undefined;

const started = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:worker_threads")?.workerData;
if (started) work(started);
else globalThis.onmessage = ({ data }) => work(data as Start);
