// Losses over classes on WebAssembly: rows in batches, and rows that do not fit in pieces.

import { setElements } from "../../call/operand.js";
import { APPLY, BEGIN, FINISH, type Machine, REDUCE, REDUCED } from "./machine.js";
import { BYTES, type FloatArray, IGNORED, NONE, type RowsCall } from "../seam.js";
import { A, address, B, C, GRAD_A, GRAD_B, GRAD_OUTPUT, INDEX, ROW_BYTES, SINK, TILE_BYTES, VALUES, WEIGHT } from "./window.js";

/** A class of another piece of the row: below NONE, and so neither none nor ignored nor in this piece. */
const OTHER_PIECE = -3;
/** Fewer samples than this are copied one by one where classes are not the last axis: to make a view for each class costs about as much. */
const TRANSPOSED = 32;

export function crossEntropy(machine: Machine, call: RowsCall): number {
  const { dtype, classes, inner } = call;
  const size = BYTES[dtype];
  if (classes * size > ROW_BYTES) return longRows(machine, call, size);
  const batch = Math.max(1, Math.floor(TILE_BYTES / (classes * size)));
  let sum = 0;
  // one distribution for all rows is staged once
  if (call.dense && !call.target) putDistribution(machine, call, 0, 0, classes, 1);
  if (inner === 1) {
    for (let row = 0; row < call.outer; row += batch) sum += batchOf(machine, call, row, row * classes, Math.min(batch, call.outer - row));
    return sum;
  }
  // enough samples that to transpose them pays, where they fit
  const many = Math.max(batch, Math.min(TRANSPOSED, Math.floor(ROW_BYTES / (classes * size))));
  for (let o = 0; o < call.outer; o++) {
    for (let i = 0; i < inner; i += many) sum += batchOf(machine, call, o * inner + i, o * classes * inner + i, Math.min(many, inner - i));
  }
  return sum;
}

/** Samples `first` to `first + rows`, whole rows; the first one's class 0 lies at `base`. */
function batchOf(machine: Machine, call: RowsCall, first: number, base: number, rows: number): number {
  const { dtype, classes, index, rowWeight, gradOutput, values, grad, gradTarget } = call;
  const { window } = machine;
  const x = putRows(machine, A, call, call.x, base, classes, rows);
  const q = call.target ? putDistribution(machine, call, base, 0, classes, rows) : address(B);
  const toTarget = gradTarget ? targetRows(machine, GRAD_B, call, gradTarget, base) : 0;
  if (index) window.putIndex(index, first, rows);
  if (rowWeight) window.putFactors(WEIGHT, rowWeight, first, rows);
  if (gradOutput) window.putFactors(GRAD_OUTPUT, gradOutput, first, rows);
  const sum = machine.kernel("crossEntropy", dtype)(
    grad || gradTarget ? REDUCED | APPLY : REDUCED,
    x,
    rows,
    classes,
    index ? address(INDEX) : 0,
    rowWeight ? address(WEIGHT) : 0,
    gradOutput ? address(GRAD_OUTPUT) : 0,
    call.dense ? q : 0,
    call.target ? classes * BYTES[dtype] : 0,
    call.scale,
    values ? window.target(VALUES, dtype, values, first) : 0,
    grad ? targetRows(machine, GRAD_A, call, grad, base) : call.dense ? address(GRAD_A) : 0,
    toTarget,
  );
  if (values) window.get(VALUES, dtype, values, first, rows);
  if (grad) getRows(machine, GRAD_A, call, grad, base, classes, rows);
  if (gradTarget) {
    scaleTargets(machine, call, toTarget, 0, classes, rows);
    getRows(machine, GRAD_B, call, gradTarget, base, classes, rows);
  }
  return sum;
}

/** Where `classes` of some rows are to be read, from the class that lies at `base`. */
function putRows(machine: Machine, slot: number, call: RowsCall, data: FloatArray, base: number, classes: number, rows: number): number {
  if (call.inner === 1) return machine.window.place(slot, call.dtype, data, base, rows * classes);
  gather(machine, slot, call, data, base, classes, rows);
  return address(slot);
}

/** Where they are to be written. */
function targetRows(machine: Machine, slot: number, call: RowsCall, into: FloatArray, base: number): number {
  return call.inner === 1 ? machine.window.target(slot, call.dtype, into, base) : address(slot);
}

function getRows(machine: Machine, slot: number, call: RowsCall, into: FloatArray, base: number, classes: number, rows: number): void {
  if (call.inner === 1) machine.window.get(slot, call.dtype, into, base, rows * classes);
  else scatter(machine, slot, call, into, base, classes, rows);
}

/** Rows of `classes` from an array whose classes lie `inner` apart: one class of all rows at a time, then transposed. */
function gather(machine: Machine, slot: number, call: RowsCall, data: FloatArray, base: number, classes: number, rows: number): void {
  const { dtype, inner } = call;
  const { window } = machine;
  const heap = window.heap(dtype);
  if (rows < TRANSPOSED) {
    const at = address(slot) / heap.BYTES_PER_ELEMENT;
    for (let c = 0; c < classes; c++) {
      const from = base + c * inner;
      for (let r = 0; r < rows; r++) heap[at + r * classes + c] = data[from + r] as number;
    }
    return;
  }
  for (let c = 0; c < classes; c++) window.put(SINK, dtype, data, base + c * inner, rows, c * rows);
  machine.kernel("transpose", dtype)(address(SINK), address(slot), classes, rows);
}

/** The way back. */
function scatter(machine: Machine, slot: number, call: RowsCall, into: FloatArray, base: number, classes: number, rows: number): void {
  const { dtype, inner } = call;
  const heap = machine.window.heap(dtype);
  const size = heap.BYTES_PER_ELEMENT;
  if (rows < TRANSPOSED) {
    const at = address(slot) / size;
    for (let c = 0; c < classes; c++) {
      const to = base + c * inner;
      for (let r = 0; r < rows; r++) into[to + r] = heap[at + r * classes + c] as number;
    }
    return;
  }
  machine.kernel("transpose", dtype)(address(slot), address(SINK), rows, classes);
  const at = address(SINK) / size;
  for (let c = 0; c < classes; c++) setElements.call(into, heap.subarray(at + c * rows, at + (c + 1) * rows), base + c * inner);
}

/** Where q of classes `from` to `from + count` of some rows is: what every class gets, or the user's probabilities, times class weights. */
function putDistribution(machine: Machine, call: RowsCall, base: number, from: number, count: number, rows: number): number {
  const { dtype, classWeight, target } = call;
  const { window } = machine;
  if (!target) {
    const heap = window.heap(dtype);
    const at = address(B) / heap.BYTES_PER_ELEMENT;
    for (let c = 0; c < count; c++) heap[at + c] = call.uniform * (classWeight ? (classWeight[from + c] as number) : 1);
    return address(B);
  }
  if (call.keep === 1 && call.uniform === 0 && !classWeight) return putRows(machine, B, call, target, base, count, rows);
  // a copy in any case: the user's probabilities stay as they are
  if (call.inner === 1) window.put(B, dtype, target, base, rows * count);
  else gather(machine, B, call, target, base, count, rows);
  affine(machine, address(B), call, from, count, rows, call.keep, call.uniform);
  return address(B);
}

function scaleTargets(machine: Machine, call: RowsCall, at: number, from: number, count: number, rows: number): void {
  if (call.keep !== 1 || call.classWeight) affine(machine, at, call, from, count, rows, call.keep, 0);
}

/** (x * factor + term) * class weight, in place. */
function affine(machine: Machine, at: number, call: RowsCall, from: number, count: number, rows: number, factor: number, term: number): void {
  const { dtype, classWeight } = call;
  const weight = classWeight ? machine.window.place(C, dtype, classWeight, from, count) : 0;
  machine.kernel("affine", dtype)(at, rows, count, factor, term, weight);
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
  let x = address(A);
  let q = address(B);
  if (phases & REDUCE) {
    x = putRows(machine, A, call, call.x, at, count, 1);
    if (call.dense) q = putDistribution(machine, call, at, from, count, 1);
  }
  const toTarget = apply && gradTarget ? targetRows(machine, GRAD_B, call, gradTarget, at) : 0;
  window.putOneIndex(target < 0 || target >= from ? (target < 0 ? target : target - from) : OTHER_PIECE);
  if (rowWeight) window.putFactors(WEIGHT, rowWeight, sample, 1);
  if (gradOutput) window.putFactors(GRAD_OUTPUT, gradOutput, sample, 1);
  const sum = machine.kernel("crossEntropy", dtype)(
    phases,
    x,
    1,
    count,
    call.index ? address(INDEX) : 0,
    rowWeight ? address(WEIGHT) : 0,
    gradOutput ? address(GRAD_OUTPUT) : 0,
    call.dense ? q : 0,
    0,
    call.scale,
    address(VALUES),
    apply && grad ? targetRows(machine, GRAD_A, call, grad, at) : call.dense ? address(GRAD_A) : 0,
    toTarget,
  );
  if (apply && grad) getRows(machine, GRAD_A, call, grad, at, count, 1);
  if (apply && gradTarget) {
    scaleTargets(machine, call, toTarget, from, count, 1);
    getRows(machine, GRAD_B, call, gradTarget, at, count, 1);
  }
  return sum;
}
