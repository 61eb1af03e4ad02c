// The memory that threads share: a window for each of them, then what they tell each other, then room for arrays that are not alloc's, then the arena.

import type { Split } from "../wasm/stream.js";
import { PAGE, PAGES, WINDOW_PAGES } from "../wasm/window.js";

/** The most threads, the caller included: each has a window of its own. */
export const MOST = 8;

const CONTROL: number = (PAGES + (MOST - 1) * WINDOW_PAGES) * PAGE;
/** Indices into the words of the control block. */
export const JOB = 0; // even: the number of the job that is to be read; odd: it is being written
const TICKET = 16; // never set back, so that who comes late finds nothing left
const DONE = 32; // chunks of the job that are done
export const READY = 48;
export const EPOCH = 49; // threads of an earlier start end themselves
/** Chunks that each thread has done, for tests. */
export const WORK = 64;
/** Where each module's bytes begin, and how many they are. */
export const MODULES = 80;
const MODULE_BYTES = 3 << 20;
const MODULES_AT: number = CONTROL + 4096;
const SUMS_AT: number = MODULES_AT + MODULE_BYTES;
export const SUMS: number = 1 << 16;
const TEXT_AT: number = SUMS_AT + 8 * SUMS;
const TEXT = 1 << 15;
/** Arrays that are not alloc's are copied here. */
export const SCRATCH: number = TEXT_AT + 2 * TEXT;
export const SCRATCH_BYTES: number = 128 << 20;
export const ARENA: number = SCRATCH + SCRATCH_BYTES;

/** Modules by number. */
export const NAMES: readonly string[] = ["classes", "ctc", "likelihoods", "logistic", "margins", "pointwise", "vectors"];

/** What one thread sees of it. */
export class Shared {
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
  readonly sums: Float64Array;
  readonly bytes: Uint8Array;
  private readonly text: Uint16Array;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.words = new Int32Array(memory.buffer, CONTROL, 1024);
    this.sums = new Float64Array(memory.buffer, SUMS_AT, SUMS);
    this.bytes = new Uint8Array(memory.buffer, MODULES_AT, MODULE_BYTES);
    this.text = new Uint16Array(memory.buffer, TEXT_AT, TEXT);
  }

  /** False where it is too long. */
  write(text: string): boolean {
    if (text.length >= TEXT) return false;
    this.text[0] = text.length;
    for (let i = 0; i < text.length; i++) this.text[i + 1] = text.charCodeAt(i);
    return true;
  }

  read(): string {
    let text = "";
    const length = this.text[0] as number;
    for (let i = 1; i <= length; i++) text += String.fromCharCode(this.text[i] as number);
    return text;
  }
}

/** The chunks of a job, as one thread takes them. */
export class Chunks implements Split {
  readonly sums: Float64Array;
  size = 1;
  flat = false;
  /** How many chunks there are; 0 before the loop begins. */
  count = 0;
  batches = 0;
  private busy = false;
  private readonly words: Int32Array;
  private readonly thread: number;
  /** The first ticket of the job. */
  first = 0;
  /** Says whether a loop of so many batches is shared, and sets `size`. */
  readonly begin: (batches: number) => boolean;

  constructor(shared: Shared, thread: number, begin: (batches: number) => boolean) {
    this.words = shared.words;
    this.sums = shared.sums;
    this.thread = thread;
    this.begin = begin;
  }

  open(batches: number): boolean {
    this.busy = false;
    if (!this.begin(batches)) return false;
    this.batches = batches;
    this.count = Math.ceil(batches / this.size);
    return true;
  }

  claim(): number {
    const { words } = this;
    this.settle();
    for (;;) {
      const ticket = Atomics.load(words, TICKET);
      const chunk = (ticket - this.first) | 0;
      if (chunk < 0 || chunk >= this.count) return -1;
      if (Atomics.compareExchange(words, TICKET, ticket, (ticket + 1) | 0) !== ticket) continue;
      this.busy = true;
      return chunk * this.size;
    }
  }

  private settle(): void {
    if (!this.busy) return;
    this.busy = false;
    Atomics.add(this.words, WORK + this.thread, 1);
    if (Atomics.add(this.words, DONE, 1) + 1 === this.count) Atomics.notify(this.words, DONE);
  }

  /** The ticket that comes next. */
  next(): number {
    return Atomics.load(this.words, TICKET);
  }

  reset(): void {
    Atomics.store(this.words, DONE, 0);
  }

  get done(): number {
    return Atomics.load(this.words, DONE);
  }

  /** Sleeps until a chunk more than `done` is done; on a page, where nobody may sleep, not at all. */
  wait(done: number, ms: number): void {
    try {
      Atomics.wait(this.words, DONE, done, ms);
    } catch {
      // a page
    }
  }
}
