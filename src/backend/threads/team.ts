// One call over several threads: which way it goes, and what happens when one of them does not answer.

import type { Backend } from "../seam.js";
import type { WasmArena } from "../wasm/arena.js";
import { partsOf } from "../wasm/crew.js";
import type { Machine } from "../wasm/machine.js";
import { Chunks } from "./chunks.js";
import { copy } from "./copy.js";
import { compute, run, type Splittable, write } from "./job.js";
import { type Method, ruleOf } from "./methods.js";
import { type Pool, tuning } from "./pool.js";
import { type Plan, planOf, Relay } from "./relay.js";
import { DONE, type Shared, SUMS } from "./shared.js";
import { type Fields, isHalf, Stage } from "./stage.js";
import { now, pause } from "./wait.js";

/** A module in one of the memories, and the machine of its backend; null where it cannot be there. */
export interface Seat {
  readonly module: number;
  readonly machine: Machine;
  readonly backend: Splittable;
}
export interface Seats {
  readonly shared: () => Seat | null;
  readonly plain: () => Seat | null;
}

/** Chunks for each thread: the more, the shorter the wait for the last of them. */
const CHUNKS = 16;

/** ms without an answer after which a worker is given up: ten times what one thread needs, too. */
const patienceOf = (ns: number): number => tuning.patience + ns / 1e5;

export class Team {
  private readonly shared: Shared;
  private readonly pool: Pool;
  private readonly stage: Stage;
  private readonly chunks: Chunks;
  /** Publishes the present job, once its loop has begun. */
  private launch: (() => boolean) | null = null;

  constructor(shared: Shared, arena: WasmArena, pool: Pool) {
    this.shared = shared;
    this.pool = pool;
    this.stage = new Stage(arena, shared.memory);
    this.chunks = new Chunks(
      shared,
      0,
      () => pool.epoch,
      (batches) => this.begin(batches),
    );
  }

  /** What the call returns; null where it should run in unshared memory. `ns`: what it takes one thread, 0 where it is too small to be split. */
  play(seats: Seats, method: Method, call: object, ns: number): number | null {
    const { stage, pool } = this;
    const patience = patienceOf(ns);
    const own = stage.hasOwn(method, call);
    const copies = stage.hasLarge(method, call);
    const { rows, isWorthCopies } = ruleOf(method);
    const worth = ns > 0 && isWorthCopies?.(call, ns) === true;
    const plan = worth && rows && (copies || !own) ? planOf(method, call) : null;
    if (plan && pool.able()) {
      const value = this.relay(seats, plan, patience);
      if (value !== null) return value;
    }
    if (isHalf(call as Fields)) return null; // widened in the window of one thread
    const whole = worth && !rows;
    if (!own && !(whole && pool.able())) return null;
    const seat = seats.shared();
    if (!seat) return null;
    const value = ns > 0 && (whole || !copies) && pool.able() ? this.split(seat, method, call, patience) : null;
    return value ?? (own ? compute(seat.backend, method, call) : null);
  }

  /** Lets a call over all pairs of a batch share its tiles; null where it should run in unshared memory. */
  gather<Result>(seats: Seats, ns: number, call: (backend: Backend) => Result): Result | null {
    const seat = this.pool.able() ? seats.shared() : null;
    if (!seat) return null;
    const { machine, backend } = seat;
    // never without room: what it works on is in the window
    machine.share = (tiles) => void this.split(seat, "tiles", { ...tiles, first: 0, last: partsOf(tiles) }, patienceOf(ns));
    try {
      return call(backend as unknown as Backend);
    } finally {
      machine.share = null;
    }
  }

  private relay(seats: Seats, plan: Plan, patience: number): number | null {
    const { shared, pool } = this;
    const seat = seats.plain();
    if (!seat || !seats.shared()) return null; // whose bytes the workers take
    const relay = new Relay(shared, seat.module, plan, pool.count - 1, patience);
    let value: number;
    try {
      value = run(seat.backend, seat.machine.stream, plan.method, plan.call, relay);
    } finally {
      relay.close();
      if (relay.lost) pool.end("a worker did not answer");
    }
    return relay.opened ? this.total(relay.batches) : value;
  }

  /** In order: the same bits as one thread's. */
  private total(batches: number): number {
    let sum = 0;
    for (let i = 0; i < batches; i++) sum += this.shared.sums[i] as number;
    return sum;
  }

  /** Of indices, or -1 for none: the first there is. */
  private lowest(batches: number): number {
    for (let i = 0; i < batches; i++) if ((this.shared.sums[i] as number) >= 0) return this.shared.sums[i] as number;
    return -1;
  }

  private begin(batches: number): boolean {
    if (batches < 2 || batches > SUMS) return false;
    this.chunks.size = Math.max(1, Math.floor(batches / (this.pool.count * CHUNKS)));
    this.chunks.reset();
    return this.launch?.() ?? false;
  }

  /** Null where there is no room. */
  private split(seat: Seat, method: Method, record: object, patience: number): number | null {
    const { chunks, shared, pool } = this;
    const staged = this.stage.stage(method, record);
    if (!staged) return null;
    const { call, outputs } = staged;
    const { module, machine, backend } = seat;
    chunks.count = 0;
    chunks.isFlat = ruleOf(method).isFlat === true;
    this.launch = () =>
      shared.post(
        write({ module, method, size: chunks.size, isFlat: chunks.isFlat, slots: 0, stride: 0, call: method === "ctc" ? { ...call, prepared: true } : call }),
        chunks.first,
      );
    let value: number;
    try {
      value = run(backend, machine.stream, method, call, chunks);
    } catch (error) {
      pool.end("an error in the middle of a call"); // others may be at work still
      throw error;
    } finally {
      this.launch = null;
    }
    if (chunks.count > 0) {
      if (this.join(patience)) value = method === "outside" ? this.lowest(chunks.batches) : this.total(chunks.batches);
      else {
        pool.end("a worker did not answer");
        // what was read is as it was: a gradient that replaces its input is copied there when the call is over (call/frame.ts)
        value = compute(backend, method, call);
      }
    }
    for (const [from, to] of outputs) copy(to, from);
    return value;
  }

  /** Waits for the others' chunks; false where one does not come. */
  private join(patience: number): boolean {
    const { words } = this.shared;
    let since = now();
    for (let seen = Atomics.load(words, DONE); seen !== this.chunks.count; ) {
      pause(words, DONE, seen);
      const done = Atomics.load(words, DONE);
      if (done !== seen) since = now();
      else if (now() - since > patience) return false;
      seen = done;
    }
    return true;
  }
}
