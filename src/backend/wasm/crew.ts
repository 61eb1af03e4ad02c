// What several threads can do of a loss over all pairs of a batch: the products of tiles that are all kept, and what the tiles, slopes by then, pull at the
// vectors. Each part is a number in an order of its own and writes what no other part does, so that whoever does it, and again, comes to the same bits.

import { BYTES, type Dtype } from "../../array/typed.js";
import { TILE } from "../protocol.js";
import type { Kernel } from "./stream.js";
import type { Window } from "./window.js";

/** What is needed of a machine. */
interface Kernels {
  readonly window: Window;
  kernel(name: string, dtype: Dtype): Kernel;
}

export interface TilesCall {
  /** The kernel of the products, or "spread". */
  readonly task: "products" | "squares" | "spread";
  readonly dtype: Dtype;
  readonly rows: number;
  readonly cols: number;
  /** Both sides are one: a pair of blocks has one tile. */
  readonly among: boolean;
  /** Addresses of the first vectors of either side, and of their gradients, 0 for one that nobody wants; bytes from a vector to the next. */
  readonly x: number;
  readonly y: number;
  readonly gradX: number;
  readonly gradY: number;
  readonly bytes: number;
  /** Address of the first tile. */
  readonly kept: number;
}

/** Some of its parts. */
export interface PartsCall extends TilesCall {
  readonly first: number;
  readonly last: number;
}

/** Blocks of TILE vectors, the last of which may be lower. */
export const blocksOf = (vectors: number): number => Math.ceil(vectors / TILE);
export const heightOf = (vectors: number, block: number): number => Math.min(TILE, vectors - block * TILE);

/** How many tiles there are of so many blocks on either side. */
export const tilesOf = (down: number, across: number, among: boolean): number => (among ? (down * (down + 1)) / 2 : down * across);

/** A tile, or for "spread" a block of vectors that has a gradient. */
export function partsOf({ task, rows, cols, among, gradX, gradY }: TilesCall): number {
  if (task !== "spread") return tilesOf(blocksOf(rows), blocksOf(cols), among);
  return (gradX ? blocksOf(rows) : 0) + (gradY && !among ? blocksOf(cols) : 0);
}

/** What the backend of a thread has for it; without other threads it is in no bundle. */
export interface Crew {
  tiles(call: PartsCall): void;
}

export function crew(machine: Kernels): Crew {
  return { tiles: (call) => (call.task === "spread" ? spread(machine, call) : products(machine, call, call.task)) };
}

function products(machine: Kernels, { dtype, rows, cols, among, x, y, bytes, kept, first, last }: PartsCall, task: string): void {
  const kernel = machine.kernel(task, dtype);
  const size = TILE * TILE * BYTES[dtype];
  let count = 0;
  for (let i = 0; count < last; i++) {
    const start = among ? i : 0;
    const end = blocksOf(cols);
    for (let j = start + Math.max(0, first - count); j < Math.min(end, start + last - count); j++) {
      kernel(x + i * TILE * bytes, y + j * TILE * bytes, heightOf(rows, i), heightOf(cols, j), bytes, kept + (count + j - start) * size, 0);
    }
    count += end - start;
  }
}

/** Adds in the order in which one thread does: within one side a block has its turns as columns, of the tiles of the rows before it, and then those as rows. */
function spread(machine: Kernels, call: PartsCall): void {
  const { dtype, rows, cols, among, x, y, gradX, gradY, bytes, kept } = call;
  const across = machine.kernel("spread", dtype);
  const back = machine.kernel("spreadBack", dtype);
  const size = TILE * TILE * BYTES[dtype];
  const width = blocksOf(cols);
  const tile = (i: number, j: number): number => kept + size * (among ? i * width - (i * (i - 1)) / 2 + j - i : i * width + j);
  const step = TILE * bytes;
  const clear = (at: number, vectors: number): void => void machine.window.i32.fill(0, at / 4, (at + vectors * bytes) / 4);
  const heads = gradX ? blocksOf(rows) : 0;
  for (let part = call.first; part < call.last; part++) {
    if (part < heads) {
      const into = gradX + part * step;
      const tall = heightOf(rows, part);
      clear(into, tall);
      if (among) for (let i = 0; i < part; i++) back(tile(i, part), x + i * step, into, tall, heightOf(rows, i), bytes);
      for (let j = among ? part : 0; j < width; j++) across(tile(part, j), y + j * step, into, tall, heightOf(cols, j), bytes);
    } else {
      const j = part - heads;
      const into = gradY + j * step;
      clear(into, heightOf(cols, j));
      for (let i = 0; i < blocksOf(rows); i++) back(tile(i, j), x + i * step, into, heightOf(cols, j), heightOf(rows, i), bytes);
    }
  }
}
