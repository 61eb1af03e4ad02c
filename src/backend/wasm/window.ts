// The window in linear memory: a few slots, one for each array of a call, through which arrays of any length stream tile by tile (stream.ts). What is
// copied in stays in the cache until the kernel has used it, and the memory never grows, so that its views never detach.

import { BYTES, type Dtype, type FloatArray } from "../../array/typed.js";

/** Bytes of one operand's tile: a few of them fit into the second-level cache; see bench/. */
export const TILE_BYTES: number = 1 << 16;
/** The longest row that is staged whole; longer ones go through in pieces of a tile. */
export const ROW_BYTES: number = 1 << 22;
// What follows a slot's row: room for the vectors that kernels read and write beyond the end. Not a power of two, so that slots do not share cache sets;
// and of whole 256 bytes: a slot that begins 1 to 127 bytes behind where an array begins in its own page is copied to at a tenth of the speed on Zen 3 and 4
// (`rep movsb`, glibc's bug 30994), and large arrays begin 16 bytes into a page.
const SLACK = 4096 + 256;
const SLOT = ROW_BYTES + SLACK;
// Static data of the kernels lies below, a few KiB for each module; the build gives every module its own and checks that it fits (scripts/kernels.mjs).
const STATICS = 1 << 16;
/** Bytes for the block of parameters and row state that a kernel is pointed to. */
const BLOCK_BYTES = 4096;

/** Slots, by what lies in them. */
export const A = 0;
export const B = 1;
export const C = 2;
export const WEIGHT = 3;
export const GRAD_OUTPUT = 4;
export const VALUES = 5;
export const GRAD_A = 6;
export const GRAD_B = 7;
export const GRAD_C = 8;
export const INDEX = 9;
/** Where outputs go that nobody reads. */
export const SINK = 10;
export const SLOTS = 11;

export const PAGE: number = 1 << 16;
/** A window, in pages. */
export const WINDOW_PAGES: number = Math.ceil((BLOCK_BYTES + SLOTS * SLOT) / PAGE);
/** Statics and one window. */
export const PAGES: number = STATICS / PAGE + WINDOW_PAGES;

/** A window over a memory, which may hold several: `index` counts them from the statics on. */
export class Window {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i32: Int32Array;
  readonly u16: Uint16Array;
  /** Where a kernel's block lies; and the same as an index of 32 and of 64 bits, for its fields (generated/layouts.ts). */
  readonly block: number;
  readonly b4: number;
  readonly b8: number;
  private readonly slots: number;

  constructor(memory: WebAssembly.Memory, index = 0) {
    this.f32 = new Float32Array(memory.buffer);
    this.f64 = new Float64Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
    this.u16 = new Uint16Array(memory.buffer);
    this.block = STATICS + index * WINDOW_PAGES * PAGE;
    this.b4 = this.block / 4;
    this.b8 = this.block / 8;
    this.slots = this.block + BLOCK_BYTES;
  }

  address(slot: number): number {
    return this.slots + slot * SLOT;
  }

  heap(dtype: Dtype): FloatArray {
    return dtype === "float32" ? this.f32 : this.f64;
  }
}

/** How many rows of `width` elements go through in a batch: a tile's worth, one at least. */
export function batchOf(dtype: Dtype, width: number): number {
  return Math.max(1, Math.floor(TILE_BYTES / (Math.max(1, width) * BYTES[dtype])));
}
