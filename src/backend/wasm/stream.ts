// The one loop over tiles. A call opens a port for each of its arrays, which finds out once where the array is: in one of alloc's, whose elements the
// kernel uses where they lie, or elsewhere, and then tiles of it are copied into the port's slot of the window, and out of it.

import type { HalfArray } from "../../array/half.js";
import { BYTES, type Dtype, type FloatArray, lengthOf, setElements, view } from "../../array/typed.js";
import { APPLY, BEGIN, COUNT, FINISH, REDUCE } from "../protocol.js";
import type { Source } from "../seam.js";
import type { WasmArena } from "./arena.js";
import { batchOf, ROW_BYTES, SLOTS, type Window } from "./window.js";

export type Kernel = (...args: number[]) => number;

/** What a port does with its array. Factors are doubles, whatever the dtype of the call. */
type Kind = "in" | "half" | "out" | "integers" | "factors";

/** One array of a call. */
export class Port {
  /** Address for the kernel, of the tile that is staged. */
  at = 0;
  kind: Kind = "in";
  data: FloatArray | Int32Array = new Int32Array(0);
  /** Of half-precision elements, which the slot has as float32: their patterns, and the kernel that widens them. */
  patterns: Uint16Array = new Uint16Array(0);
  widen: Kernel | null = null;
  broadcast: Source["broadcast"] = null;
  /** Elements of a row that are here, and whether these are all. */
  each = 1;
  wide = true;
  /** Whether a transposer brings its rows in and out. */
  strided = false;
  /** Address of the array's first element where it is one of alloc's and used where it lies, else 0. */
  own = 0;
  /** To the slot all the same: what is written beyond the end would be another thread's. */
  apart = false;
  bytes = 4;
  /** The slot's address. */
  readonly address: number;
  /** The last view that was copied out, of so many elements of so many bytes: small calls of one size make no new ones. */
  private last: FloatArray | undefined;
  private lastCount = -1;
  private lastBytes = 0;

  constructor(address: number) {
    this.address = address;
  }

  /** Says where the kernel finds elements `start` to `start + count` of the array, or writes them; copies what is read in. */
  stage(window: Window, start: number, count: number): void {
    if (this.own !== 0 && !this.apart) {
      this.at = this.own + start * this.bytes;
      return;
    }
    this.at = this.address;
    if (this.kind === "in") {
      const heap = this.bytes === 4 ? window.f32 : window.f64;
      const to = this.address / this.bytes;
      const data = this.data as FloatArray;
      if (this.broadcast) this.broadcast.fill(data, start, count, heap, to);
      else heap.set(start === 0 && count === lengthOf.call(data) ? data : view(data, start, count), to);
    } else if (this.kind === "half") {
      // in the upper half of where the floats go: the kernel reads them before it writes there
      const from = this.address + ((2 * count + 15) & -16);
      window.u16.set(start === 0 && count === this.patterns.length ? this.patterns : view(this.patterns, start, count), from / 2);
      this.widen?.(from, this.address, count);
    } else if (this.kind === "integers") {
      const data = this.data as Int32Array;
      const to = this.address / 4;
      for (let i = 0; i < count; i++) window.i32[to + i] = data[start + i] as number;
    } else if (this.kind === "factors") {
      const data = this.data as FloatArray;
      const to = this.address / 8;
      for (let i = 0; i < count; i++) window.f64[to + i] = data[start + i] as number;
    }
  }

  /** Copies out what the kernel did not write to the array itself. */
  collect(window: Window, start: number, count: number): void {
    if (this.own !== 0 && !this.apart) return;
    if (this.lastCount !== count || this.lastBytes !== this.bytes) {
      const from = this.address / this.bytes;
      this.last = (this.bytes === 4 ? window.f32 : window.f64).subarray(from, from + count);
      this.lastCount = count;
      this.lastBytes = this.bytes;
    }
    setElements.call(this.data, this.last as FloatArray, start);
  }
}

/** Brings rows whose elements lie apart in their array to and from a slot, where they do not: elements `from` to `from + count` of each. */
export interface Transposer {
  /** Rows that follow each other: a batch does not cross a multiple of it. */
  readonly inner: number;
  gather(port: Port, row: number, rows: number, from: number, count: number): void;
  scatter(port: Port, row: number, rows: number, from: number, count: number): void;
}

/** A loop whose batches several threads share: each takes some that follow each other, as long as there are any. */
export interface Split {
  /** What the kernels returned for each batch. */
  readonly sums: Float64Array;
  /** Batches that a thread takes at once. */
  readonly size: number;
  /** Whether a batch is one row for the kernel, of one position each. */
  readonly isFlat: boolean;
  /** A loop of so many batches begins; false where it is not shared. */
  open(batches: number): boolean;
  /** The first of some batches that are this thread's, or -1; those it had before are done. */
  claim(): number;
}

const WHOLE = BEGIN | REDUCE | FINISH;

export class Stream {
  private readonly window: Window;
  private readonly arena: Pick<WasmArena, "addressOf">;
  private readonly slots: readonly Port[];
  private readonly none: Int32Array = new Int32Array(0);
  /** The ports of the present call: those that are read, and those that are written. */
  private readonly read: Port[] = [];
  private reads = 0;
  private readonly written: Port[] = [];
  private writes = 0;
  private dtype: Dtype = "float32";
  private width = 1;
  private transposer: Transposer | null = null;
  private total = 0;
  /** Where this thread's rows end. */
  private end = 0;
  private gradient = 0;
  private batch = 1;
  private pieces = false;
  /** Of rows that come in pieces: what those before the present one add up to, so that the sum is the same where others compute some of them. */
  private before = 0;
  /** What is staged: rows `row` to `row + rows`, elements `from` to `from + count` of each, for these phases. */
  phases = 0;
  row = 0;
  rows = 0;
  from = 0;
  count = 0;
  /** What the kernels returned, added up in the order of the batches; where the loop is shared, this batch's. */
  sum = 0;
  /** Where the batches are shared with other threads. */
  split: Split | null = null;
  /** Whether outputs go through the slots whatever array they are. */
  apart = false;
  private perSlab = 0;
  private now = 0;

  constructor(window: Window, arena: Pick<WasmArena, "addressOf">) {
    this.window = window;
    this.arena = arena;
    this.slots = Array.from({ length: SLOTS }, (_, slot) => new Port(window.address(slot)));
  }

  /** A new call, on rows of `width` elements. */
  begin(dtype: Dtype, width: number, transposer: Transposer | null = null): void {
    this.dtype = dtype;
    this.width = width;
    this.transposer = transposer;
    this.reads = 0;
    this.writes = 0;
  }

  private port(slot: number, kind: Kind, data: FloatArray | Int32Array, wide: boolean, each: number): Port {
    const port = this.slots[slot] as Port;
    port.kind = kind;
    port.data = data;
    port.broadcast = null;
    port.wide = wide;
    port.each = wide ? this.width : each;
    port.strided = wide && this.transposer !== null;
    port.at = port.address;
    port.bytes = BYTES[this.dtype];
    port.own = 0;
    port.apart = this.apart;
    if (kind === "out") this.written[this.writes++] = port;
    else this.read[this.reads++] = port;
    return port;
  }

  /** Rows to read. `copied`: to the slot in any case, where they may be written over. */
  input(slot: number, data: FloatArray, copied = false): Port {
    const port = this.port(slot, "in", data, true, 0);
    if (!copied && !port.strided) port.own = this.arena.addressOf(data, this.dtype);
    return port;
  }

  /** Rows of half-precision elements to read, as float32. */
  half(slot: number, { patterns }: HalfArray, widen: Kernel): Port {
    const port = this.port(slot, "half", this.none, true, 0);
    port.patterns = patterns;
    port.widen = widen;
    return port;
  }

  /** Rows to read, of an array that may be repeated. */
  source(slot: number, { data, broadcast }: Source): Port {
    const port = this.port(slot, "in", data, true, 0);
    port.broadcast = broadcast;
    if (!broadcast) port.own = this.arena.addressOf(data, this.dtype);
    return port;
  }

  /** Rows to write. */
  output(slot: number, data: FloatArray): Port {
    const port = this.port(slot, "out", data, true, 0);
    if (!port.strided) port.own = this.arena.addressOf(data, this.dtype);
    return port;
  }

  /** One element a row to write. */
  values(slot: number, data: FloatArray): Port {
    const port = this.port(slot, "out", data, false, 1);
    port.own = this.arena.addressOf(data, this.dtype);
    return port;
  }

  /** `each` integers a row to read. */
  integers(slot: number, data: Int32Array, each = 1): Port {
    return this.port(slot, "integers", data, false, each);
  }

  /** A factor a row to read. */
  factors(slot: number, data: FloatArray): Port {
    return this.port(slot, "factors", data, false, 1);
  }

  /** Whole rows: what they have one of is staged and copied out alike. */
  private stage(): void {
    const { window, row, rows } = this;
    for (let i = 0; i < this.reads; i++) {
      const port = this.read[i] as Port;
      if (port.strided) this.transposer?.gather(port, row, rows, 0, this.width);
      else port.stage(window, row * port.each, rows * port.each);
    }
    for (let i = 0; i < this.writes; i++) {
      const port = this.written[i] as Port;
      if (!port.strided) port.stage(window, row * port.each, rows * port.each);
    }
  }

  private collect(): void {
    const { window, row, rows } = this;
    for (let i = 0; i < this.writes; i++) {
      const port = this.written[i] as Port;
      if (port.strided) this.transposer?.scatter(port, row, rows, 0, this.width);
      else port.collect(window, row * port.each, rows * port.each);
    }
  }

  private stagePiece(port: Port): void {
    const { row, from, count } = this;
    if (!port.wide) port.stage(this.window, row * port.each, port.each);
    else if (!port.strided) port.stage(this.window, row * this.width + from, count);
    else if (port.kind === "in") this.transposer?.gather(port, row, 1, from, count);
  }

  /** Copies out a piece of what has whole rows, or what has one element a row. */
  private collectPiece(wide: boolean): void {
    const { row, from, count } = this;
    for (let i = 0; i < this.writes; i++) {
      const port = this.written[i] as Port;
      if (port.wide !== wide) continue;
      if (!wide) port.collect(this.window, row, 1);
      else if (!port.strided) port.collect(this.window, row * this.width + from, count);
      else this.transposer?.scatter(port, row, 1, from, count);
    }
  }

  /**
   * All rows, for `while (stream.next())`: whole, in batches of `batch`, or where one does not fit, one after the other in pieces, a pass of pieces for
   * each phase that looks at the elements. `gradient`: APPLY, and COUNT, where they are wanted.
   */
  start(rows: number, gradient: number, batch: number = batchOf(this.dtype, this.width)): void {
    this.total = rows;
    this.end = rows;
    this.sum = 0;
    this.gradient = gradient;
    this.batch = batch;
    this.row = 0;
    this.rows = 0;
    this.from = 0;
    this.count = this.width;
    this.phases = WHOLE | gradient;
    this.pieces = this.width * BYTES[this.dtype] > ROW_BYTES;
    if (this.pieces) this.phases = 0;
    this.before = 0;
    if (this.split) this.share(this.split);
  }

  private share(split: Split): void {
    const inner = this.transposer && !this.pieces ? this.transposer.inner : this.total;
    this.perSlab = Math.ceil(inner / this.batch);
    if (split.open(inner === 0 ? 0 : (this.total / inner) * this.perSlab)) this.end = 0;
    else this.split = null;
  }

  /** The first row of a batch. */
  private rowOf(batch: number): number {
    const inner = this.transposer && !this.pieces ? this.transposer.inner : this.total;
    return Math.min(this.total, Math.floor(batch / this.perSlab) * inner + (batch % this.perSlab) * this.batch);
  }

  /** A batch is complete. */
  private keep(split: Split): void {
    split.sums[this.now++] = this.sum;
    this.sum = 0;
  }

  /** The next batches that no other thread has; false where there are none. */
  private claim(split: Split): boolean {
    const first = split.claim();
    if (first < 0) return false;
    this.now = first;
    this.row = this.rowOf(first);
    this.end = this.rowOf(first + split.size);
    return true;
  }

  /** Outputs of rows that are no whole vectors: the last of them would be written over the first of the next thread's. */
  private part(split: Split): void {
    const last = this.pieces || this.row + this.rows >= this.end;
    const odd = ((split.isFlat ? this.batch : this.width) * BYTES[this.dtype]) % 32 !== 0;
    const apart = last && odd && this.end < this.total;
    for (let i = 0; i < this.writes; i++) (this.written[i] as Port).apart = apart;
  }

  /** Copies out what the last step wrote and stages the next; false after the last one. Not a callback: a loop around this is compiled as one. */
  next(): boolean {
    if (this.pieces) return this.nextPiece();
    if (this.rows > 0) {
      this.collect();
      this.row += this.rows;
      if (this.split) this.keep(this.split);
    }
    if (this.row >= this.end && !(this.split && this.claim(this.split))) return false;
    this.rows = Math.min(this.batch, this.end - this.row);
    if (this.transposer) this.rows = Math.min(this.rows, this.transposer.inner - (this.row % this.transposer.inner));
    if (this.split) this.part(this.split);
    this.stage();
    return true;
  }

  private nextPiece(): boolean {
    if (this.rows > 0 && this.phases & (FINISH | COUNT | APPLY)) this.collectPiece(this.phases === APPLY);
    this.rows = 1;
    this.from += this.count;
    if (this.phases === FINISH || this.phases === 0 || this.from >= this.width) {
      this.from = 0;
      const done = this.phases & ~BEGIN;
      if (done === 0) this.phases = BEGIN | REDUCE;
      else if (done === REDUCE) this.phases = FINISH;
      else if (done === FINISH && this.gradient & COUNT) this.phases = COUNT;
      else if (done !== APPLY && this.gradient & APPLY) this.phases = APPLY;
      else {
        this.row++;
        if (this.split) this.keep(this.split);
        else {
          this.before += this.sum;
          this.sum = 0;
        }
        this.phases = BEGIN | REDUCE;
      }
      if (this.row >= this.end && !(this.split && this.claim(this.split))) {
        if (!this.split) this.sum = this.before;
        return false;
      }
    } else this.phases &= ~BEGIN;
    this.count = this.phases === FINISH ? 0 : Math.min(batchOf(this.dtype, 1), this.width - this.from);
    if (this.split) this.part(this.split);
    for (let k = 0; k < this.reads; k++) this.stagePiece(this.read[k] as Port);
    for (let k = 0; k < this.writes; k++) this.stagePiece(this.written[k] as Port);
    return true;
  }
}
