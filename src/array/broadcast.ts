// Broadcasting as NumPy and PyTorch have it, for one operand: which of its elements stands at each position of the result.

import { type FloatArray, view } from "./typed.js";

/** Fewer elements than this are copied one by one: to make a view costs about as much. */
const BY_HAND = 64;

export class Broadcast {
  private readonly axes: number[] = [];
  private readonly strides: number[] = [];

  /** `shape` must fit into `to` by the trailing-axes rule. */
  constructor(shape: readonly number[], to: readonly number[]) {
    // from the last axis to the first, neighbours that are both kept or both repeated as one
    let stride = 1;
    let kept: boolean | undefined;
    for (let back = 1; back <= to.length; back++) {
      const length = to[to.length - back] as number;
      const own = back <= shape.length ? (shape[shape.length - back] as number) : 1;
      if (length === 1) continue;
      const keeps = own === length;
      if (keeps === kept) this.axes[this.axes.length - 1] = (this.axes[this.axes.length - 1] as number) * length;
      else {
        this.axes.push(length);
        this.strides.push(keeps ? stride : 0);
      }
      kept = keeps;
      if (keeps) stride *= length;
    }
    if (this.axes.length === 0) {
      this.axes.push(1);
      this.strides.push(0);
    }
  }

  static fits(shape: readonly number[], to: readonly number[]): boolean {
    if (shape.length > to.length) return false;
    for (let back = 1; back <= shape.length; back++) {
      const own = shape[shape.length - back];
      if (own !== 1 && own !== to[to.length - back]) return false;
    }
    return true;
  }

  /** The shape that some shapes broadcast to, or undefined. */
  static together(shapes: readonly (readonly number[])[]): number[] | undefined {
    const rank = Math.max(...shapes.map((shape) => shape.length));
    const to = new Array<number>(rank).fill(1);
    for (const shape of shapes) {
      for (let back = 1; back <= shape.length; back++) {
        const own = shape[shape.length - back] as number;
        const at = rank - back;
        if (own === 1 || own === to[at]) continue;
        if (to[at] !== 1) return undefined;
        to[at] = own;
      }
    }
    return to;
  }

  /** Sums positions of the result back to the operand's own elements, in doubles. */
  reduce(full: FloatArray, into: FloatArray, size: number): void {
    const sums = new Float64Array(size);
    const inner = this.axes[0] as number;
    const step = this.strides[0] as number;
    for (let position = 0; position < full.length; ) {
      const run = Math.min(inner - (position % inner), full.length - position);
      const to = this.index(position);
      if (step === 0) {
        let sum = 0;
        for (let k = 0; k < run; k++) sum += full[position + k] as number;
        sums[to] = (sums[to] as number) + sum;
      } else for (let k = 0; k < run; k++) sums[to + k] = (sums[to + k] as number) + (full[position + k] as number);
      position += run;
    }
    for (let i = 0; i < size; i++) into[i] = sums[i] as number;
  }

  /** All positions of the result. */
  expand(data: FloatArray, length: number): FloatArray {
    const full = data instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
    this.fill(data, 0, length, full, 0);
    return full;
  }

  /** Where position `at` of the result lies in the operand. */
  index(at: number): number {
    let index = 0;
    for (let axis = 0; axis < this.axes.length; axis++) {
      const length = this.axes[axis] as number;
      index += (at % length) * (this.strides[axis] as number);
      at = Math.floor(at / length);
    }
    return index;
  }

  /** Writes positions start ... start + count of the result to `into`, from index `at`. */
  fill(data: FloatArray, start: number, count: number, into: FloatArray, at: number): void {
    const inner = this.axes[0] as number;
    const step = this.strides[0] as number;
    const end = start + count;
    for (let position = start; position < end; ) {
      const within = position % inner;
      const run = Math.min(inner - within, end - position);
      const from = this.index(position);
      if (step === 0) into.fill(data[from] as number, at, at + run);
      else if (run < BY_HAND) for (let k = 0; k < run; k++) into[at + k] = data[from + k] as number;
      else into.set(view(data, from, run), at);
      at += run;
      position += run;
    }
  }
}
