// The WebAssembly backend: stages tiles and calls kernels (assembly/losses). What is computed stands there; here is only what goes where.

import { type Backend, type Dtype, type FloatArray, IGNORED, NONE, type PointwiseCall, type RowsCall, type VectorsCall } from "./seam.js";
import * as window from "./staging.js";
import { A, address, B, C, GRAD_A, GRAD_B, GRAD_C, GRAD_OUTPUT, INDEX, SINK, TILE_BYTES, VALUES, WEIGHT, Window } from "./staging.js";

export type Kernel = (...args: number[]) => number;

// Phases of a row: assembly/core/rows.ts
const BEGIN = 1;
const REDUCE = 2;
const FINISH = 4;
const APPLY = 8;
const COUNT = 16;
const REDUCED = BEGIN | REDUCE | FINISH;

export class Wasm implements Backend {
  private readonly window: Window;
  /** By name, without the dtype: no string is made in a call. */
  private readonly kernels = new Map<string, { float32: Kernel; float64: Kernel }>();

  constructor(instance: WebAssembly.Instance, memory: WebAssembly.Memory) {
    this.window = new Window(memory);
    for (const [name, kernel] of Object.entries(instance.exports)) {
      const [family, dtype] = name.split(/_f(?=32|64)/) as [string, string];
      const pair = this.kernels.get(family) ?? { float32: missing, float64: missing };
      pair[dtype === "32" ? "float32" : "float64"] = kernel as Kernel;
      this.kernels.set(family, pair);
    }
  }

  private kernel(name: string, dtype: Dtype): Kernel {
    const pair = this.kernels.get(name) as { float32: Kernel; float64: Kernel };
    return dtype === "float32" ? pair.float32 : pair.float64;
  }

  // ---- pointwise

  pointwise(call: PointwiseCall): number {
    const { dtype, n, c, weight, gradOutput, values, gradA, gradB } = call;
    const { window } = this;
    const kernel = this.kernel(call.kernel, dtype);
    const tile = TILE_BYTES / (dtype === "float32" ? 4 : 8);
    const each = weight !== null || gradOutput !== null || values !== null || gradB !== null;
    const v = each ? address(VALUES) : 0;
    const ga = gradA ? address(GRAD_A) : each ? address(SINK) : 0;
    const gb = gradB ? address(GRAD_B) : address(SINK);
    let sum = 0;
    for (let start = 0; start < n; start += tile) {
      const count = Math.min(tile, n - start);
      window.stage(A, dtype, call.a, start, count);
      window.stage(B, dtype, call.b, start, count);
      if (c) window.stage(C, dtype, c, start, count);
      let part = kernel(address(A), address(B), address(C), count, call.p, call.q, call.scale, v, ga, gb);
      if (weight) {
        window.stage(WEIGHT, dtype, weight, start, count);
        part = this.multiply(VALUES, WEIGHT, dtype, count);
        if (gradA) this.multiply(GRAD_A, WEIGHT, dtype, count);
        if (gradB) this.multiply(GRAD_B, WEIGHT, dtype, count);
      }
      if (gradOutput) {
        window.put(GRAD_OUTPUT, dtype, gradOutput, start, count);
        if (gradA) this.multiply(GRAD_A, GRAD_OUTPUT, dtype, count);
        if (gradB) this.multiply(GRAD_B, GRAD_OUTPUT, dtype, count);
      }
      if (values) window.get(VALUES, dtype, values, start, count);
      if (gradA) window.get(GRAD_A, dtype, gradA, start, count);
      if (gradB) window.get(GRAD_B, dtype, gradB, start, count);
      sum += part;
    }
    return sum;
  }

  private multiply(slot: number, by: number, dtype: Dtype, count: number): number {
    return this.kernel("multiply", dtype)(address(slot), address(by), count);
  }

  outside(data: FloatArray, low: number, high: number): number {
    const dtype = data.BYTES_PER_ELEMENT === 4 ? "float32" : "float64";
    const within = this.kernel("within", dtype);
    const tile = TILE_BYTES / data.BYTES_PER_ELEMENT;
    for (let start = 0; start < data.length; start += tile) {
      const count = Math.min(tile, data.length - start);
      this.window.put(A, dtype, data, start, count);
      let i = within(address(A), count, low, high);
      if (i >= count) continue;
      for (i += start; (data[i] as number) >= low && (data[i] as number) <= high; i++); // which lane it is
      return i;
    }
    return -1;
  }

  // ---- classes

  crossEntropy(call: RowsCall): number {
    const { dtype, classes, inner } = call;
    const size = dtype === "float32" ? 4 : 8;
    if (classes * size > window.ROW_BYTES) return this.longRows(call, size);
    const batch = Math.max(1, Math.floor(TILE_BYTES / (classes * size)));
    let sum = 0;
    if (inner === 1) {
      // one distribution for all rows is staged once
      if (call.dense && !call.target) this.putDistribution(call, 0, 0, classes, 1);
      for (let row = 0; row < call.outer; row += batch) sum += this.rows(call, row, row * classes, Math.min(batch, call.outer - row));
      return sum;
    }
    if (call.dense && !call.target) this.putDistribution(call, 0, 0, classes, 1);
    for (let o = 0; o < call.outer; o++) {
      for (let i = 0; i < inner; i += batch) sum += this.rows(call, o * inner + i, o * classes * inner + i, Math.min(batch, inner - i));
    }
    return sum;
  }

  /** Samples `first` to `first + rows`, whole rows; the first one's class 0 lies at `base`. */
  private rows(call: RowsCall, first: number, base: number, rows: number): number {
    const { dtype, classes, inner, index, rowWeight, gradOutput, values, grad, gradTarget } = call;
    const { window } = this;
    this.putRows(A, call, call.x, base, rows);
    if (call.target) this.putDistribution(call, base, 0, classes, rows);
    if (index) window.putIndex(index, first, rows);
    if (rowWeight) window.putFactors(WEIGHT, rowWeight, first, rows);
    if (gradOutput) window.putFactors(GRAD_OUTPUT, gradOutput, first, rows);
    const sum = this.kernel("crossEntropy", dtype)(
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
    if (grad) this.getRows(GRAD_A, call, grad, base, rows);
    if (gradTarget) {
      this.scaleTargets(call, 0, classes, rows);
      this.getRows(GRAD_B, call, gradTarget, base, rows);
    }
    return inner > 0 ? sum : 0;
  }

  private putRows(slot: number, call: RowsCall, data: FloatArray, base: number, rows: number): void {
    if (call.inner === 1) this.window.put(slot, call.dtype, data, base, rows * call.classes);
    else this.window.gather(slot, call.dtype, data, base, call.classes, call.inner, rows);
  }

  private getRows(slot: number, call: RowsCall, into: FloatArray, base: number, rows: number): void {
    if (call.inner === 1) this.window.get(slot, call.dtype, into, base, rows * call.classes);
    else this.window.scatter(slot, call.dtype, into, base, call.classes, call.inner, rows);
  }

  /** q of classes `from` to `from + count` of some rows, in slot B: what every class gets, or the user's probabilities, times class weights. */
  private putDistribution(call: RowsCall, base: number, from: number, count: number, rows: number): void {
    const { dtype, classWeight, target } = call;
    const { window } = this;
    if (!target) {
      const heap = window.heap(dtype);
      const at = address(B) / heap.BYTES_PER_ELEMENT;
      for (let c = 0; c < count; c++) heap[at + c] = call.uniform * (classWeight ? (classWeight[from + c] as number) : 1);
      return;
    }
    if (count === call.classes) this.putRows(B, call, target, base, rows);
    else if (call.inner === 1) window.put(B, dtype, target, base, count);
    else window.gather(B, dtype, target, base, count, call.inner, 1);
    if (call.keep === 1 && call.uniform === 0 && !classWeight) return;
    this.affine(B, call, from, count, rows, call.keep, call.uniform);
  }

  private scaleTargets(call: RowsCall, from: number, count: number, rows: number): void {
    if (call.keep !== 1 || call.classWeight) this.affine(GRAD_B, call, from, count, rows, call.keep, 0);
  }

  /** (x * factor + term) * class weight, in place. */
  private affine(slot: number, call: RowsCall, from: number, count: number, rows: number, factor: number, term: number): void {
    const { dtype, classWeight } = call;
    if (classWeight) this.window.put(C, dtype, classWeight, from, count);
    this.kernel("affine", dtype)(address(slot), rows, count, factor, term, classWeight ? address(C) : 0);
  }

  /** Rows that do not fit: one sample at a time, in pieces; a second time for the gradient. */
  private longRows(call: RowsCall, size: number): number {
    const { classes, inner, index, values, grad, gradTarget } = call;
    const heap = this.window.heap(call.dtype);
    const piece = TILE_BYTES / size;
    let sum = 0;
    for (let sample = 0; sample < call.outer * inner; sample++) {
      const base = Math.floor(sample / inner) * classes * inner + (sample % inner);
      const target = index ? (index[sample] as number) : NONE;
      for (let from = 0; from < classes; from += piece) {
        this.piece(call, from === 0 ? BEGIN | REDUCE : REDUCE, sample, base, from, Math.min(piece, classes - from), target);
      }
      const value = this.piece(call, FINISH, sample, base, 0, 0, target);
      sum += value;
      if (values) values[sample] = target === IGNORED ? 0 : (heap[address(VALUES) / size] as number);
      if (!grad && !gradTarget) continue;
      for (let from = 0; from < classes; from += piece) {
        this.piece(call, REDUCE | APPLY, sample, base, from, Math.min(piece, classes - from), target);
      }
    }
    return sum;
  }

  /** Classes `from` to `from + count` of one sample through some phases. */
  private piece(call: RowsCall, phases: number, sample: number, base: number, from: number, count: number, target: number): number {
    const { dtype, inner, rowWeight, gradOutput, grad, gradTarget } = call;
    const { window } = this;
    const at = base + from * inner;
    const apply = (phases & APPLY) !== 0;
    if (phases & REDUCE) {
      if (inner === 1) window.put(A, dtype, call.x, at, count);
      else window.gather(A, dtype, call.x, at, count, inner, 1);
      if (call.dense) this.putDistribution(call, at, from, count, 1);
    }
    window.putOneIndex(target < 0 || target >= from ? (target < 0 ? target : target - from) : OTHER_PIECE);
    if (rowWeight) window.putFactors(WEIGHT, rowWeight, sample, 1);
    if (gradOutput) window.putFactors(GRAD_OUTPUT, gradOutput, sample, 1);
    const sum = this.kernel("crossEntropy", dtype)(
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
    if (apply && grad) {
      if (inner === 1) window.get(GRAD_A, dtype, grad, at, count);
      else window.scatter(GRAD_A, dtype, grad, at, count, inner, 1);
    }
    if (apply && gradTarget) {
      this.scaleTargets(call, from, count, 1);
      if (inner === 1) window.get(GRAD_B, dtype, gradTarget, at, count);
      else window.scatter(GRAD_B, dtype, gradTarget, at, count, inner, 1);
    }
    return sum;
  }

  // ---- vectors

  distances(call: VectorsCall): number {
    const { p } = call;
    const name = p === 2 ? "triplet2" : p === 1 ? "triplet1" : p === Number.POSITIVE_INFINITY ? "tripletInf" : p === 0 ? "triplet0" : "tripletP";
    // norms that need a power exist in double precision only: staging converts
    const dtype = p === 0 || name === "tripletP" ? "float64" : call.dtype;
    const kernel = this.kernel(name, dtype);
    const { c, gradOutput, values, gradA, gradB, gradC } = call;
    const apply = gradA !== null || gradB !== null || gradC !== null;
    return this.vectors(call, dtype, apply ? APPLY | (p === Number.POSITIVE_INFINITY ? COUNT : 0) : 0, (phases, rows, dims, bytes) =>
      kernel(
        phases,
        call.kind,
        address(A),
        address(B),
        c ? address(C) : 0,
        rows,
        dims,
        p,
        call.eps,
        call.margin,
        call.swap ? 1 : 0,
        gradOutput ? address(GRAD_OUTPUT) : 0,
        call.scale,
        values ? address(VALUES) : 0,
        address(gradA ? GRAD_A : SINK),
        address(gradB ? GRAD_B : SINK),
        address(gradC ? GRAD_C : SINK),
        gradA ? bytes : 0,
        gradB ? bytes : 0,
        gradC ? bytes : 0,
      ),
    );
  }

  cosine(call: VectorsCall): number {
    const { dtype, sign, gradOutput, values, gradA, gradB } = call;
    const kernel = this.kernel("cosine", dtype);
    return this.vectors(call, dtype, gradA !== null || gradB !== null ? APPLY : 0, (phases, rows, dims, bytes) =>
      kernel(
        phases,
        address(A),
        address(B),
        rows,
        dims,
        sign ? address(WEIGHT) : 0,
        call.margin,
        call.eps,
        gradOutput ? address(GRAD_OUTPUT) : 0,
        call.scale,
        values ? address(VALUES) : 0,
        address(gradA ? GRAD_A : SINK),
        address(gradB ? GRAD_B : SINK),
        gradA ? bytes : 0,
        gradB ? bytes : 0,
      ),
    );
  }

  /** Whole rows in batches; rows that do not fit one at a time, in pieces, a pass of pieces for each phase that looks at the operands. */
  private vectors(call: VectorsCall, dtype: Dtype, gradient: number, kernel: (phases: number, rows: number, dims: number, bytes: number) => number): number {
    const { rows, dims } = call;
    const size = dtype === "float32" ? 4 : 8;
    const bytes = dims * size;
    let sum = 0;
    if (bytes <= window.ROW_BYTES) {
      const batch = Math.max(1, Math.min(rows, Math.floor(TILE_BYTES / Math.max(bytes, size))));
      for (let row = 0; row < rows; row += batch) {
        const count = Math.min(batch, rows - row);
        this.putFactors(call, row, count);
        this.putVectors(call, dtype, row * dims, count * dims);
        sum += kernel(REDUCED | gradient, count, dims, bytes);
        if (call.values) this.window.get(VALUES, dtype, call.values, row, count);
        if (gradient) this.getVectors(call, dtype, row * dims, count * dims);
      }
      return sum;
    }
    const piece = TILE_BYTES / size;
    for (let row = 0; row < rows; row++) {
      const end = (row + 1) * dims;
      this.putFactors(call, row, 1);
      const pass = (phases: number): void => {
        for (let at = row * dims, first = BEGIN; at < end; at += piece, first = 0) {
          const count = Math.min(piece, end - at);
          this.putVectors(call, dtype, at, count);
          kernel(phases === REDUCE ? phases | first : phases, 1, count, 0);
          if (phases === APPLY) this.getVectors(call, dtype, at, count);
        }
      };
      pass(REDUCE);
      sum += kernel(FINISH, 1, 0, 0);
      if (call.values) this.window.get(VALUES, dtype, call.values, row, 1);
      if (gradient & COUNT) pass(COUNT);
      if (gradient) pass(APPLY);
    }
    return sum;
  }

  private putFactors(call: VectorsCall, row: number, count: number): void {
    if (call.sign) this.window.putFactors(WEIGHT, call.sign, row, count);
    if (call.gradOutput) this.window.putFactors(GRAD_OUTPUT, call.gradOutput, row, count);
  }

  private putVectors(call: VectorsCall, dtype: Dtype, start: number, count: number): void {
    this.window.put(A, dtype, call.a, start, count);
    this.window.put(B, dtype, call.b, start, count);
    if (call.c) this.window.put(C, dtype, call.c, start, count);
  }

  private getVectors(call: VectorsCall, dtype: Dtype, start: number, count: number): void {
    if (call.gradA) this.window.get(GRAD_A, dtype, call.gradA, start, count);
    if (call.gradB) this.window.get(GRAD_B, dtype, call.gradB, start, count);
    if (call.gradC) this.window.get(GRAD_C, dtype, call.gradC, start, count);
  }
}

/** Stands for a kernel that exists in double precision only. */
const missing: Kernel = () => {
  throw new Error("no such kernel");
};

/** A class of another piece of the row: below NONE, and so neither none nor ignored nor in this piece. */
const OTHER_PIECE = -3;
