// losskit/threads: the backend of losskit, beside which a second one works in memory that threads share. A call that has arrays of alloc, or is worth
// the copies, runs there; one that is large is split, its batches taken by whoever is ready, and the caller adds up their sums in order.

import type { FloatArray } from "../../array/typed.js";
import { worker as source } from "../../generated/worker.js";
import type { Arena, BackendInfo } from "../host.js";
import type { Backend, CdistCall, PointwiseCall, RowsCall, VectorsCall } from "../seam.js";
import { WasmArena } from "../wasm/arena.js";
import { auto, type WasmHost } from "../wasm/load.js";
import { Machine, type Module } from "../wasm/machine.js";
import { Stream } from "../wasm/stream.js";
import { PAGE, Window } from "../wasm/window.js";
import { type Method, run, write } from "./job.js";
import { ARENA, Chunks, EPOCH, JOB, MODULES, MOST, NAMES, READY, SCRATCH, SCRATCH_BYTES, Shared, SUMS, WORK } from "./shared.js";

/** What threads are started with. */
export interface ThreadsOptions {
  /** How many, the caller included: at most 8, and the default is as many as there are cores. */
  count?: number;
  /** Makes a worker that runs losskit's `dist/threads-worker.js`, where a policy forbids those of a Blob. */
  worker?: () => unknown;
}

/** The threads of losskit/threads. */
export interface Threads {
  /** Starts workers now; else the first call large enough does. Without effect where threads cannot run: `backend()` says why. */
  start(options?: ThreadsOptions): void;
  /** Waits until all that were started are ready, or cannot be. */
  ready(): Promise<void>;
  /** How many threads are ready, the caller's own included. */
  readonly count: number;
  /** Ends the workers; calls go on with one thread, until `start`. */
  close(): void;
}

/** A worker of Node.js or of a page. */
interface AnyWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref?(): void;
  on?(event: string, listener: (error: unknown) => void): void;
  addEventListener?(event: string, listener: (event: { message?: string; preventDefault?(): void }) => void): void;
}

interface Globals {
  crossOriginIsolated?: boolean;
  navigator?: { hardwareConcurrency?: number };
  process?: { versions?: { node?: string }; getBuiltinModule?(name: string): unknown };
}
const globals = globalThis as Globals;

/** No chunk takes so long, in ms, unless its worker has died. */
const LIMIT = 5000;
/** Looks at the words before sleeping. */
const SPINS = 2000;

/** What tests set. */
export const tuning = { least: 150_000, fatal: false };

/** Roughly how many ns an element takes, by method; of pointwise losses by module. */
const COSTS: Readonly<Record<string, number>> = {
  pointwise: 0.15,
  likelihoods: 0.7,
  logistic: 0.7,
  crossEntropy: 1,
  margins: 1,
  distances: 1,
  cosine: 1,
  cdist: 0.06,
};

const OUTPUTS: readonly string[] = ["values", "grad", "gradTarget", "gradA", "gradB", "gradC", "into"];

function message(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

class ThreadsHost implements WasmHost {
  private readonly alone: WasmHost = auto();
  private shared: Shared | null | undefined;
  private shareArena: WasmArena | null = null;
  private window!: Window;
  private stream!: Stream;
  private chunks!: Chunks;
  private readonly workers: AnyWorker[] = [];
  private wanted = 0;
  private epoch = 0;
  private reason: string | undefined;
  private closed = false;
  private used = 0;
  private size = 1;
  private launch: (() => void) | null = null;
  readonly threads: Threads;

  constructor() {
    const host = this;
    this.threads = {
      start: (options) => this.start(options),
      ready: () => this.ready(),
      get count() {
        return host.count;
      },
      close: () => this.close(),
    };
  }

  /** The shared memory, made at the first question; null where there is none. */
  private share(): Shared | null {
    if (this.shared !== undefined) return this.shared;
    this.shared = null;
    const { simd } = this.alone.info();
    if (simd === null) return null;
    try {
      if (typeof SharedArrayBuffer === "undefined") throw new Error("SharedArrayBuffer is not available");
      if (globals.crossOriginIsolated === false) throw new Error("the page is not isolated from other origins (COOP and COEP)");
      const pages = Math.ceil(ARENA / PAGE) + (264 << 20) / PAGE;
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      this.shareArena = new WasmArena(memory, ARENA);
      this.window = new Window(memory);
      this.stream = new Stream(this.window, this.shareArena);
      this.shared = new Shared(memory);
      this.chunks = new Chunks(this.shared, 0, (batches) => this.begin(batches));
    } catch (error) {
      this.reason = `one thread: ${message(error)}`;
    }
    return this.shared;
  }

  get count(): number {
    return this.shared && this.workers.length > 0 ? 1 + Atomics.load(this.shared.words, READY) : 1;
  }

  info(): BackendInfo {
    const info = this.alone.info();
    this.share();
    const reason = [info.reason, this.reason].filter(Boolean).join("; ");
    return { ...info, threads: this.count, ...(reason ? { reason } : {}) };
  }

  arena(): Arena | null {
    return this.share() ? this.shareArena : this.alone.arena();
  }

  private start({ count, worker }: ThreadsOptions = {}): void {
    if (count !== undefined && !(Number.isSafeInteger(count) && count >= 1))
      throw new RangeError(`threads.start: "count" expected an integer >= 1, got ${String(count)}`);
    const shared = this.share();
    if (!shared) return;
    if (this.workers.length > 0) this.close();
    this.closed = false;
    this.reason = undefined;
    this.wanted = Math.min(MOST, count ?? this.cores());
    Atomics.store(shared.words, READY, 0);
    Atomics.store(shared.words, EPOCH, ++this.epoch);
    try {
      for (let thread = 1; thread < this.wanted; thread++) this.workers.push(this.make(shared, thread, worker));
    } catch (error) {
      this.drop(`one thread: ${message(error)}`);
    }
  }

  private cores(): number {
    const os = globals.process?.getBuiltinModule?.("node:os") as { availableParallelism?(): number } | undefined;
    return os?.availableParallelism?.() ?? globals.navigator?.hardwareConcurrency ?? 1;
  }

  private make({ memory }: Shared, thread: number, own: (() => unknown) | undefined): AnyWorker {
    const { epoch } = this;
    const start = { memory, thread, epoch, fatal: tuning.fatal };
    const failed = (what: unknown): void => {
      if (this.epoch === epoch) this.drop(`one thread: a worker ended (${message(what)})`);
    };
    const node = globals.process?.versions?.node ? globals.process.getBuiltinModule?.("node:worker_threads") : undefined;
    if (node && !own) {
      const { Worker: NodeWorker } = node as { Worker: new (text: string, options: object) => AnyWorker };
      const worker = new NodeWorker(source, { eval: true, workerData: start, execArgv: [], stdin: false });
      worker.on?.("error", failed);
      worker.unref?.();
      return worker;
    }
    let url: string | undefined;
    if (!own && typeof Worker === "undefined") throw new Error("there are no workers here");
    if (!own) url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = (own ? own() : new Worker(url as string)) as AnyWorker;
    worker.addEventListener?.("error", (event) => {
      event.preventDefault?.();
      failed(event.message ?? "a policy may forbid workers of blob:");
    });
    worker.on?.("error", failed);
    worker.postMessage(start);
    worker.unref?.();
    return worker;
  }

  private async ready(): Promise<void> {
    if (this.wanted === 0 && !this.closed) this.start();
    const until = Date.now() + LIMIT;
    while (this.workers.length > 0 && this.count < this.wanted && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  private close(): void {
    this.drop(undefined);
    this.closed = true;
  }

  /** Wakes the workers to end themselves: to terminate one that waits hangs in some runtimes. */
  private drop(reason: string | undefined): void {
    this.reason = reason;
    this.workers.length = 0;
    if (!this.shared) return;
    Atomics.store(this.shared.words, EPOCH, ++this.epoch);
    Atomics.notify(this.shared.words, JOB);
  }

  backend(module: Module, name = ""): () => Backend | null {
    const alone = this.alone.backend(module);
    let backend: Backend | null | undefined;
    return () => {
      if (backend !== undefined) return backend;
      const single = alone();
      if (!single) return null; // asks again: the decision may have been put off
      backend = NAMES.includes(name) && this.share() ? this.both(module, name, single) : single;
      return backend;
    };
  }

  /** The backend of a module: what is not split and has no array of alloc runs in the memory of its own. */
  private both(module: Module, name: string, alone: Backend): Backend {
    const id = NAMES.indexOf(name);
    let within: Backend | null | undefined;
    const inShared = (): Backend | null => {
      if (within !== undefined) return within;
      try {
        within = this.instantiate(module, id);
      } catch (error) {
        this.reason = `one thread: ${message(error)}`;
        within = null;
      }
      return within;
    };
    const call =
      (method: Method, each: (call: never) => number) =>
      (record: never): number => {
        const n = each(record);
        const large = n * (COSTS[method === "pointwise" ? name : method] as number) >= tuning.least;
        if (!large && this.shareArena?.alive === 0) return alone[method](record) as number;
        // half precision is widened in the window of one thread
        if ("storage" in ((record as { x?: object }).x ?? {})) return alone[method](record) as number;
        const copies = method === "crossEntropy" || method === "cdist";
        const [own, plain] = this.where(record);
        if (!own && !(large && copies)) return alone[method](record) as number;
        const backend = inShared();
        if (!backend) return alone[method](record) as number;
        if (large && (copies || !plain) && this.able()) return this.split(backend, id, method, record);
        return backend[method](record) as number;
      };
    const rows = (c: VectorsCall): number => c.rows * c.dims;
    const methods = {
      ...alone,
      pointwise: call("pointwise", (c: PointwiseCall) => c.n),
      crossEntropy: call("crossEntropy", (c: RowsCall) => c.x.length),
      margins: call("margins", (c: { x: FloatArray }) => c.x.length),
      distances: call("distances", rows),
      cosine: call("cosine", rows),
      cdist: call("cdist", (c: CdistCall) => c.rows * c.cols * c.dims),
      outside: (data: FloatArray, n: number, low: number, high: number) =>
        ((this.shareArena?.addressOf(data, data instanceof Float32Array ? "float32" : "float64") && inShared()) || alone).outside(data, n, low, high),
      ctc: (c: Parameters<Backend["ctc"]>[0]) => {
        ((this.shareArena?.addressOf(c.x, c.dtype) && inShared()) || alone).ctc(c);
      },
    };
    return methods as Backend;
  }

  /** Whether a call has arrays of alloc, and large ones that are not. */
  private where(call: object): [own: boolean, plain: boolean] {
    let own = false;
    let plain = false;
    for (const value of Object.values(call)) {
      const data = ArrayBuffer.isView(value) ? value : value?.data;
      if (!ArrayBuffer.isView(data)) continue;
      const array = data as FloatArray;
      if (this.isOwn(array)) own = true;
      else if (array.length * array.BYTES_PER_ELEMENT > 1 << 19) plain = true;
    }
    return [own, plain];
  }

  private isOwn(array: FloatArray): boolean {
    return (this.shareArena as WasmArena).addressOf(array, array instanceof Float32Array ? "float32" : "float64") !== 0;
  }

  /** A module over the shared memory, and its bytes for the workers. OR-ing 2 into the flags of the memory it imports makes it take a shared one. */
  private instantiate(module: Module, id: number): Backend {
    const shared = this.shared as Shared;
    const { simd } = this.alone.info();
    const compiled = module.builds[simd ?? "baseline"]((bytes) => {
      const name = [6, ...Array.from("memory", (letter) => letter.charCodeAt(0)), 2];
      const flags = bytes.findIndex((_, at) => name.every((byte, i) => bytes[at + i] === byte)) + name.length;
      bytes[flags] = (bytes[flags] as number) | 2;
      shared.bytes.set(bytes, this.used);
      shared.words[MODULES + 2 * id] = this.used;
      shared.words[MODULES + 2 * id + 1] = bytes.length;
      this.used += bytes.length;
    });
    const { window, stream } = this;
    return module.backend(new Machine(new WebAssembly.Instance(compiled, { env: { memory: shared.memory } }), { window, stream })) as Backend;
  }

  /** Whether there is anybody to share with; the first time nobody has been started yet. */
  private able(): boolean {
    if (this.wanted === 0 && !this.closed) this.start();
    return this.count > 1;
  }

  private begin(batches: number): boolean {
    if (batches < 2 || batches > SUMS) return false;
    this.chunks.size = this.size = Math.max(1, Math.floor(batches / (this.count * 8)));
    this.launch?.();
    return this.launch !== null;
  }

  private split(backend: Backend, id: number, method: Method, record: object): number {
    const { chunks, stream } = this;
    const shared = this.shared as Shared;
    const staged = this.stage(method, record);
    if (!staged) return backend[method](record as never) as number;
    chunks.count = 0;
    chunks.flat = method === "pointwise";
    this.launch = () => {
      chunks.first = chunks.next();
      const { words } = shared;
      const number = Atomics.load(words, JOB);
      Atomics.store(words, JOB, (number + 1) | 0);
      if (!shared.write(write({ module: id, method, first: chunks.first, size: this.size, call: staged.call }))) this.launch = null;
      chunks.reset();
      Atomics.store(words, JOB, (number + 2) | 0);
      if (this.launch) Atomics.notify(words, JOB);
    };
    let value = run(backend as never, stream, method, staged.call, chunks);
    this.launch = null;
    if (chunks.count > 0) {
      if (!this.join()) {
        // what a worker that has died should have written is computed again: what was read is as it was
        this.drop("one thread: a worker did not answer");
        value = backend[method](staged.call as never) as number;
      } else {
        value = 0;
        for (let i = 0; i < chunks.batches && method !== "cdist"; i++) value += shared.sums[i] as number;
      }
    }
    for (const [from, to] of staged.outputs) to.set(from);
    return value;
  }

  /** Waits for the others' chunks; false where one does not come. */
  private join(): boolean {
    const { chunks } = this;
    for (let spin = 0; spin < SPINS; spin++) if (chunks.done === chunks.count) return true;
    let until = Date.now() + LIMIT;
    let seen = chunks.done;
    while (seen !== chunks.count) {
      chunks.wait(seen, 100);
      if (chunks.done !== seen) until = Date.now() + LIMIT;
      else if (Date.now() > until) return false;
      seen = chunks.done;
    }
    return true;
  }

  /** The call with arrays that all lie in shared memory, and those that are to be copied out; null where there is no room. */
  private stage(method: Method, record: object): { call: object; outputs: [FloatArray, FloatArray][] } | null {
    const { buffer } = (this.shared as Shared).memory;
    const outputs: [FloatArray, FloatArray][] = [];
    const staged = new Map<object, object>();
    let at = SCRATCH;
    let full = false;
    const copy = (array: FloatArray, name: string): object => {
      if (this.isOwn(array)) return array;
      const out = OUTPUTS.includes(name);
      const known = staged.get(array);
      if (known && !out) return known;
      const bytes = array.length * array.BYTES_PER_ELEMENT;
      if (at + bytes + 4096 > SCRATCH + SCRATCH_BYTES) {
        full = true;
        return array;
      }
      const Kind = array instanceof Float32Array ? Float32Array : array instanceof Float64Array ? Float64Array : Int32Array;
      const there = new Kind(buffer, at, array.length) as FloatArray;
      at += Math.ceil(bytes / 64) * 64 + 1088;
      if (out) outputs.push([there, array]);
      else {
        there.set(array);
        staged.set(array, there);
      }
      return there;
    };
    const call = { ...record } as Record<string, unknown>;
    if (method === "cdist") this.cut(call as never);
    for (const name in call) {
      const value = call[name] as { data?: FloatArray } | null;
      if (ArrayBuffer.isView(value)) call[name] = copy(value as never, name);
      else if (ArrayBuffer.isView(value?.data)) call[name] = { ...value, data: copy(value?.data as FloatArray, name) };
    }
    return full ? null : { call, outputs };
  }

  /** Of arrays that are copied, what the call reads and writes of them. */
  private cut(call: { -readonly [K in keyof CdistCall]: CdistCall[K] }): void {
    if (!this.isOwn(call.a)) {
      call.a = call.a.subarray(call.startA, call.startA + call.rows * call.dims);
      call.startA = 0;
    }
    if (!this.isOwn(call.b)) {
      call.b = call.b.subarray(call.startB, call.startB + call.cols * call.dims);
      call.startB = 0;
    }
    if (!this.isOwn(call.into)) {
      call.into = call.into.subarray(call.at, call.at + call.rows * call.cols);
      call.at = 0;
    }
  }

  /** For tests: chunks that each thread has done. */
  work(): number[] {
    return this.shared ? Array.from({ length: MOST }, (_, thread) => Atomics.load((this.shared as Shared).words, WORK + thread)) : [];
  }
}

export type { ThreadsHost };

let host: ThreadsHost | undefined;

/** `losskit/threads`. */
export function threaded(): ThreadsHost {
  host = new ThreadsHost();
  return host;
}

/** For tests: how many chunks each thread has done. */
export const work = (): number[] => host?.work() ?? [];
