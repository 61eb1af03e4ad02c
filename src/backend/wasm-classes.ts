// Losses over classes on WebAssembly: rows in batches, and rows that do not fit in pieces.

import { APPLY, BEGIN, FINISH, type Machine, REDUCE, REDUCED } from "./machine.js";
import { type FloatArray, IGNORED, NONE, type RowsCall } from "./seam.js";
import { A, address, B, C, GRAD_A, GRAD_B, GRAD_OUTPUT, INDEX, ROW_BYTES, TILE_BYTES, VALUES, WEIGHT } from "./staging.js";

/** A class of another piece of the row: below NONE, and so neither none nor ignored nor in this piece. */
const OTHER_PIECE = -3;

export function crossEntropy(machine: Machine, call: RowsCall): number {
  const { dtype, classes, inner } = call;
  const size = dtype === "float32" ? 4 : 8;
  if (classes * size > ROW_BYTES) return longRows(machine, call, size);
  const batch = Math.max(1, Math.floor(TILE_BYTES / (classes * size)));
  let sum = 0;
  // one distribution for all rows is staged once
  if (call.dense && !call.target) putDistribution(machine, call, 0, 0, classes, 1);
  if (inner === 1) {
    for (let row = 0; row < call.outer; row += batch) sum += batchOf(machine, call, row, row * classes, Math.min(batch, call.outer - row));
    return sum;
  }
  for (let o = 0; o < call.outer; o++) {
    for (let i = 0; i < inner; i += batch) sum += batchOf(machine, call, o * inner + i, o * classes * inner + i, Math.min(batch, inner - i));
  }
  return sum;
}

/** Samples `first` to `first + rows`, whole rows; the first one's class 0 lies at `base`. */
function batchOf(machine: Machine, call: RowsCall, first: number, base: number, rows: number): number {
  const { dtype, classes, index, rowWeight, gradOutput, values, grad, gradTarget } = call;
  const { window } = machine;
  putRows(machine, A, call, call.x, base, classes, rows);
  if (call.target) putDistribution(machine, call, base, 0, classes, rows);
  if (index) window.putIndex(index, first, rows);
  if (rowWeight) window.putFactors(WEIGHT, rowWeight, first, rows);
  if (gradOutput) window.putFactors(GRAD_OUTPUT, gradOutput, first, rows);
  const sum = machine.kernel("crossEntropy", dtype)(
    grad || gradTarget ? REDUCED | APPLY : REDUCED,
    address(A),
    rows,
    classes,
    index ? address(INDEX) : 0,
    rowWeight ? address(WEIGHT) : 0,
    gradOutput ? address(GRAD_OUTPUT) : 0,
    call.dense ? address(B) : 0,
    call.target ? classes * (dtype === "float32" ? 4 : 8) : 0,
    call.scale,
    values ? address(VALUES) : 0,
    grad || call.dense ? address(GRAD_A) : 0,
    gradTarget ? address(GRAD_B) : 0,
  );
  if (values) window.get(VALUES, dtype, values, first, rows);
  if (grad) getRows(machine, GRAD_A, call, grad, base, classes, rows);
  if (gradTarget) {
    scaleTargets(machine, call, 0, classes, rows);
    getRows(machine, GRAD_B, call, gradTarget, base, classes, rows);
  }
  return sum;
}

/** `classes` of some rows, from the class that lies at `base`. */
function putRows(machine: Machine, slot: number, call: RowsCall, data: FloatArray, base: number, classes: number, rows: number): void {
  if (call.inner === 1) machine.window.put(slot, call.dtype, data, base, rows * classes);
  else machine.window.gather(slot, call.dtype, data, base, classes, call.inner, rows);
}

function getRows(machine: Machine, slot: number, call: RowsCall, into: FloatArray, base: number, classes: number, rows: number): void {
  if (call.inner === 1) machine.window.get(slot, call.dtype, into, base, rows * classes);
  else machine.window.scatter(slot, call.dtype, into, base, classes, call.inner, rows);
}

/** q of classes `from` to `from + count` of some rows, in slot B: what every class gets, or the user's probabilities, times class weights. */
function putDistribution(machine: Machine, call: RowsCall, base: number, from: number, count: number, rows: number): void {
  const { dtype, classWeight, target } = call;
  const { window } = machine;
  if (!target) {
    const heap = window.heap(dtype);
    const at = address(B) / heap.BYTES_PER_ELEMENT;
    for (let c = 0; c < count; c++) heap[at + c] = call.uniform * (classWeight ? (classWeight[from + c] as number) : 1);
    return;
  }
  putRows(machine, B, call, target, base, count, rows);
  if (call.keep === 1 && call.uniform === 0 && !classWeight) return;
  affine(machine, B, call, from, count, rows, call.keep, call.uniform);
}

function scaleTargets(machine: Machine, call: RowsCall, from: number, count: number, rows: number): void {
  if (call.keep !== 1 || call.classWeight) affine(machine, GRAD_B, call, from, count, rows, call.keep, 0);
}

/** (x * factor + term) * class weight, in place. */
function affine(machine: Machine, slot: number, call: RowsCall, from: number, count: number, rows: number, factor: number, term: number): void {
  const { dtype, classWeight } = call;
  if (classWeight) machine.window.put(C, dtype, classWeight, from, count);
  machine.kernel("affine", dtype)(address(slot), rows, count, factor, term, classWeight ? address(C) : 0);
}

/** Rows that do not fit: one sample at a time, in pieces; a second time for the gradient. */
function longRows(machine: Machine, call: RowsCall, size: number): number {
  const { classes, inner, index, values, grad, gradTarget } = call;
  const heap = machine.window.heap(call.dtype);
  const piece = TILE_BYTES / size;
  let sum = 0;
  for (let sample = 0; sample < call.outer * inner; sample++) {
    const base = Math.floor(sample / inner) * classes * inner + (sample % inner);
    const target = index ? (index[sample] as number) : NONE;
    for (let from = 0; from < classes; from += piece) {
      pieceOf(machine, call, from === 0 ? BEGIN | REDUCE : REDUCE, sample, base, from, Math.min(piece, classes - from), target);
    }
    const value = pieceOf(machine, call, FINISH, sample, base, 0, 0, target);
    sum += value;
    if (values) values[sample] = target === IGNORED ? 0 : (heap[address(VALUES) / size] as number);
    if (!grad && !gradTarget) continue;
    for (let from = 0; from < classes; from += piece) {
      pieceOf(machine, call, REDUCE | APPLY, sample, base, from, Math.min(piece, classes - from), target);
    }
  }
  return sum;
}

/** Classes `from` to `from + count` of one sample through some phases. */
function pieceOf(machine: Machine, call: RowsCall, phases: number, sample: number, base: number, from: number, count: number, target: number): number {
  const { dtype, inner, rowWeight, gradOutput, grad, gradTarget } = call;
  const { window } = machine;
  const at = base + from * inner;
  const apply = (phases & APPLY) !== 0;
  if (phases & REDUCE) {
    putRows(machine, A, call, call.x, at, count, 1);
    if (call.dense) putDistribution(machine, call, at, from, count, 1);
  }
  window.putOneIndex(target < 0 || target >= from ? (target < 0 ? target : target - from) : OTHER_PIECE);
  if (rowWeight) window.putFactors(WEIGHT, rowWeight, sample, 1);
  if (gradOutput) window.putFactors(GRAD_OUTPUT, gradOutput, sample, 1);
  const sum = machine.kernel("crossEntropy", dtype)(
    phases,
    address(A),
    1,
    count,
    call.index ? address(INDEX) : 0,
    rowWeight ? address(WEIGHT) : 0,
    gradOutput ? address(GRAD_OUTPUT) : 0,
    call.dense ? address(B) : 0,
    0,
    call.scale,
    address(VALUES),
    (apply && grad) || call.dense ? address(GRAD_A) : 0,
    apply && gradTarget ? address(GRAD_B) : 0,
  );
  if (apply && grad) getRows(machine, GRAD_A, call, grad, at, count, 1);
  if (apply && gradTarget) {
    scaleTargets(machine, call, from, count, 1);
    getRows(machine, GRAD_B, call, gradTarget, at, count, 1);
  }
  return sum;
}
