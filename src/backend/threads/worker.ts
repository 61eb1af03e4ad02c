// What a worker runs: scripts/build.mjs makes one text of this file and what it imports, src/generated/worker.ts. It waits for a job, does its part of
// it and waits again; its event loop never turns.

import type { FloatArray } from "../../array/typed.js";
import { overlaps } from "../wasm/boxes.js";
import { crossEntropy } from "../wasm/classes.js";
import { crew } from "../wasm/crew.js";
import { ctc } from "../wasm/ctc.js";
import { divergences } from "../wasm/distillation.js";
import { Machine } from "../wasm/machine.js";
import { margins } from "../wasm/margins.js";
import { groups } from "../wasm/overlap.js";
import { positions } from "../wasm/pointwise.js";
import { scores } from "../wasm/scores.js";
import { Stream } from "../wasm/stream.js";
import { rows } from "../wasm/vectors.js";
import { Window } from "../wasm/window.js";
import { Chunks } from "./chunks.js";
import { type Job, read, run, type Splittable } from "./job.js";
import type { Fate, Start } from "./pool.js";
import { help, inSlots } from "./relay.js";
import { EPOCH, JOB, NAMES, READY, Shared } from "./shared.js";
import { rest } from "./wait.js";

const BACKENDS: Readonly<Record<string, (machine: Machine) => object>> = {
  boxes: overlaps,
  classes: crossEntropy,
  ctc,
  distillation: divergences,
  inBatch: crew,
  likelihoods: positions,
  logistic: positions,
  margins,
  overlap: groups,
  pointwise: positions,
  tokens: scores,
  vectors: rows,
};

function work({ memory, thread, epoch, fate }: Start): void {
  const shared = new Shared(memory);
  const { words } = shared;
  const { buffer } = memory;
  const window = new Window(memory, thread);
  const stream = new Stream(window, {
    addressOf: (array: FloatArray, dtype) => (array.buffer === buffer && array instanceof Float32Array === (dtype === "float32") ? array.byteOffset : 0),
  });
  const loaded: Record<number, Splittable> = {};
  const load = (id: number): Splittable => {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(shared.module(id)), { env: { memory } });
    const backend = BACKENDS[NAMES[id] as string]?.(new Machine(instance, { window, stream })) as Splittable;
    loaded[id] = backend;
    return backend;
  };
  let size = 1;
  const chunks = new Chunks(
    shared,
    thread,
    () => epoch,
    () => {
      chunks.size = size;
      return true;
    },
  );
  if (fate !== "lives") doom(stream, chunks, fate, words);
  Atomics.compareExchange(words, READY + thread, -epoch, epoch);
  let seen = 0;
  let known = 0;
  let job!: Job;
  /** A relay's calls, by the slot that they read. */
  let calls!: (slot: number) => object;
  for (;;) {
    const number = Atomics.load(words, JOB);
    if (Atomics.load(words, EPOCH) !== epoch) return;
    if (number === seen || number & 1) {
      rest(words, JOB, number);
      continue;
    }
    const { version, first } = shared.posted();
    const text = version === known || version === 0 ? null : shared.read();
    if (Atomics.load(words, JOB) !== number) continue; // another one has come meanwhile
    seen = number;
    if (version === 0) continue; // the end of one
    if (text !== null) {
      known = version;
      job = read(text, buffer);
      calls = inSlots(text, buffer, job.stride);
    }
    const backend = loaded[job.module] ?? load(job.module);
    if (job.slots > 0) help(shared, thread, number, job, calls, backend, stream);
    else {
      size = job.size;
      chunks.first = first;
      chunks.isFlat = job.isFlat;
      run(backend, stream, job.method, job.call, chunks);
    }
  }
}

/** For tests: what happens in the middle of the first chunk. */
function doom(stream: Stream, chunks: Chunks, fate: Fate, words: Int32Array): void {
  const end = (): never => {
    if (fate === "hangs") Atomics.wait(words, 1000, 0);
    throw new Error("killed");
  };
  const { next } = stream;
  stream.next = () => next.call(stream) && end();
  const { claim } = chunks;
  chunks.claim = () => {
    const batch = claim.call(chunks);
    return batch >= 0 && stream.split === null ? end() : batch; // cdist has no loop of the stream
  };
}

interface Node {
  readonly workerData: Start | null;
  readonly parentPort: { once(event: "message", listener: (start: Start) => void): void } | null;
}
declare const process: { getBuiltinModule?: (name: string) => Node | undefined } | undefined;

const node = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:worker_threads");
if (node?.workerData?.memory) work(node.workerData);
else if (node?.parentPort) node.parentPort.once("message", work);
else
  globalThis.onmessage = ({ data }) => {
    work(data as Start);
    globalThis.close(); // it is of no more use
  };
