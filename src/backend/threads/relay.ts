// Rows of plain arrays, which only the caller can read. It works through them in a memory of its own as one thread would, and between two chunks it fills
// the others' slots with rows and empties them again. A slot is small, so that its rows are still in a cache when they are computed.

import { BYTES, type Dtype, view } from "../../array/typed.js";
import type { Split, Stream } from "../wasm/stream.js";
import { batchOf, TILE_BYTES } from "../wasm/window.js";
import { copy } from "./copy.js";
import { type Job, like, type Numbers, read, run, type Splittable, write } from "./job.js";
import { type Method, ruleOf } from "./methods.js";
import { ANSWER, FILL, JOB, roomFor, SCRATCH, SCRATCH_BYTES, type Shared, SLOT, SLOT_WORDS, SLOTS_EACH, SUMS, WORK } from "./shared.js";
import { arrayOf, type Fields } from "./stage.js";
import { now, pause } from "./wait.js";

// What a slot's first word says, beside four times the job's number: who is late takes no slot of another job.
const FREE = 0;
const FILLED = 1;
const TAKEN = 2;
/** Bytes of an array's rows in a slot: enough that to hand them over costs little, and few enough that nobody waits long for the last of them. */
const SLOT_BYTES: number = 4 * TILE_BYTES;
/** With fewer chunks it is not worth it; of single positions, which cost less beside their copies, with fewer than MANY, or with more arrays than these. */
const FEW = 4;
const MANY = 12;
const ARRAYS = 3;

const stateOf = (slot: number): number => SLOT + slot * SLOT_WORDS;
const batchIn = (slot: number): number => stateOf(slot) + 1;

/** Elements that an array has of each row, where that is not one: all, as many as are listed, or none of its own, where all rows have it in common. */
const COLUMNS: Readonly<Record<string, "all" | "listed" | "common">> = {
  x: "all",
  target: "all",
  classWeight: "common",
  grad: "all",
  gradTarget: "all",
  student: "all",
  teacher: "all",
  token: "listed",
  tokenLogprob: "listed",
};

interface Column {
  readonly name: string;
  readonly data: Numbers;
  readonly common: boolean;
  /** Whether it is copied to a slot, and out of it. */
  readonly goes: boolean;
  readonly comes: boolean;
  /** Elements of a chunk. */
  readonly length: number;
  /** Bytes from a slot's beginning. */
  readonly at: number;
}

/** How a call comes through slots. */
export interface Plan {
  readonly method: Method;
  readonly call: object;
  readonly columns: readonly Column[];
  /** Batches and rows of a chunk. */
  readonly size: number;
  readonly tall: number;
  readonly chunks: number;
  /** Bytes from a slot to the next. */
  readonly stride: number;
}

/** Null for a call that does not come in rows, or in too few, or that repeats some. */
export function planOf(method: Method, record: object): Plan | null {
  const call = record as Readonly<Record<string, unknown>> & { readonly dtype: Dtype };
  const rule = ruleOf(method);
  if (!rule.rows || (call.inner ?? 1) !== 1) return null;
  const [rows, width = 1] = rule.rows.map((name) => call[name as string]) as [number, number?];
  const batch = batchOf(call.dtype, width);
  const size = Math.max(1, Math.floor(SLOT_BYTES / Math.max(1, batch * width * BYTES[call.dtype])));
  const tall = batch * size;
  const chunks = Math.ceil(rows / tall);
  if (chunks < FEW || chunks * size > SUMS) return null;
  const columns: Column[] = [];
  let at = 0;
  for (const name of [...rule.inputs, ...rule.outputs]) {
    const value = (call as Fields)[name];
    const data = arrayOf(value);
    if (!value || !data) continue;
    if ("broadcast" in value && value.broadcast) return null;
    const comes = rule.outputs.includes(name);
    const each = COLUMNS[name];
    const length = each === "common" ? data.length : tall * (each === "all" ? width : each === "listed" ? (call.k as number) : 1);
    columns.push({ name, data, common: each === "common", goes: !comes || rule.isKept === true, comes, length, at });
    at += roomFor(length * data.BYTES_PER_ELEMENT);
  }
  if (rule.isFlat && (chunks < MANY || columns.length > ARRAYS)) return null;
  return at > SCRATCH_BYTES ? null : { method, call, columns, size, tall, chunks, stride: at };
}

/** An array of the call as it is in a slot. */
function inSlot(value: Fields[string], there: Numbers | undefined): object | undefined {
  if (value && "patterns" in value) return { ...value, patterns: there };
  return value && "data" in value ? { data: there, broadcast: null } : there;
}

/** The caller's side, as the split of its own loop. */
export class Relay implements Split {
  readonly sums: Float64Array;
  readonly size: number;
  readonly isFlat: boolean;
  /** Whether there were others to serve, and whether one of them did not answer. */
  opened = false;
  lost = false;
  batches = 0;
  private readonly shared: Shared;
  private readonly plan: Plan;
  private readonly module: number;
  private readonly slots: number;
  private readonly patience: number;
  /** For each slot its columns, and the chunk that is there or -1. */
  private readonly views: Numbers[][] = [];
  private readonly held: number[] = [];
  private tag = 0;
  /** The chunk that comes next, and those that came back undone. */
  private following = 0;
  private readonly back: number[] = [];

  /** For so many helpers. `patience`: how many ms without any answer are too many. */
  constructor(shared: Shared, module: number, plan: Plan, helpers: number, patience: number) {
    this.shared = shared;
    this.plan = plan;
    this.module = module;
    this.slots = Math.min(SLOTS_EACH * helpers, Math.floor(SCRATCH_BYTES / plan.stride));
    this.patience = patience;
    this.sums = shared.sums;
    this.size = plan.size;
    this.isFlat = ruleOf(plan.method).isFlat === true;
  }

  open(batches: number): boolean {
    this.batches = batches;
    const { module, shared, size, slots } = this;
    const { method, call, columns, tall, stride } = this.plan;
    for (let slot = 0; slot < slots; slot++) {
      Atomics.store(shared.words, stateOf(slot), FREE);
      this.held.push(-1);
      this.views.push(columns.map(({ data, length, at }) => like(data, shared.memory.buffer, SCRATCH + slot * stride + at, length)));
      columns.forEach(({ common, data }, i) => {
        if (common) this.views[slot]?.[i]?.set(data);
      });
    }
    const first = Object.fromEntries(columns.map(({ name }, i) => [name, inSlot((call as Fields)[name], this.views[0]?.[i])]));
    const [rows] = ruleOf(method).rows as readonly [string];
    this.opened = shared.post(write({ module, method, size, isFlat: this.isFlat, slots, stride, call: { ...call, ...first, [rows]: tall } }));
    this.tag = Atomics.load(shared.words, JOB) << 2;
    return this.opened;
  }

  /** Serves the others, and says what is to be done here. */
  claim(): number {
    const { words } = this.shared;
    const since = now();
    for (;;) {
      const answers = Atomics.load(words, ANSWER);
      this.serve();
      const chunk = this.take();
      if (chunk >= 0) return chunk * this.size;
      if (this.held.every((held) => held < 0)) return -1;
      // of the few that are still out, each takes no longer than the caller's own chunks
      if (now() - since > this.patience) this.giveUp();
      else pause(words, ANSWER, answers);
    }
  }

  /** Empties the slots that are done and fills those that are free. */
  private serve(): void {
    const { words } = this.shared;
    const { chunks } = this.plan;
    for (let slot = 0; slot < this.slots && !this.lost; slot++) {
      if (Atomics.load(words, stateOf(slot)) !== FREE) continue;
      if ((this.held[slot] as number) >= 0) {
        this.move(slot, true);
        this.held[slot] = -1;
      }
      if (this.following >= chunks - 1) continue; // the last one may be smaller: it is done here
      this.held[slot] = this.following++;
      this.move(slot, false);
      words[batchIn(slot)] = (this.held[slot] as number) * this.size;
      Atomics.store(words, stateOf(slot), this.tag | FILLED);
      Atomics.add(words, FILL, 1);
      Atomics.notify(words, FILL, 1);
    }
  }

  private move(slot: number, out: boolean): void {
    const { columns } = this.plan;
    const chunk = this.held[slot] as number;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column;
      if (column.common || !(out ? column.comes : column.goes)) continue;
      const there = this.views[slot]?.[i] as Numbers;
      const here = view(column.data, chunk * column.length, column.length);
      if (out) copy(here, there);
      else copy(there, here);
    }
  }

  /** A chunk for the caller: one that nobody has had, or one that nobody has begun. */
  private take(): number {
    const { words } = this.shared;
    const returned = this.back.pop();
    if (returned !== undefined) return returned;
    if (this.following < this.plan.chunks) return this.following++;
    for (let slot = 0; slot < this.slots; slot++) {
      const held = this.held[slot] as number;
      if (held < 0 || Atomics.compareExchange(words, stateOf(slot), this.tag | FILLED, FREE) !== (this.tag | FILLED)) continue;
      this.held[slot] = -1;
      return held;
    }
    return -1;
  }

  /** What was handed over is done here: the user's arrays are as they were, as outputs are copied only out of what is done. */
  private giveUp(): void {
    this.lost = true;
    this.held.forEach((held, slot) => {
      if (held < 0) return;
      this.held[slot] = -1;
      this.back.push(held);
    });
  }

  /** Ends the job. After an error in the caller's own loop others may still be at work in their slots. */
  close(): void {
    if (!this.opened) return;
    const { words } = this.shared;
    const since = now();
    for (let slot = 0; slot < this.slots; slot++) {
      Atomics.compareExchange(words, stateOf(slot), this.tag | FILLED, FREE);
      while (Atomics.load(words, stateOf(slot)) === (this.tag | TAKEN) && !this.lost) {
        if (now() - since > this.patience) this.lost = true;
        pause(words, ANSWER, Atomics.load(words, ANSWER));
      }
    }
    this.shared.post(null);
    Atomics.add(words, FILL, 1);
    Atomics.notify(words, FILL);
  }
}

/** A job's call as each of its slots has it. */
export function inSlots(text: string, buffer: ArrayBufferLike, stride: number): (slot: number) => object {
  const calls: object[] = [];
  return (slot) => {
    calls[slot] ??= read(text, buffer, slot * stride).call;
    return calls[slot] as object;
  };
}

/** A worker's side: what is filled is done, until another job comes. `number` is the present one's. */
export function help(shared: Shared, thread: number, number: number, job: Job, calls: (slot: number) => object, backend: Splittable, stream: Stream): void {
  const { words, sums } = shared;
  const { slots, size, method } = job;
  const tag = number << 2;
  while (Atomics.load(words, JOB) === number) {
    const fill = Atomics.load(words, FILL);
    let idle = true;
    for (let slot = 0; slot < slots; slot++) {
      if (Atomics.compareExchange(words, stateOf(slot), tag | FILLED, tag | TAKEN) !== (tag | FILLED)) continue;
      idle = false;
      run(backend, stream, method, calls(slot), whole(sums.subarray(words[batchIn(slot)] as number), size));
      Atomics.add(words, WORK + thread, 1);
      Atomics.compareExchange(words, stateOf(slot), tag | TAKEN, FREE);
      Atomics.add(words, ANSWER, 1);
      Atomics.notify(words, ANSWER);
    }
    if (idle) pause(words, FILL, fill);
  }
}

/** All batches of a loop for one thread. */
function whole(sums: Float64Array, size: number): Split {
  let claimed = false;
  return {
    sums,
    size,
    isFlat: false,
    open: () => true,
    claim: () => {
      if (claimed) return -1;
      claimed = true;
      return 0;
    },
  };
}
