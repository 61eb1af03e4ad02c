// Rows of a matrix in the window, for kernels that come to each of them many times: as many whole tiles of rows as there is room for, a panel; and of rows
// that are too long for that a piece. Each row is padded with zeros to whole pairs of vectors. What a panel of a gradient collected is copied out when another
// takes its place.

import { BYTES, type Dtype, type FloatArray, setElements, view } from "../../array/typed.js";
import { TILE } from "../protocol.js";
import { blocksOf, heightOf } from "./crew.js";
import type { Machine } from "./machine.js";
import type { Kernel } from "./stream.js";

/** Bytes of a panel at most. */
export const PANEL: number = 6 << 20;
/** Bytes for tiles that are kept: 2048 x 2048 of float32, with their edges. */
export const KEPT: number = 18 << 20;
/** What tests set: how much of that is used, and whether tiles are kept at all. */
export const tuning: { panel: number; kept: number; keep: boolean } = { panel: PANEL, kept: KEPT, keep: true };
/** Rows are padded to an odd multiple of these bytes: of an even one, many rows of a tile would share the cache's sets. */
const PAIR = 32;
/** Elements from which on to copy a row at once is faster than one by one. */
const LONG = 64;

export class Panels {
  readonly blocks: number;
  readonly pieces: number;
  readonly rows: number;
  private readonly grad: boolean;
  private readonly machine: Machine;
  private readonly dtype: Dtype;
  private readonly data: FloatArray;
  private readonly dims: number;
  /** Elements of a piece, and panels' tiles of rows. */
  private readonly piece: number;
  private readonly tall: number;
  private readonly divide: Kernel;
  private readonly slots: readonly number[];
  /** Which panel and piece lies in a slot: panel * pieces + piece, or -1. */
  private readonly held: number[];
  private last = 0;
  /** What rows are divided by, once it is known, and where a tile's of them lie for the kernels. */
  norms: Float64Array | null = null;
  private readonly scratch: number;

  constructor(machine: Machine, dtype: Dtype, data: FloatArray, rows: number, dims: number, slots: readonly number[], scratch: number, grad = false) {
    this.machine = machine;
    this.dtype = dtype;
    this.data = data;
    this.rows = rows;
    this.dims = dims;
    this.slots = slots;
    this.scratch = scratch;
    this.grad = grad;
    this.held = slots.map(() => -1);
    // of the longest piece a tile of rows is a panel
    this.piece = Math.max(1, Math.min(dims, (((tuning.panel / TILE / PAIR - 1) | 1) * PAIR) / BYTES[dtype]));
    this.pieces = Math.max(1, Math.ceil(dims / this.piece));
    this.blocks = blocksOf(rows);
    this.tall = Math.floor(tuning.panel / (TILE * this.bytes(0)));
    this.divide = machine.kernel("divide", dtype);
  }

  /** Elements of a piece. */
  private width(piece: number): number {
    return Math.min(this.piece, this.dims - piece * this.piece);
  }

  /** Bytes from a row of a piece to the next. */
  bytes(piece: number): number {
    return (Math.ceil((this.width(piece) * BYTES[this.dtype]) / PAIR) | 1) * PAIR;
  }

  /** Rows of a block. */
  height(block: number): number {
    return heightOf(this.rows, block);
  }

  /** Whether all rows are in the window together. */
  get whole(): boolean {
    return this.pieces === 1 && this.blocks <= this.tall;
  }

  /** Tiles of rows that are in the window together. */
  get panel(): number {
    return this.tall;
  }

  /** Where the first row of a block lies. Of two slots the one that was not asked for last makes room. */
  address(block: number, piece = 0): number {
    const panel = Math.floor(block / this.tall);
    const key = panel * this.pieces + piece;
    let slot = this.held.indexOf(key);
    if (slot < 0) {
      slot = this.held.length === 1 ? 0 : 1 - this.last;
      this.flush(slot);
      this.load(slot, panel, piece);
      this.held[slot] = key;
    }
    this.last = slot;
    return (this.slots[slot] as number) + (block - panel * this.tall) * TILE * this.bytes(piece);
  }

  /** Finds the norms of all rows, `floor` where they are smaller; from here on rows are divided by them. */
  normalize(floor: number): void {
    const { machine, rows, scratch } = this;
    const { f64 } = machine.window;
    const kernel = machine.kernel("norms", this.dtype);
    const norms = new Float64Array(rows);
    for (let block = 0; block < this.blocks; block++) {
      const height = this.height(block);
      f64.fill(0, scratch / 8, scratch / 8 + height);
      for (let piece = 0; piece < this.pieces; piece++) kernel(this.address(block, piece), height, this.bytes(piece), scratch);
      for (let row = 0; row < height; row++) norms[block * TILE + row] = Math.max(Math.sqrt(f64[scratch / 8 + row] as number), floor);
    }
    this.held.fill(-1);
    this.norms = norms;
  }

  /** Copies out what gradients have collected. */
  close(): void {
    for (let slot = 0; slot < this.held.length; slot++) this.flush(slot);
  }

  private load(slot: number, panel: number, piece: number): void {
    const { dtype, data, dims, norms, machine } = this;
    const { window } = machine;
    const heap = window.heap(dtype);
    const size = BYTES[dtype];
    const first = panel * this.tall * TILE;
    const count = Math.min(this.tall * TILE, this.rows - first);
    const width = this.width(piece);
    const step = this.bytes(piece) / size;
    let at = (this.slots[slot] as number) / size;
    let from = first * dims + piece * this.piece;
    for (let row = 0; row < count; row++, at += step, from += dims) {
      if (width < LONG) for (let d = 0; d < width; d++) heap[at + d] = data[from + d] as number;
      else heap.set(view(data, from, width), at);
      for (let d = width; d < step; d++) heap[at + d] = 0;
    }
    if (!norms) return;
    for (let row = 0; row < count; row += TILE) {
      const height = Math.min(TILE, count - row);
      window.f64.set(view(norms, first + row, height), this.scratch / 8);
      this.divide((this.slots[slot] as number) + row * step * size, height, step * size, this.scratch);
    }
  }

  private flush(slot: number): void {
    const key = this.held[slot] as number;
    if (key < 0 || !this.grad) return;
    const { dtype, data, dims } = this;
    const heap = this.machine.window.heap(dtype);
    const size = BYTES[dtype];
    const panel = Math.floor(key / this.pieces);
    const piece = key % this.pieces;
    const first = panel * this.tall * TILE;
    const count = Math.min(this.tall * TILE, this.rows - first);
    const width = this.width(piece);
    const step = this.bytes(piece) / size;
    let at = (this.slots[slot] as number) / size;
    let to = first * dims + piece * this.piece;
    for (let row = 0; row < count; row++, at += step, to += dims) {
      if (width < LONG) for (let d = 0; d < width; d++) data[to + d] = heap[at + d] as number;
      else setElements.call(data, heap.subarray(at, at + width), to);
    }
  }
}
