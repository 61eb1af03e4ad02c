// In-batch losses on WebAssembly. All pairs go by in tiles, twice: for the losses of the rows, then for the gradients. Between the two what a row needs is
// known, and the tiles are kept if they fit, else computed again, by the same kernels in the same order. Vectors that are compared among themselves have each
// pair in one tile only, which is looked at from both sides.

import { copyOf, type FloatArray, fillElements, overlap, view } from "../../array/typed.js";
import { othersOf } from "../js/inBatch.js";
import { INFO_NCE, NEGATIVES, NT_XENT, OWN, PULL, REFERENCE, RUNNING, SIG_LIP, SLOPE, SUM, SUP_CON, TILE, TOP, WEIGHT_OF } from "../protocol.js";
import type { Backend, InBatchCall } from "../seam.js";
import { tilesOf } from "./crew.js";
import { hardest } from "./hardest.js";
import type { Machine } from "./machine.js";
import { Panels, tuning } from "./panels.js";
import { Desk, type Room, roomOf, Side, Tiles } from "./tiles.js";

export function inBatch(machine: Machine): Pick<Backend, "inBatch" | "hardest"> {
  const room = roomOf(machine.window);
  return {
    inBatch: (call) => new Batch(machine, room, call).run(),
    hardest: (call) => hardest(machine, room, call),
  };
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
    this.tiles = new Tiles(machine, room, "products", this.x, this.y, dtype);
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
    if (this.sweeps && this.tiles.shared) this.tiles.share("spread", this.gradX, this.gradY);
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
    const alone = !symmetric && !among && twice && !tiles.shared;
    const tall = alone ? Math.max(1, Math.floor(tiles.most / y.blocks)) : x.blocks;
    for (let from = 0; from < x.blocks; from += tall) {
      const end = Math.min(x.blocks, from + tall);
      const keep = tiles.shared || (tuning.keep && twice && tilesOf(end - from, y.blocks, among) <= tiles.most);
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

  /** Adds what a tile of slopes pulls to the gradients of both sides, unless all are done together. */
  private spread(tile: number, i: number, j: number): void {
    if (this.tiles.shared) return;
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
