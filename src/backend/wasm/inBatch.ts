// In-batch losses on WebAssembly. All pairs go by in tiles, twice: for the losses of the rows, then for the gradients. Between the two what a row needs is
// known, and the tiles are kept if they fit, else computed again, by the same kernels in the same order. Vectors that are compared among themselves have each
// pair in one tile only, which is looked at from both sides.

import { BYTES, copyOf, type FloatArray, fillElements, make, overlap, view } from "../../array/typed.js";
import { foundOf, settle } from "../js/hardest.js";
import { othersOf } from "../js/inBatch.js";
import { FIXED, INFO_NCE, LABEL, NEGATIVES, NT_XENT, OWN, PULL, REFERENCE, RUNNING, SIG_LIP, SLOPE, SUM, SUP_CON, TILE, TOP, WEIGHT_OF } from "../protocol.js";
import type { Backend, HardestCall, InBatchCall } from "../seam.js";
import type { Machine } from "./machine.js";
import { KEPT, PANEL, Panels, tuning } from "./panels.js";
import type { Kernel } from "./stream.js";
import { A, SLOTS, type Window } from "./window.js";

/** Between two panels, so that their rows do not share cache sets. */
const GAP = 4096 + 256;

/** How the slots of the window are used here: not as slots. */
interface Room {
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

function roomOf(window: Window): Room {
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
class Side {
  readonly running: Float64Array;
  readonly fixed: FloatArray;

  constructor({ dtype, labels }: Pick<InBatchCall, "dtype" | "labels">, rows: number) {
    const blocks = Math.ceil(rows / TILE);
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
class Desk {
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

export function inBatch(machine: Machine): Pick<Backend, "inBatch" | "hardest"> {
  const room = roomOf(machine.window);
  return {
    inBatch: (call) => new Batch(machine, room, call).run(),
    hardest: (call) => hardest(machine, room, call),
  };
}

/** Looks at one tile of pairs: rows of block i, columns of block j. */
type Visit = (tile: number, i: number, j: number) => void;

/** All tiles of some blocks of rows, in an order that does not depend on what is kept. */
class Tiles {
  private readonly products: Kernel;
  private readonly x: Panels;
  private readonly y: Panels;
  private readonly room: Room;
  private readonly bytes: number;

  constructor(room: Room, products: Kernel, x: Panels, y: Panels, dtype: InBatchCall["dtype"]) {
    this.room = room;
    this.products = products;
    this.x = x;
    this.y = y;
    this.bytes = TILE * TILE * BYTES[dtype];
  }

  /** How many are kept at most. */
  get most(): number {
    return Math.floor(tuning.kept / this.bytes);
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
    let count = 0;
    for (let panel = 0; panel < y.blocks; panel += y.panel) {
      for (let i = from; i < end; i++) {
        for (let j = x === y ? Math.max(i, panel) : panel; j < Math.min(y.blocks, panel + y.panel); j++) {
          const tile = keep || kept ? room.kept + count * this.bytes : room.tile;
          count++;
          if (wants && !wants(i, j)) continue;
          if (!kept) this.product(tile, i, j);
          visit(tile, i, j);
        }
      }
    }
  }
}

/** One call. */
class Batch {
  private readonly machine: Machine;
  private readonly call: InBatchCall;
  private readonly room: Room;
  private readonly x: Panels;
  private readonly y: Panels;
  private readonly gradX: Panels | null;
  private readonly gradY: Panels | null;
  private readonly tiles: Tiles;
  /** Vectors that are compared among themselves: both sides are one. */
  private readonly among: boolean;
  private readonly rows: Side;
  private readonly cols: Side;
  private readonly rowDesk: Desk;
  private readonly colDesk: Desk;
  private readonly upstream: Float64Array;
  private readonly losses: Float64Array;
  private readonly others: Int32Array;
  private readonly sweeps: boolean;

  constructor(machine: Machine, room: Room, call: InBatchCall) {
    const { dtype, dims, rows, cols, gradA, gradB } = call;
    this.machine = machine;
    this.room = room;
    this.call = call;
    this.among = call.b === null;
    // what is written must not be read afterwards
    const safe = (data: FloatArray, grad: FloatArray | null): FloatArray => (grad && overlap(grad, data) !== 0 ? copyOf(data) : data);
    const panels = (data: FloatArray, count: number, slots: number[]): Panels => new Panels(machine, dtype, data, count, dims, slots, room.norms);
    const collect = (data: FloatArray, count: number, slots: number[]): Panels => new Panels(machine, dtype, data, count, dims, slots, room.norms, true);
    this.x = panels(safe(call.a, gradA), rows, this.among ? [room.x, room.y] : [room.x]);
    this.y = call.b ? panels(safe(call.b, gradB), cols, [room.y]) : this.x;
    if (gradA) fillElements.call(gradA, 0);
    if (gradB) fillElements.call(gradB, 0);
    this.gradX = gradA && collect(gradA, rows, this.among ? [room.gradX, room.gradY] : [room.gradX]);
    this.gradY = this.among ? this.gradX : gradB && collect(gradB, cols, [room.gradY]);
    this.sweeps = gradA !== null || gradB !== null || call.gradFactor !== null || call.gradBias !== null;
    this.tiles = new Tiles(room, machine.kernel("products", dtype), this.x, this.y, dtype);
    this.rows = new Side(call, rows);
    this.cols = this.among ? this.rows : new Side(call, cols);
    this.rowDesk = new Desk(machine.window, dtype, room.rowRunning, room.rowFixed);
    this.colDesk = new Desk(machine.window, dtype, room.colRunning, room.colFixed);
    const share = call.symmetric ? 0.5 : 1;
    this.upstream = Float64Array.from({ length: rows }, (_, i) => share * call.scale * (call.gradOutput ? (call.gradOutput[i] as number) : 1));
    this.losses = new Float64Array(rows);
    this.others = this.among ? othersOf(call.labels as Int32Array) : new Int32Array(0);
  }

  run(): number {
    const { call, room, machine } = this;
    const { f64 } = machine.window;
    if (call.floor > 0) {
      this.x.normalize(call.floor);
      if (!this.among) this.y.normalize(call.floor);
    }
    f64.fill(0, room.totals / 8, room.totals / 8 + 2);
    if (call.kind === SIG_LIP) this.sigmoids();
    else this.softmax();
    if (call.floor > 0) {
      this.project(this.x, this.gradX);
      if (!this.among) this.project(this.y, this.gradY);
    }
    this.gradX?.close();
    this.gradY?.close();
    if (call.gradFactor) call.gradFactor[0] = f64[room.totals / 8] as number;
    if (call.gradBias) call.gradBias[0] = f64[room.totals / 8 + 1] as number;
    let sum = 0;
    for (let i = 0; i < call.rows; i++) {
      sum += this.losses[i] as number;
      if (call.values) call.values[i] = this.losses[i] as number;
    }
    return sum;
  }

  private sigmoids(): void {
    const { call, room, rows, rowDesk, upstream, sweeps } = this;
    const kernel = this.machine.kernel("sigmoids", call.dtype);
    for (let i = 0; i < call.rows; i++) rows.fixed[rows.fix(i, PULL)] = upstream[i] as number;
    this.tiles.each(0, this.x.blocks, false, false, (tile, i, j) => {
      rowDesk.lay(rows, i);
      const own = (i - j) * TILE;
      kernel(sweeps ? 1 : 0, tile, this.x.height(i), this.y.height(j), own, call.factor, call.bias, rowDesk.running, rowDesk.fixed, room.totals);
      rowDesk.take(rows, i);
      if (sweeps) this.spread(tile, i, j);
    });
    for (let i = 0; i < call.rows; i++) this.losses[i] = rows.running[rows.run(i, SUM)] as number;
  }

  private softmax(): void {
    const { call, tiles, x, y, sweeps, among } = this;
    const { kind, symmetric } = call;
    const twice = sweeps || kind === NT_XENT;
    // rows alone need no other rows: as many at once as can be kept
    const alone = !symmetric && !among && twice;
    const tall = alone ? Math.max(1, Math.floor(tiles.most / y.blocks)) : x.blocks;
    for (let from = 0; from < x.blocks; from += tall) {
      const end = Math.min(x.blocks, from + tall);
      const count = among ? (x.blocks * (x.blocks + 1)) / 2 : (end - from) * y.blocks;
      const keep = tuning.keep && twice && count <= tiles.most;
      tiles.each(from, end, keep, false, (tile, i, j) => this.sums(tile, i, j));
      if (kind === NT_XENT) {
        this.negatives();
        tiles.each(from, end, keep, keep, (tile, i, j) => this.positives(tile, i, j), this.pairing());
      }
      this.finish(this.rows, from, end);
      if (symmetric) this.finish(this.cols, 0, y.blocks);
      if (sweeps) tiles.each(from, end, keep, keep, (tile, i, j) => this.slopes(tile, i, j));
    }
  }

  /** From both sides, where the columns have losses, too: `look` at the tile, and at the tile transposed. */
  private sides(tile: number, i: number, j: number, look: (tile: number, mine: Desk, theirs: Desk, height: number, width: number, own: number) => void): void {
    const { call, among, rows, cols, rowDesk, colDesk, x, y, room } = this;
    rowDesk.lay(rows, i);
    colDesk.lay(cols, j);
    look(tile, rowDesk, colDesk, x.height(i), y.height(j), (i - j) * TILE);
    rowDesk.take(rows, i);
    if (among ? i === j : !call.symmetric) return;
    this.machine.kernel("rotate", call.dtype)(tile, room.turned);
    look(room.turned, colDesk, rowDesk, y.height(j), x.height(i), (j - i) * TILE);
    colDesk.take(cols, j);
  }

  private sums(tile: number, i: number, j: number): void {
    const { kind, labels, factor, dtype } = this.call;
    const kernel = this.machine.kernel("sums", dtype);
    const positives = this.machine.kernel("positives", dtype);
    this.sides(tile, i, j, (at, mine, theirs, height, width, own) => {
      kernel(kind, labels ? 1 : 0, at, height, width, own, factor, mine.running, mine.fixed, theirs.fixed);
      if (kind === SUP_CON) positives(kind, at, height, width, own, factor, mine.running, mine.fixed, theirs.fixed);
    });
  }

  private positives(tile: number, i: number, j: number): void {
    const { kind, factor, dtype } = this.call;
    const kernel = this.machine.kernel("positives", dtype);
    this.sides(tile, i, j, (at, mine, theirs, height, width, own) => {
      kernel(kind, at, height, width, own, factor, mine.running, mine.fixed, theirs.fixed);
    });
  }

  /** Which tiles have a pair of one label. */
  private pairing(): (i: number, j: number) => boolean {
    const labels = this.call.labels as Int32Array;
    const seen = new Int32Array(labels.length).fill(-1);
    let marked = -1;
    return (i, j) => {
      if (i !== marked) for (let row = i * TILE; row < i * TILE + this.x.height(i); row++) seen[labels[row] as number] = i;
      marked = i;
      for (let row = j * TILE; row < j * TILE + this.x.height(j); row++)
        if (seen[labels[row] as number] === i && (i !== j || this.others[row] !== 0)) return true;
      return false;
    };
  }

  /** Logarithms of the sums of a side's rows, those of some blocks. */
  private logarithms(side: Side, from: number, end: number): Float64Array {
    const { f64 } = this.machine.window;
    const kernel = this.machine.kernel("logarithms", "float64");
    const logs = new Float64Array((end - from) * TILE);
    const at = this.room.rowRunning / 8;
    for (let block = from; block < end; block++) {
      f64.set(view(side.running, (block * RUNNING + SUM) * TILE, TILE), at);
      kernel(this.room.rowRunning, TILE);
      logs.set(f64.subarray(at, at + TILE), (block - from) * TILE);
    }
    return logs;
  }

  /** NT_XENT: the log-sum-exp of each row's negatives. */
  private negatives(): void {
    const { rows, call } = this;
    const logs = this.logarithms(rows, 0, this.x.blocks);
    for (let i = 0; i < call.rows; i++) rows.fixed[rows.fix(i, NEGATIVES)] = (rows.running[rows.run(i, TOP)] as number) + (logs[i] as number);
  }

  /** The losses of a side's rows, those of some blocks, and what their slopes need. */
  private finish(side: Side, from: number, end: number): void {
    const { call, losses, upstream, others } = this;
    const { kind, symmetric } = call;
    const { running, fixed } = side;
    const logs = kind === NT_XENT ? null : this.logarithms(side, from, end);
    const share = symmetric ? 0.5 : 1;
    // columns beyond the rows have no losses
    for (let i = from * TILE; i < Math.min(end * TILE, call.rows); i++) {
      const top = running[side.run(i, TOP)] as number;
      const sum = running[side.run(i, SUM)] as number;
      const own = running[side.run(i, OWN)] as number;
      const log = logs ? (logs[i - from * TILE] as number) : 0;
      const up = upstream[i] as number;
      let weight = up / sum;
      let pull = up;
      if (kind === INFO_NCE) losses[i] = (losses[i] as number) + share * (top - own + log);
      else if (kind === NT_XENT) {
        losses[i] = own;
        weight = sum === 0 ? 0 : (up * (running[side.run(i, SLOPE)] as number)) / sum;
      } else {
        const count = others[i] as number;
        losses[i] = count === 0 ? 0 : top - own / count + log;
        weight = count === 0 ? 0 : weight;
        pull = count === 0 ? 0 : up / count;
      }
      fixed[side.fix(i, REFERENCE)] = top;
      fixed[side.fix(i, WEIGHT_OF)] = weight;
      fixed[side.fix(i, PULL)] = pull;
    }
  }

  private slopes(tile: number, i: number, j: number): void {
    const { call, among, rowDesk, colDesk, x, y, room } = this;
    const { kind, labels, factor, dtype, symmetric } = call;
    rowDesk.lay(this.rows, i);
    colDesk.lay(this.cols, j);
    const both = among || symmetric ? 1 : 0;
    const kernel = this.machine.kernel("slopes", dtype);
    kernel(kind, labels ? 1 : 0, both, tile, x.height(i), y.height(j), (i - j) * TILE, factor, rowDesk.fixed, colDesk.fixed, room.totals);
    this.spread(tile, i, j);
  }

  /** Adds what a tile of slopes pulls to the gradients of both sides. */
  private spread(tile: number, i: number, j: number): void {
    const { x, y, gradX, gradY, call, among } = this;
    const { dtype } = call;
    for (let piece = 0; piece < x.pieces; piece++) {
      const bytes = x.bytes(piece);
      const a = x.address(i, piece);
      const b = y.address(j, piece);
      if (gradX) this.machine.kernel("spread", dtype)(tile, b, gradX.address(i, piece), x.height(i), y.height(j), bytes);
      if (gradY && !(among && i === j)) this.machine.kernel("spreadBack", dtype)(tile, a, gradY.address(j, piece), y.height(j), x.height(i), bytes);
    }
  }

  /** From the gradient by normalised rows to that by the rows. */
  private project(x: Panels, grad: Panels | null): void {
    const { norms } = x;
    if (!grad || !norms) return;
    const { machine, room, call } = this;
    const { f64 } = machine.window;
    const along = machine.kernel("along", call.dtype);
    const project = machine.kernel("project", call.dtype);
    const sums = room.rowRunning / 8;
    for (let block = 0; block < x.blocks; block++) {
      const height = x.height(block);
      const of = view(norms, block * TILE, height);
      f64.fill(0, sums, sums + TILE);
      for (let piece = 0; piece < x.pieces; piece++) along(grad.address(block, piece), x.address(block, piece), height, x.bytes(piece), room.rowRunning);
      // a norm has no part in the gradient where its floor stands for it
      for (let row = 0; row < height; row++) if (of[row] === call.floor) f64[sums + row] = 0;
      for (let piece = 0; piece < x.pieces; piece++) {
        const at = x.address(block, piece); // may divide rows, in whose place the norms are put
        const to = grad.address(block, piece);
        f64.set(of, room.norms / 8);
        project(to, at, height, x.bytes(piece), room.rowRunning, room.norms);
      }
    }
  }
}

function hardest(machine: Machine, room: Room, call: HardestCall): number {
  const { dtype, rows, dims } = call;
  const { window } = machine;
  const x = new Panels(machine, dtype, call.x, rows, dims, [room.x, room.y], room.norms);
  const tiles = new Tiles(room, machine.kernel("squares", dtype), x, x, dtype);
  const side = new Side(call, rows);
  for (let i = 0; i < rows; i++) {
    side.running[side.run(i, TOP)] = Number.NEGATIVE_INFINITY;
    side.running[side.run(i, OWN)] = Number.POSITIVE_INFINITY;
    side.running[side.run(i, SUM)] = -1;
    side.running[side.run(i, SLOPE)] = -1;
  }
  const rowDesk = new Desk(window, dtype, room.rowRunning, room.rowFixed);
  const colDesk = new Desk(window, dtype, room.colRunning, room.colFixed);
  const search = machine.kernel("hardest", dtype);
  tiles.each(0, x.blocks, false, false, (tile, i, j) => {
    rowDesk.lay(side, i);
    colDesk.lay(side, j);
    search(tile, x.height(i), x.height(j), (i - j) * TILE, j * TILE, rowDesk.running, rowDesk.fixed, colDesk.fixed);
    rowDesk.take(side, i);
    if (i === j) return;
    machine.kernel("rotate", dtype)(tile, room.turned);
    search(room.turned, x.height(j), x.height(i), (j - i) * TILE, i * TILE, colDesk.running, colDesk.fixed, rowDesk.fixed);
    colDesk.take(side, j);
  });
  const found = foundOf(rows);
  for (let i = 0; i < rows; i++) {
    found.positive[i] = side.running[side.run(i, SUM)] as number;
    found.negative[i] = side.running[side.run(i, SLOPE)] as number;
    found.far[i] = Math.sqrt(side.running[side.run(i, TOP)] as number);
    found.near[i] = Math.sqrt(side.running[side.run(i, OWN)] as number);
  }
  const difference = found.far.map((far, i) => far - (found.near[i] as number));
  const [losses, slopes] = call.soft ? softplus(machine, room, difference) : hinges(difference, call.margin);
  for (let i = 0; i < rows; i++) {
    if ((found.positive[i] as number) >= 0 && (found.negative[i] as number) >= 0) continue;
    losses[i] = 0;
    slopes[i] = 0;
  }
  return settle(call, found, losses, slopes);
}

function hinges(difference: Float64Array, margin: number): [losses: Float64Array, slopes: Float64Array] {
  return [difference.map((d) => Math.max(0, d + margin)), difference.map((d) => (d + margin >= 0 ? 1 : 0))];
}

function softplus(machine: Machine, room: Room, difference: Float64Array): [losses: Float64Array, slopes: Float64Array] {
  const { f64 } = machine.window;
  const kernel = machine.kernel("softplus", "float64");
  const losses = new Float64Array(difference.length);
  const slopes = new Float64Array(difference.length);
  const [at, to] = [room.rowRunning / 8, room.colRunning / 8];
  for (let from = 0; from < difference.length; from += TILE) {
    const count = Math.min(TILE, difference.length - from);
    f64.set(difference.subarray(from, from + count), at);
    kernel(room.rowRunning, count, room.colRunning);
    losses.set(f64.subarray(at, at + count), from);
    slopes.set(f64.subarray(to, to + count), from);
  }
  return [losses, slopes];
}
