// The arrays that `alloc` returns: they lie in the kernels' own memory, behind the window, so that losses need not copy them. The memory has a fixed
// size, so they never detach. What is forgotten is found again when room is short.

import { BYTES, type Dtype, type FloatArray } from "../seam.js";

/** Blocks begin at cache lines. */
const LINE = 64;
// Behind every array: what kernels read and write beyond an end (at most a pair of vectors), kept from the next array. Long arrays get more, which is
// no power of two: arrays of a power of two elements would else share cache sets, and loads would wait for stores a page apart.
const GAP = 64;
const LONG = 1 << 16;
const LONG_GAP = 1024 + 64;

interface Block {
  readonly address: number;
  readonly bytes: number;
  readonly dtype: Dtype;
  readonly array: WeakRef<FloatArray>;
}

export class Arena {
  private readonly memory: WebAssembly.Memory;
  /** What is free, by address: [address, bytes], neighbours joined. */
  private readonly free: [address: number, bytes: number][];
  private readonly live = new Set<Block>();
  private readonly blocks = new WeakMap<FloatArray, Block>();

  constructor(memory: WebAssembly.Memory, start: number) {
    this.memory = memory;
    this.free = [[start, memory.buffer.byteLength - start]];
  }

  /** An array of zeros, or the number of bytes that the largest array could have where there is no room. */
  take(length: number, dtype: Dtype): FloatArray | number {
    const size = BYTES[dtype];
    const bytes = Math.ceil((length * size) / LINE) * LINE;
    const whole = bytes + (bytes < LONG ? GAP : LONG_GAP);
    let at = this.free.findIndex((range) => range[1] >= whole);
    if (at < 0) {
      this.sweep();
      at = this.free.findIndex((range) => range[1] >= whole);
    }
    const range = this.free[at];
    if (!range) return Math.max(0, ...this.free.map((left) => Math.max(Math.min(left[1] - GAP, LONG - LINE), left[1] - LONG_GAP)));
    const [address] = range;
    if (range[1] === whole) this.free.splice(at, 1);
    else this.free[at] = [address + whole, range[1] - whole];
    const { buffer } = this.memory;
    new Uint8Array(buffer, address, whole).fill(0);
    const array = dtype === "float32" ? new Float32Array(buffer, address, length) : new Float64Array(buffer, address, length);
    const block: Block = { address, bytes: whole, dtype, array: new WeakRef(array) };
    this.live.add(block);
    this.blocks.set(array, block);
    return array;
  }

  /** Takes back an array that `take` returned. */
  give(array: FloatArray): void {
    const block = this.blocks.get(array);
    if (block) this.release(block);
    this.blocks.delete(array);
  }

  /** Where element `start` of an array lies, if it is one of this arena and of that dtype, else 0. */
  addressOf(array: FloatArray, dtype: Dtype, start: number): number {
    if (this.live.size === 0) return 0;
    const block = this.blocks.get(array);
    return block !== undefined && block.dtype === dtype ? block.address + start * BYTES[dtype] : 0;
  }

  private release(block: Block): void {
    if (!this.live.delete(block)) return;
    const { free } = this;
    let at = free.findIndex(([address]) => address > block.address);
    if (at < 0) at = free.length;
    const range: [number, number] = [block.address, block.bytes];
    const next = free[at];
    if (next && next[0] === range[0] + range[1]) {
      range[1] += next[1];
      free.splice(at, 1);
    }
    const before = free[at - 1];
    if (before && before[0] + before[1] === range[0]) before[1] += range[1];
    else free.splice(at, 0, range);
  }

  /** Takes back what the garbage collector has found. */
  private sweep(): void {
    for (const block of this.live) if (block.array.deref() === undefined) this.release(block);
  }
}
