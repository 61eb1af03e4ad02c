// The batches of a call whose arrays all lie in shared memory: each thread takes a chunk of them, as long as there are any.

import type { Split } from "../wasm/stream.js";
import { DONE, EPOCH, type Shared, TICKET, WORK } from "./shared.js";

/** The chunks of a job, as one thread takes them. */
export class Chunks implements Split {
  readonly sums: Float64Array;
  size = 1;
  isFlat = false;
  /** How many chunks there are; 0 before the loop begins. */
  count = 0;
  batches = 0;
  /** The first ticket of the job. */
  first = 0;
  private busy = false;
  private readonly words: Int32Array;
  private readonly thread: number;
  private readonly epoch: () => number;
  /** Says whether a loop of so many batches is shared, and sets `size`. */
  private readonly begin: (batches: number) => boolean;

  constructor({ words, sums }: Shared, thread: number, epoch: () => number, begin: (batches: number) => boolean) {
    this.words = words;
    this.sums = sums;
    this.thread = thread;
    this.epoch = epoch;
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
      if (chunk < 0 || chunk >= this.count || !this.current()) return -1;
      if (Atomics.compareExchange(words, TICKET, ticket, (ticket + 1) | 0) !== ticket) continue;
      this.busy = true;
      return chunk * this.size;
    }
  }

  private settle(): void {
    if (!this.busy) return;
    this.busy = false;
    if (!this.current()) return; // nobody waits for it any more
    Atomics.add(this.words, WORK + this.thread, 1);
    if (Atomics.add(this.words, DONE, 1) + 1 === this.count) Atomics.notify(this.words, DONE);
  }

  private current(): boolean {
    return Atomics.load(this.words, EPOCH) === this.epoch();
  }

  /** Before a job: its tickets begin with the one that comes next. */
  reset(): void {
    Atomics.store(this.words, DONE, 0);
    this.first = Atomics.load(this.words, TICKET);
  }
}
