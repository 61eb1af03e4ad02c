// The workers: how they are started, counted and ended.

import { worker as source } from "../../generated/worker.js";
import { EPOCH, JOB, MOST, READY, type Shared } from "./shared.js";
import { later, now } from "./wait.js";

/** What threads are started with. */
export interface ThreadsOptions {
  /** How many, the caller included: an integer from 1; the default is as many as there are cores. More than 8 are 8. */
  count?: number | undefined;
  /** Makes a worker that runs `losskit/threads-worker`, where a policy forbids workers of `blob:`. */
  worker?: (() => unknown) | undefined;
}

/** What a worker is told when it starts. */
export interface Start {
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
  readonly epoch: number;
  /** For tests: what becomes of it in the middle of its first chunk. */
  readonly fate: Fate;
}
export type Fate = "lives" | "dies" | "hangs";

/** What tests set. */
export const tuning: { least: number; patience: number; fate: Fate } = {
  /** ns of a call on one thread below which it is not split. */
  least: 150_000,
  /** ms without an answer from a worker after which it is given up, beside what the call takes. */
  patience: 5000,
  fate: "lives",
};

/** A worker of Node.js or of a page. */
interface AnyWorker {
  postMessage(message: unknown): void;
  unref?(): void;
  on?(event: string, listener: (error: unknown) => void): void;
  addEventListener?(event: string, listener: (event: { message?: string; preventDefault?(): void }) => void): void;
}

interface Globals {
  navigator?: { hardwareConcurrency?: number };
  process?: { versions?: { node?: string }; getBuiltinModule?(name: string): unknown };
}
const { navigator, process } = globalThis as Globals;
const builtin = <T>(name: string): T | undefined => (process?.versions?.node ? (process.getBuiltinModule?.(name) as T) : undefined);

/** ms that workers may take to start. */
const START = 10_000;

export function message(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function cores(): number {
  return builtin<{ availableParallelism?(): number }>("node:os")?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1;
}

let address: string | undefined;

/** A worker of Node.js is told with its making, one of a page by a message. */
function make(own: (() => unknown) | undefined, start: Start): AnyWorker {
  const node = own ? undefined : builtin<{ Worker: new (text: string, options: object) => AnyWorker }>("node:worker_threads");
  // not with the flags and preloaded modules of the program
  if (node) return new node.Worker(source, { eval: true, workerData: start, execArgv: [] });
  if (!own && typeof Worker === "undefined") throw new Error("there are no workers here");
  if (!own) address ??= URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = (own ? own() : new Worker(address as string)) as AnyWorker;
  worker.postMessage(start);
  return worker;
}

export class Pool {
  private readonly shared: Shared;
  private readonly workers: AnyWorker[] = [];
  private wanted = 0;
  /** Those of an earlier one end themselves. */
  epoch = 0;
  /** Why there are none, or undefined. */
  private ended: string | undefined;

  constructor(shared: Shared) {
    this.shared = shared;
  }

  /** Threads that are ready, the caller included. */
  get count(): number {
    let count = 1;
    for (let thread = 1; thread <= this.workers.length; thread++) if (Atomics.load(this.shared.words, READY + thread) === this.epoch) count++;
    return count;
  }

  get reason(): string | undefined {
    if (this.count > 1) return undefined;
    if (this.ended !== undefined) return this.ended;
    if (this.wanted === 0) return "no call was large enough so far to start workers";
    return this.wanted === 1 ? "no more were asked for, or there is one core" : "the workers are starting";
  }

  start({ count, worker }: ThreadsOptions = {}): void {
    this.end(undefined);
    const { words, memory } = this.shared;
    this.wanted = Math.min(MOST, count ?? cores());
    const { epoch } = this;
    for (let thread = 1; thread < this.wanted; thread++) Atomics.store(words, READY + thread, -epoch);
    try {
      for (let thread = 1; thread < this.wanted; thread++) this.watch(make(worker, { memory, thread, epoch, fate: tuning.fate }));
    } catch (error) {
      this.end(message(error));
    }
  }

  private watch(worker: AnyWorker): void {
    const { epoch } = this;
    const failed = (what: unknown): void => {
      if (this.epoch === epoch) this.end(`a worker ended (${what})`);
    };
    this.workers.push(worker);
    worker.on?.("error", (error) => failed(message(error)));
    worker.on?.("exit", (code) => failed(`exit code ${code}`));
    if (!worker.on)
      worker.addEventListener?.("error", (event) => {
        event.preventDefault?.();
        failed(event.message || "it did not start: does a policy forbid workers of blob:?");
      });
    worker.unref?.();
  }

  /** Whether there is anybody to share with; the first time nobody has been started yet. */
  able(): boolean {
    if (this.wanted === 0 && this.ended === undefined) this.start();
    return this.count > 1;
  }

  /** Waits until all are ready, or cannot be. */
  async ready(): Promise<void> {
    this.able();
    const { epoch, workers } = this;
    for (const since = now(); this.epoch === epoch && this.count <= workers.length && now() - since < START; ) await later(2);
  }

  /** Wakes the workers to end themselves: to terminate one that waits hangs in some runtimes. */
  end(reason: string | undefined): void {
    const { words } = this.shared;
    this.ended = reason;
    this.workers.length = 0;
    Atomics.store(words, EPOCH, ++this.epoch);
    Atomics.notify(words, JOB);
  }
}
