// Losses over classes on WebAssembly: what a row is measured against, and rows whose classes are not the last axis.

import { floatsOf } from "../../array/half.js";
import { BYTES, setElements, view } from "../../array/typed.js";
import { RowsBlock } from "../../generated/layouts.js";
import { APPLY, REDUCE } from "../protocol.js";
import type { Backend, RowsCall } from "../seam.js";
import type { Machine } from "./machine.js";
import type { Port, Transposer } from "./stream.js";
import { A, B, batchOf, C, GRAD_A, GRAD_B, GRAD_C, GRAD_OUTPUT, INDEX, ROW_BYTES, SINK, VALUES, WEIGHT } from "./window.js";

/** A class of another piece of the row: below NONE, and so neither none nor ignored nor in this piece. */
const OTHER_PIECE = -3;
/** Fewer samples than this are copied one by one where classes are not the last axis: to make a view for each class costs about as much. */
const TRANSPOSED = 32;

const { i32: I, f64: F } = RowsBlock;

export function crossEntropy(machine: Machine): Pick<Backend, "crossEntropy"> {
  return { crossEntropy: (call) => run(machine, call) };
}

function run(machine: Machine, call: RowsCall): number {
  const { dtype, classes: width, inner, index, target } = call;
  const { stream, window } = machine;
  const { i32, f64, b4, b8 } = window;
  const kernel = machine.kernel("crossEntropy", dtype);
  stream.begin(dtype, width, inner > 1 ? new Transposed(machine, call) : null);
  // a transposer reads single elements
  const x = machine.rows(A, inner > 1 ? floatsOf(call.x) : call.x);
  // the user's probabilities stay as they are: where they are to be changed it is a copy
  const changed = call.keep !== 1 || call.uniform !== 0 || call.classWeight !== null;
  const q = target && stream.input(B, target, changed);
  const y = index && stream.integers(INDEX, index);
  const w = call.rowWeight && stream.factors(WEIGHT, call.rowWeight);
  const g = call.gradOutput && stream.factors(GRAD_OUTPUT, call.gradOutput);
  const values = call.values && stream.values(VALUES, call.values);
  const grad = call.grad && stream.output(GRAD_A, call.grad);
  const gradTarget = call.gradTarget && stream.output(GRAD_B, call.gradTarget);
  const pieces = width * BYTES[dtype] > ROW_BYTES;
  // one distribution for all rows is written once
  if (call.dense && !target && !pieces) spread(machine, call, 0, width);
  f64[b8 + F.scale] = call.scale;
  f64[b8 + F.z] = call.zLoss;
  // capped logits in a slot that has no other use: the gradient needs them as they were, too
  const capped = call.softcap > 0 ? window.address(GRAD_C) : 0;
  i32[b4 + I.y] = y ? y.address : 0;
  i32[b4 + I.w] = w ? w.address : 0;
  i32[b4 + I.g] = g ? g.address : 0;
  i32[b4 + I.qStep] = target ? width * BYTES[dtype] : 0;
  const batch = batchOf(dtype, width);
  // enough samples that to transpose them pays, where they fit
  const many = inner === 1 ? batch : Math.max(batch, Math.min(TRANSPOSED, Math.floor(ROW_BYTES / (width * BYTES[dtype]))));
  stream.start(call.outer * inner, grad || gradTarget ? APPLY : 0, many);
  while (stream.next()) {
    const { phases, row, rows, from, count } = stream;
    const apply = (phases & APPLY) !== 0;
    if (call.dense && count > 0) {
      if (q && changed) affine(machine, q.at, call, from, count, rows, call.keep, call.uniform);
      else if (pieces && !q) spread(machine, call, from, count);
    }
    if (pieces && index) i32[window.address(INDEX) / 4] = inPiece(index[row] as number, from);
    i32[b4 + I.phases] = apply ? phases | REDUCE : phases; // exponentials are not kept from an earlier piece
    if (capped) machine.kernel("softcap", dtype)(x.at, capped, rows * count, call.softcap);
    i32[b4 + I.x] = capped || x.at;
    i32[b4 + I.rows] = rows;
    i32[b4 + I.n] = count;
    i32[b4 + I.q] = call.dense ? (q ? q.at : window.address(B)) : 0;
    i32[b4 + I.value] = values ? values.at : 0;
    i32[b4 + I.grad] = apply && grad ? grad.at : call.dense ? window.address(GRAD_A) : 0;
    i32[b4 + I.gradQ] = apply && gradTarget ? gradTarget.at : 0;
    stream.sum += kernel(window.block);
    if (capped && apply && grad) machine.kernel("softcapGradient", dtype)(x.at, grad.at, rows * count, call.softcap);
    if (apply && gradTarget && (call.keep !== 1 || call.classWeight)) affine(machine, gradTarget.at, call, from, count, rows, call.keep, 0);
  }
  return stream.sum;
}

/** A row's class, counted from the piece's first one. */
function inPiece(y: number, from: number): number {
  if (y < 0) return y;
  return y >= from ? y - from : OTHER_PIECE;
}

/** What every class of a piece gets, times its weight, in slot B. */
function spread({ window }: Machine, call: RowsCall, from: number, count: number): void {
  const { classWeight, uniform } = call;
  const heap = window.heap(call.dtype);
  const at = window.address(B) / heap.BYTES_PER_ELEMENT;
  for (let c = 0; c < count; c++) heap[at + c] = uniform * (classWeight ? (classWeight[from + c] as number) : 1);
}

/** (x * factor + term) * class weight, in place. */
function affine(machine: Machine, at: number, call: RowsCall, from: number, count: number, rows: number, factor: number, term: number): void {
  const { dtype, classWeight } = call;
  const { window } = machine;
  if (classWeight) window.heap(dtype).set(view(classWeight, from, count), window.address(C) / BYTES[dtype]);
  machine.kernel("affine", dtype)(at, rows, count, factor, term, classWeight ? window.address(C) : 0);
}

/** Rows of an array whose classes lie `inner` apart: one class of all rows at a time, then transposed. */
class Transposed implements Transposer {
  readonly inner: number;
  private readonly machine: Machine;
  private readonly call: RowsCall;

  constructor(machine: Machine, call: RowsCall) {
    this.machine = machine;
    this.call = call;
    this.inner = call.inner;
  }

  /** Where class `from` of a sample lies. */
  private start(sample: number, from: number): number {
    const { classes, inner } = this.call;
    return (Math.floor(sample / inner) * classes + from) * inner + (sample % inner);
  }

  gather({ data, address }: Port, row: number, rows: number, from: number, count: number): void {
    const { machine, inner } = this;
    const { window } = machine;
    const heap = window.heap(this.call.dtype);
    const size = heap.BYTES_PER_ELEMENT;
    const base = this.start(row, from);
    if (rows < TRANSPOSED) {
      const at = address / size;
      for (let c = 0; c < count; c++) {
        const source = base + c * inner;
        for (let r = 0; r < rows; r++) heap[at + r * count + c] = data[source + r] as number;
      }
      return;
    }
    const sink = window.address(SINK);
    for (let c = 0; c < count; c++) heap.set(view(data, base + c * inner, rows), sink / size + c * rows);
    machine.kernel("transpose", this.call.dtype)(sink, address, count, rows);
  }

  scatter({ data, address }: Port, row: number, rows: number, from: number, count: number): void {
    const { machine, inner } = this;
    const { window } = machine;
    const heap = window.heap(this.call.dtype);
    const size = heap.BYTES_PER_ELEMENT;
    const base = this.start(row, from);
    if (rows < TRANSPOSED) {
      const at = address / size;
      for (let c = 0; c < count; c++) {
        const to = base + c * inner;
        for (let r = 0; r < rows; r++) data[to + r] = heap[at + r * count + c] as number;
      }
      return;
    }
    const sink = window.address(SINK);
    machine.kernel("transpose", this.call.dtype)(address, sink, rows, count);
    const at = sink / size;
    for (let c = 0; c < count; c++) setElements.call(data, heap.subarray(at + c * rows, at + (c + 1) * rows), base + c * inner);
  }
}
