// All pairs of two sides' vectors in tiles, and where the window has room for them: what the in-batch losses share.

import { BYTES, type FloatArray, make, view } from "../../array/typed.js";
import { FIXED, LABEL, RUNNING, TILE, TOP } from "../protocol.js";
import type { InBatchCall } from "../seam.js";
import { blocksOf, type TilesCall, tilesOf } from "./crew.js";
import type { Machine } from "./machine.js";
import { KEPT, PANEL, type Panels, tuning } from "./panels.js";
import type { Kernel } from "./stream.js";
import { A, SLOTS, type Window } from "./window.js";

/** Between two panels, so that their rows do not share cache sets. */
const GAP = 4096 + 256;

/** How the slots of the window are used here: not as slots. */
export interface Room {
  readonly x: number;
  readonly y: number;
  readonly gradX: number;
  readonly gradY: number;
  readonly kept: number;
  /** A tile that is not kept, and one that is transposed. */
  readonly tile: number;
  readonly turned: number;
  /** Records of a tile's rows and columns: running, then fixed. */
  readonly rowRunning: number;
  readonly colRunning: number;
  readonly rowFixed: number;
  readonly colFixed: number;
  readonly totals: number;
  readonly norms: number;
}

export function roomOf(window: Window): Room {
  let at = window.address(A);
  const end = window.address(SLOTS);
  const take = (bytes: number): number => {
    const address = at;
    at += Math.ceil(bytes / 64) * 64;
    return address;
  };
  const room = {
    x: take(PANEL + GAP),
    y: take(PANEL + 2 * GAP),
    gradX: take(PANEL + GAP),
    gradY: take(PANEL + GAP),
    kept: take(KEPT),
    tile: take(TILE * TILE * 8),
    turned: take(TILE * TILE * 8),
    rowRunning: take(RUNNING * TILE * 8),
    colRunning: take(RUNNING * TILE * 8),
    rowFixed: take(FIXED * TILE * 8),
    colFixed: take(FIXED * TILE * 8),
    totals: take(16),
    norms: take(TILE * 8),
  };
  if (at > end) throw new Error("the window is too small");
  return room;
}

/** What the rows of one side carry: a record of each tile's rows, RUNNING and FIXED fields of TILE elements. */
export class Side {
  readonly running: Float64Array;
  readonly fixed: FloatArray;

  constructor({ dtype, labels }: Pick<InBatchCall, "dtype" | "labels">, rows: number) {
    const blocks = blocksOf(rows);
    this.running = new Float64Array(blocks * RUNNING * TILE);
    this.fixed = make(dtype, blocks * FIXED * TILE);
    const lowest = dtype === "float32" ? -3.4028234663852886e38 : -Number.MAX_VALUE;
    for (let row = 0; row < rows; row++) {
      this.running[this.run(row, TOP)] = lowest;
      if (labels) this.fixed[this.fix(row, LABEL)] = labels[row] as number;
    }
  }

  run(row: number, field: number): number {
    return (Math.floor(row / TILE) * RUNNING + field) * TILE + (row % TILE);
  }

  fix(row: number, field: number): number {
    return (Math.floor(row / TILE) * FIXED + field) * TILE + (row % TILE);
  }
}

/** Where a tile's rows, or its columns, have their records, and which of a side's block lie there. */
export class Desk {
  private readonly window: Window;
  private readonly dtype: InBatchCall["dtype"];
  readonly running: number;
  readonly fixed: number;

  constructor(window: Window, dtype: InBatchCall["dtype"], running: number, fixed: number) {
    this.window = window;
    this.dtype = dtype;
    this.running = running;
    this.fixed = fixed;
  }

  lay(side: Side, block: number): void {
    this.window.f64.set(view(side.running, block * RUNNING * TILE, RUNNING * TILE), this.running / 8);
    this.window.heap(this.dtype).set(view(side.fixed, block * FIXED * TILE, FIXED * TILE), this.fixed / BYTES[this.dtype]);
  }

  take(side: Side, block: number): void {
    const from = this.running / 8;
    side.running.set(this.window.f64.subarray(from, from + RUNNING * TILE), block * RUNNING * TILE);
  }
}

/** Looks at one tile of pairs: rows of block i, columns of block j. */
type Visit = (tile: number, i: number, j: number) => void;

/** All tiles of some blocks of rows, in an order that does not depend on what is kept. */
export class Tiles {
  private readonly machine: Machine;
  private readonly task: "products" | "squares";
  private readonly products: Kernel;
  private readonly x: Panels;
  private readonly y: Panels;
  private readonly room: Room;
  private readonly dtype: InBatchCall["dtype"];
  private readonly bytes: number;
  /** Whether other threads help: then all tiles are kept. */
  readonly shared: boolean;

  constructor(machine: Machine, room: Room, task: "products" | "squares", x: Panels, y: Panels, dtype: InBatchCall["dtype"]) {
    this.machine = machine;
    this.room = room;
    this.task = task;
    this.products = machine.kernel(task, dtype);
    this.x = x;
    this.y = y;
    this.dtype = dtype;
    this.bytes = TILE * TILE * BYTES[dtype];
    this.shared = machine.share !== null && x.whole && y.whole && tilesOf(x.blocks, y.blocks, x === y) <= this.most;
  }

  /** How many are kept at most. */
  get most(): number {
    return Math.floor(tuning.kept / this.bytes);
  }

  /** Does a task on all tiles with the others: the products, or of tiles of slopes the gradients of both sides. */
  share(task: TilesCall["task"], gradX: Panels | null = null, gradY: Panels | null = null): void {
    const { machine, x, y, room, dtype } = this;
    machine.share?.({
      task,
      dtype,
      rows: x.rows,
      cols: y.rows,
      among: x === y,
      x: x.address(0),
      y: y.address(0),
      gradX: gradX ? gradX.address(0) : 0,
      gradY: gradY ? gradY.address(0) : 0,
      bytes: x.bytes(0),
      kept: room.kept,
    });
  }

  private product(tile: number, i: number, j: number): void {
    const { x, y } = this;
    for (let piece = 0; piece < x.pieces; piece++) {
      const a = x.address(i, piece);
      this.products(a, y.address(j, piece), x.height(i), y.height(j), x.bytes(piece), tile, piece);
    }
  }

  /** Each tile of blocks `from` to `end` of rows. `keep`: the first time, to have them again; `kept`: again. `wants` says which are looked at. */
  each(from: number, end: number, keep: boolean, kept: boolean, visit: Visit, wants?: (i: number, j: number) => boolean): void {
    const { x, y, room } = this;
    if (this.shared && !kept) this.share(this.task);
    const made = kept || this.shared;
    let count = 0;
    for (let panel = 0; panel < y.blocks; panel += y.panel) {
      for (let i = from; i < end; i++) {
        for (let j = x === y ? Math.max(i, panel) : panel; j < Math.min(y.blocks, panel + y.panel); j++) {
          const tile = keep || made ? room.kept + count * this.bytes : room.tile;
          count++;
          if (wants && !wants(i, j)) continue;
          if (!made) this.product(tile, i, j);
          visit(tile, i, j);
        }
      }
    }
  }
}
