// The batch-hard triplet loss on WebAssembly: all squared distances go by in tiles once, and each row keeps the farthest of its label and the nearest of
// another.

import { foundOf, settle } from "../js/hardest.js";
import { OWN, SLOPE, SUM, TILE, TOP } from "../protocol.js";
import type { HardestCall } from "../seam.js";
import type { Machine } from "./machine.js";
import { Panels } from "./panels.js";
import { Desk, type Room, Side, Tiles } from "./tiles.js";

export function hardest(machine: Machine, room: Room, call: HardestCall): number {
  const { dtype, rows, dims } = call;
  const { window } = machine;
  const x = new Panels(machine, dtype, call.x, rows, dims, [room.x, room.y], room.norms);
  const tiles = new Tiles(machine, room, "squares", x, x, dtype);
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
