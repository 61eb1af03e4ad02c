// The window in linear memory. Arrays of any length stream through a few slots, tile by tile: what is copied in stays in the cache until the
// kernel has used it, and the memory never grows, so that its views never detach.

import { lengthOf, setElements, view } from "../../call/operand.js";
import type { Arena } from "./arena.js";
import { BYTES, type Dtype, type FloatArray, type Source } from "../seam.js";

/** Bytes of one operand's tile: a few of them fit into the second-level cache; see bench/. */
export const TILE_BYTES: number = 1 << 16;
/** The longest row that is staged whole; longer ones go through in pieces of a tile. */
export const ROW_BYTES: number = 1 << 22;
// What follows a slot's row: room for the vectors that kernels read and write beyond the end. Not a power of two, so that slots do not share cache sets.
const SLACK = 4096 + 256;
// Static data of the kernels lies below; the build checks that it fits (scripts/kernels.mjs).
const BASE = 1 << 16;

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
export const PAGES: number = Math.ceil((BASE + SLOTS * (ROW_BYTES + SLACK)) / PAGE);

export function address(slot: number): number {
  return BASE + slot * (ROW_BYTES + SLACK);
}

export class Window {
  private readonly f32: Float32Array;
  private readonly f64: Float64Array;
  private readonly i32: Int32Array;
  /** The last view that was copied out of each slot: small calls of one size make no new ones. */
  private readonly views: (FloatArray | undefined)[] = [];

  private readonly arena: Arena;

  constructor(memory: WebAssembly.Memory, arena: Arena) {
    this.arena = arena;
    this.f32 = new Float32Array(memory.buffer);
    this.f64 = new Float64Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
  }

  /** Copies elements start ... start + count of an array into a slot, from its element `at`; an array of the other dtype is converted. */
  put(slot: number, dtype: Dtype, data: FloatArray, start: number, count: number, at = 0): void {
    const whole = start === 0 && count === lengthOf.call(data) ? data : view(data, start, count);
    if (dtype === "float32") this.f32.set(whole, address(slot) / 4 + at);
    else this.f64.set(whole, address(slot) / 8 + at);
  }

  /** Where a kernel reads elements start ... start + count of an array: where they lie, if `alloc` made it, else the slot, with a copy of them. */
  place(slot: number, dtype: Dtype, data: FloatArray, start: number, count: number): number {
    const own = this.arena.addressOf(data, dtype, start);
    if (own !== 0) return own;
    this.put(slot, dtype, data, start, count);
    return address(slot);
  }

  /** The same for an operand that may be repeated. */
  placeSource(slot: number, dtype: Dtype, source: Source, start: number, count: number): number {
    if (!source.broadcast) return this.place(slot, dtype, source.data, start, count);
    source.broadcast.fill(source.data, start, count, this.heap(dtype), address(slot) / BYTES[dtype]);
    return address(slot);
  }

  /** Where a kernel writes elements of an array from `start`: where they lie, if `alloc` made it, else the slot, from which `get` takes them. */
  target(slot: number, dtype: Dtype, into: FloatArray, start: number): number {
    return this.arena.addressOf(into, dtype, start) || address(slot);
  }

  /** Copies the first elements of a slot to an array that a kernel did not write itself. */
  get(slot: number, dtype: Dtype, into: FloatArray, start: number, count: number): void {
    if (this.arena.addressOf(into, dtype, start) !== 0) return;
    let from = this.views[slot];
    if (from === undefined || from.length !== count || (from.BYTES_PER_ELEMENT === 4) !== (dtype === "float32")) {
      const heap = this.heap(dtype);
      const at = address(slot) / heap.BYTES_PER_ELEMENT;
      from = heap.subarray(at, at + count);
      this.views[slot] = from;
    }
    setElements.call(into, from, start);
  }

  heap(dtype: Dtype): FloatArray {
    return dtype === "float32" ? this.f32 : this.f64;
  }

  /** Integers, as they are. */
  putIndex(index: Int32Array, start: number, count: number): void {
    const at = address(INDEX) / 4;
    for (let i = 0; i < count; i++) this.i32[at + i] = index[start + i] as number;
  }

  putOneIndex(y: number): void {
    this.i32[address(INDEX) / 4] = y;
  }

  /** Per-row factors are doubles, whatever the dtype of the call. */
  putFactors(slot: number, data: FloatArray, start: number, count: number): void {
    const at = address(slot) / 8;
    for (let i = 0; i < count; i++) this.f64[at + i] = data[start + i] as number;
  }
}
