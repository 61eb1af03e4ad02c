// The memory that threads share: a window for each of them, then what they tell each other, then room for arrays that are not alloc's, then the arena.

import { PAGE, PAGES, WINDOW_PAGES } from "../wasm/window.js";

/** The most threads, the caller included: each has a window of its own. */
export const MOST = 8;

const CONTROL: number = (PAGES + (MOST - 1) * WINDOW_PAGES) * PAGE;
// Indices into the words of the control block; what many threads write has a cache line of its own.
/** Even: the number of the job that is to be read; odd: it is being written. */
export const JOB = 0;
/** Which text says what it is, 0 where it is none, and its first ticket (chunks.ts). */
const VERSION = 1;
const FIRST = 2;
/** Chunks that were given out (chunks.ts): never set back, so that who comes late finds nothing left. */
export const TICKET = 16;
/** Chunks that are done. */
export const DONE = 32;
/** Whose workers are to go on: those of an earlier start end themselves. */
export const EPOCH = 48;
/** For each thread: -epoch when it is started, the epoch when it is ready. */
export const READY = 52;
/** Chunks that each thread has done, for tests. */
export const WORK = 64;
/** Grow with every slot that is done, and with every one that is filled (relay.ts). */
export const ANSWER = 80;
export const FILL = 96;
/** The state of each slot, and the batch that it begins with. */
export const SLOT = 112;
export const SLOT_WORDS = 16;
/** Slots for each worker: with 2 it had nothing to do while the caller did a chunk of its own, more than 4 bring nothing. */
export const SLOTS_EACH = 4;
/** Where each module's bytes begin, and how many they are. */
const MODULES: number = SLOT + SLOTS_EACH * (MOST - 1) * SLOT_WORDS;
const WORDS = 1024;

const MODULE_BYTES = 3 << 20;
const MODULES_AT: number = CONTROL + 4 * WORDS;
const SUMS_AT: number = MODULES_AT + MODULE_BYTES;
/** The most batches that a call is split into. */
export const SUMS: number = 1 << 16;
const TEXT_AT: number = SUMS_AT + 8 * SUMS;
const TEXT = 1 << 13;
/** Arrays that are not alloc's are copied here. */
export const SCRATCH: number = TEXT_AT + 4 * TEXT;
export const SCRATCH_BYTES: number = 128 << 20;
export const ARENA: number = SCRATCH + SCRATCH_BYTES;
/** What lies between two arrays there: kernels read and write a pair of vectors beyond an end. No power of two, as in wasm/arena.ts. */
const GAP = 1024 + 64;

/** Bytes that an array takes there. */
export const roomFor = (bytes: number): number => Math.ceil(bytes / 64) * 64 + GAP;

/** Modules by number. */
export const NAMES: readonly string[] = [
  "boxes",
  "classes",
  "ctc",
  "distillation",
  "inBatch",
  "likelihoods",
  "logistic",
  "margins",
  "overlap",
  "pointwise",
  "tokens",
  "vectors",
];

/** What one thread sees of it. */
export class Shared {
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
  readonly sums: Float64Array;
  private readonly bytes: Uint8Array;
  private readonly text: Int32Array;
  /** The text that is there, of the side that writes: a call that is repeated has the same, and who has read it need not read it again. */
  private last = "";
  private version = 0;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.words = new Int32Array(memory.buffer, CONTROL, WORDS);
    this.sums = new Float64Array(memory.buffer, SUMS_AT, SUMS);
    this.bytes = new Uint8Array(memory.buffer, MODULES_AT, MODULE_BYTES);
    this.text = new Int32Array(memory.buffer, TEXT_AT, TEXT);
  }

  /**
   * Publishes a job, or with null that there is none any more; false where its text is too long. Word by word atomically: who reads while the next one is
   * written must see that it is.
   */
  post(text: string | null, first = 0): boolean {
    if (text !== null && text.length >= 2 * TEXT - 2) return false;
    const { words } = this;
    const number = Atomics.load(words, JOB);
    Atomics.store(words, JOB, (number + 1) | 0);
    if (text !== null && text !== this.last) this.keepText(text);
    Atomics.store(words, VERSION, text === null ? 0 : this.version);
    Atomics.store(words, FIRST, first);
    Atomics.store(words, JOB, (number + 2) | 0);
    Atomics.notify(words, JOB);
    return true;
  }

  private keepText(text: string): void {
    this.last = text;
    this.version++;
    Atomics.store(this.text, 0, text.length);
    for (let i = 0; i < text.length; i += 2) Atomics.store(this.text, i / 2 + 1, text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
  }

  /** The present job: which text it has, 0 for none, and its first ticket. They are another's where the number of the job is another one afterwards. */
  posted(): { readonly version: number; readonly first: number } {
    return { version: Atomics.load(this.words, VERSION), first: Atomics.load(this.words, FIRST) };
  }

  /** The text that is there. */
  read(): string {
    const codes = new Uint16Array(Math.min(2 * TEXT - 2, Atomics.load(this.text, 0)));
    for (let i = 0; i < codes.length; i += 2) {
      const pair = Atomics.load(this.text, i / 2 + 1);
      codes[i] = pair;
      codes[i + 1] = pair >>> 16;
    }
    return String.fromCharCode(...codes);
  }

  /** Keeps the bytes of a module, behind those of the modules before it. */
  keepModule(id: number, bytes: Uint8Array): void {
    const { words } = this;
    let at = 0;
    for (let other = 0; other < NAMES.length; other++) at = Math.max(at, (words[MODULES + 2 * other] as number) + (words[MODULES + 2 * other + 1] as number));
    this.bytes.set(bytes, at);
    words[MODULES + 2 * id] = at;
    words[MODULES + 2 * id + 1] = bytes.length;
  }

  /** A copy: no module is compiled from memory that is shared. */
  module(id: number): Uint8Array<ArrayBuffer> {
    const at = this.words[MODULES + 2 * id] as number;
    return Uint8Array.from(this.bytes.subarray(at, at + (this.words[MODULES + 2 * id + 1] as number)));
  }
}
