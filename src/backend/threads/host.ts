// losskit/threads: the backend of losskit, beside which a second one works in memory that threads share. What has arrays of alloc runs there, and is
// split where it is large: batches are taken by whoever is ready, and the caller adds up their sums in order. Rows of plain arrays come through slots.
// Losses over all pairs of a batch run there whatever their arrays.

import type { Arena, BackendInfo, Host } from "../host.js";
import type { Backend } from "../seam.js";
import { WasmArena } from "../wasm/arena.js";
import { crew } from "../wasm/crew.js";
import { auto, isStackExhausted, type WasmHost } from "../wasm/load.js";
import { Machine, Memory, type Module } from "../wasm/machine.js";
import { PAGE, PAGES } from "../wasm/window.js";
import type { Splittable } from "./job.js";
import { batches, METHODS, type Method, ruleOf } from "./methods.js";
import { message, Pool, type ThreadsOptions, tuning } from "./pool.js";
import { ARENA, MOST, NAMES, Shared, WORK } from "./shared.js";
import { SharedArena } from "./stage.js";
import { type Seat, type Seats, Team } from "./team.js";

export type { ThreadsOptions } from "./pool.js";

/** The threads of `losskit/threads`. */
export interface Threads {
  /**
   * Starts workers now, those of an earlier start having ended; without it the first call large enough does. Throws RangeError for a count that is no
   * integer from 1 on, and never because threads cannot run: then `backend()` says why.
   */
  start(options?: ThreadsOptions): void;
  /** Waits until those that were started are ready, or cannot be; starts them if nobody has. */
  ready(): Promise<void>;
  /** How many threads are ready, the caller's own included. */
  readonly count: number;
  /** Ends the workers. Calls go on with one thread, until `start`. */
  close(): void;
}

/** Bytes for `alloc`, as in losskit. */
const ROOM: number = 264 << 20;

/** What is shared, once there is a memory. */
interface Common {
  readonly shared: Shared;
  readonly arena: WasmArena;
  readonly memory: Memory;
  readonly pool: Pool;
  readonly team: Team;
}

/** OR-ing 2 into the flags of the memory that a module imports makes it take a shared one. */
function takeShared(bytes: Uint8Array): void {
  const name = [6, ...Array.from("memory", (letter) => letter.charCodeAt(0)), 2];
  const flags = bytes.findIndex((_, at) => name.every((byte, i) => bytes[at + i] === byte)) + name.length;
  bytes[flags] = (bytes[flags] as number) | 2;
}

/** A window and no room for alloc. */
function plainMemory(): Memory {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  return new Memory(memory, new WasmArena(memory, PAGES * PAGE));
}

/** What is made at the first question; null where that fails. */
function once<T>(make: () => T): () => T | null {
  let made: T | null | undefined;
  return () => {
    if (made !== undefined) return made;
    try {
      made = make();
    } catch (error) {
      if (isStackExhausted(error)) throw error; // the next call asks again
      made = null;
    }
    return made;
  };
}

export class ThreadsHost implements Host {
  private readonly alone: WasmHost = auto();
  private common: Common | null | undefined;
  private refused: string | undefined;
  /** The unshared memory of a caller's own part of plain rows. */
  private plain: Memory | undefined;
  readonly threads: Threads;

  constructor() {
    const host = this;
    this.threads = {
      start: (options) => host.start(options),
      ready: async () => host.share()?.pool.ready(),
      get count() {
        return host.common?.pool.count ?? 1;
      },
      close: () => host.share()?.pool.end("threads.close was called"),
    };
  }

  /** What is shared, made at the first question; null where nothing can be. */
  private share(): Common | null {
    if (this.common !== undefined) return this.common;
    if (this.alone.info().simd === null) {
      this.common = null;
      return null;
    }
    try {
      if ((globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === false)
        throw new Error("the page is not isolated from other origins (COOP and COEP)");
      if (typeof SharedArrayBuffer === "undefined") throw new Error("there is no SharedArrayBuffer");
      const pages = Math.ceil((ARENA + ROOM) / PAGE);
      const buffer = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      const shared = new Shared(buffer);
      const arena = new SharedArena(buffer);
      const memory = new Memory(buffer, arena);
      const pool = new Pool(shared);
      this.common = { shared, arena, memory, pool, team: new Team(shared, arena, pool) };
    } catch (error) {
      if (isStackExhausted(error)) throw error; // the next call asks again
      this.refused = message(error);
      this.common = null;
    }
    return this.common;
  }

  info(): BackendInfo {
    const info = this.alone.info();
    const common = this.share();
    const why = common ? common.pool.reason : this.refused;
    const reason = [info.reason, why && `one thread: ${why}`].filter(Boolean).join("; ");
    return { ...info, threads: this.threads.count, ...(reason ? { reason } : {}) };
  }

  arena(): Arena | null {
    return this.share()?.arena ?? this.alone.arena();
  }

  private start(options: ThreadsOptions = {}): void {
    const { count } = options;
    if (count !== undefined && !(Number.isSafeInteger(count) && count >= 1))
      throw new RangeError(`threads.start: "count" expected an integer >= 1, got ${String(count)}`);
    this.share()?.pool.start(options);
  }

  /** The backend of a module, by its name. */
  backend(module: Module, name: string): () => Backend | null {
    const alone = this.alone.backend(module);
    let backend: Backend | undefined;
    return () => {
      if (backend) return backend;
      const single = alone();
      if (!single) return null; // asks again: the decision may have been put off
      const common = this.share();
      backend = common && NAMES.includes(name) ? this.both(common, module, name, single) : single;
      return backend;
    };
  }

  /** What is not split and has no array of alloc runs in the memory of `alone`. */
  private both({ shared, arena, memory, team }: Common, module: Module, name: string, alone: Backend): Backend {
    const id = NAMES.indexOf(name);
    const { simd } = this.alone.info();
    const build = module.builds[simd ?? "baseline"];
    const sit = (where: Memory, look?: (bytes: Uint8Array) => void): Seat => {
      const instance = new WebAssembly.Instance(build(look), { env: { memory: where.memory } });
      const machine = new Machine(instance, where);
      return { module: id, machine, backend: { ...module.backend(machine), ...crew(machine) } as unknown as Splittable };
    };
    const seats: Seats = {
      shared: once(() =>
        sit(memory, (bytes) => {
          takeShared(bytes);
          shared.keepModule(id, bytes);
        }),
      ),
      plain: once(() => {
        this.plain ??= plainMemory();
        return sit(this.plain);
      }),
    };
    const single = alone as unknown as Splittable;
    const split = (method: Method) => {
      const { ns } = ruleOf(method);
      return (call: object): number => {
        const taken = ns(call, name);
        const large = taken >= tuning.least;
        if (!large && arena.alive === 0) return single[method](call);
        return team.play(seats, method, call, large ? taken : 0) ?? single[method](call);
      };
    };
    const gather = <Call, Result>(ns: (call: Call) => number, run: (backend: Backend, call: Call) => Result) => {
      return (call: Call): Result => {
        const taken = ns(call);
        const result = taken >= tuning.least ? team.gather(seats, taken, (backend) => run(backend, call)) : null;
        return result ?? run(alone, call);
      };
    };
    const gathered = {
      inBatch: gather(batches.inBatch, (backend, call) => backend.inBatch(call)),
      hardest: gather(batches.hardest, (backend, call) => backend.hardest(call)),
    };
    return {
      ...alone,
      ...("inBatch" in alone && gathered),
      ...Object.fromEntries(METHODS.filter((method) => method in alone).map((method) => [method, split(method)])),
    };
  }

  /** For tests: chunks that each thread has done. */
  work(): number[] {
    const words = this.common?.shared.words;
    return words ? Array.from({ length: MOST }, (_, thread) => Atomics.load(words, WORK + thread)) : [];
  }
}

let host: ThreadsHost | undefined;

/** `losskit/threads`. */
export function threaded(): ThreadsHost {
  host = new ThreadsHost();
  return host;
}

/** For tests: how many chunks each thread has done. */
export const work = (): number[] => host?.work() ?? [];
