// The arrays that `alloc` returns: they lie in the kernels' own memory, behind the window, so that losses need not copy them. The memory has a fixed
// size, so they never detach. What is forgotten comes back once the collector has found it, which happens between two turns of the event loop if it
// happens at all: such an array weighs next to nothing on the heap, so that no number of them makes the collector run.

import { BYTES, type Dtype, type FloatArray } from "../../array/typed.js";
import type { Arena } from "../host.js";

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
}

export class WasmArena implements Arena {
  private readonly memory: WebAssembly.Memory;
  /** What is free, by address: [address, bytes], neighbours joined. */
  private readonly free: [address: number, bytes: number][];
  private readonly live = new Set<Block>();
  private readonly blocks = new WeakMap<FloatArray, Block>();
  /** Not a WeakRef: to ask one whether its array is still there keeps the array to the end of the job. Cloudflare's workerd may have none. */
  private readonly forgotten = typeof FinalizationRegistry === "undefined" ? undefined : new FinalizationRegistry<Block>((block) => this.release(block));

  constructor(memory: WebAssembly.Memory, start: number) {
    this.memory = memory;
    this.free = [[start, memory.buffer.byteLength - start]];
  }

  take(length: number, dtype: Dtype): FloatArray | number {
    const size = BYTES[dtype];
    const bytes = Math.ceil((length * size) / LINE) * LINE;
    const whole = bytes + (bytes < LONG ? GAP : LONG_GAP);
    const at = this.free.findIndex((range) => range[1] >= whole);
    const range = this.free[at];
    if (!range) return Math.max(0, ...this.free.map((left) => Math.max(Math.min(left[1] - GAP, LONG - LINE), left[1] - LONG_GAP)));
    const [address] = range;
    if (range[1] === whole) this.free.splice(at, 1);
    else this.free[at] = [address + whole, range[1] - whole];
    const { buffer } = this.memory;
    new Uint8Array(buffer, address, whole).fill(0);
    const array = dtype === "float32" ? new Float32Array(buffer, address, length) : new Float64Array(buffer, address, length);
    const block: Block = { address, bytes: whole, dtype };
    this.live.add(block);
    this.forgotten?.register(array, block, block);
    this.blocks.set(array, block);
    return array;
  }

  give(array: FloatArray): void {
    const block = this.blocks.get(array);
    if (block) this.release(block);
    this.blocks.delete(array);
  }

  get alive(): number {
    return this.live.size;
  }

  /** Where an array begins, if it is one of this arena and of that dtype, else 0. */
  addressOf(array: FloatArray, dtype: Dtype): number {
    if (this.live.size === 0) return 0;
    const block = this.blocks.get(array);
    return block !== undefined && block.dtype === dtype ? block.address : 0;
  }

  private release(block: Block): void {
    if (!this.live.delete(block)) return;
    this.forgotten?.unregister(block);
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
}
