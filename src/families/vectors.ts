// The family of losses that compare rows of vectors: the last axis holds the dimensions of a vector, all others are rows.

import { equalShapes, product, rowsOf } from "../array/shape.js";
import type { FloatArray } from "../array/typed.js";
import type { Backend } from "../backend/seam.js";
import { rangeError, shapeText } from "../call/errors.js";
import { broadcastShapes } from "../call/fit.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";

/** The shape that the vectors broadcast to; operands of another one are copied out to it, so that each row has its own. */
export function broadcastVectors(frame: Frame, vectors: 2 | 3, sameRank: boolean): readonly number[] {
  const shape = broadcastShapes(frame, vectors, sameRank);
  for (let i = 0; i < vectors; i++) {
    const operand = frame.operands[i] as Operand;
    if (operand.broadcast) operand.data = operand.broadcast.expand(operand.data, product(shape));
  }
  return shape;
}

/** Two operands (N, D) or (D) and a sign for each pair. */
export function fitPairs(frame: Frame): { rows: number; dims: number; sign: FloatArray } {
  const [a, b, target] = frame.operands as [Operand, Operand, Operand];
  if (a.shape.length !== 1 && a.shape.length !== 2) throw rangeError(frame.loss, a.place, "shape (D) or (N, D)", shapeText(a.shape));
  if (!equalShapes(a.shape, b.shape)) {
    throw rangeError(frame.loss, b.place, `the shape of ${a.place}, ${shapeText(a.shape)}`, shapeText(b.shape));
  }
  const { rows, dims } = rowsOf(a.shape);
  const expected = a.shape.length === 2 ? [rows] : [];
  // one sign for one pair may be [1], too
  if ((target.shape.length !== expected.length && !(rows === 1 && target.shape.length === 1)) || target.size !== rows) {
    throw rangeError(frame.loss, target.place, `shape ${shapeText(expected)}, a sign for each pair`, shapeText(target.shape));
  }
  return { rows, dims, sign: target.data };
}

/** What a loss or operation of this family sets apart from the operands. */
export interface VectorsOptions {
  run: "distances" | "cosine" | "contrastive";
  kind?: number;
  p?: number;
  eps?: number;
  margin?: number;
  swap?: boolean;
  sign?: FloatArray;
}

/**
 * In one dimension every norm is |d|, and p = 1 and p = infinity have its slope of 1 or -1 without rounding. At NaN the slope is 0 of the first, NaN of the
 * second: so it is in PyTorch, which takes |d| itself for both, and divides by the norm for others.
 */
export function exponent({ p = 2 }: VectorsOptions, dims: number): number {
  if (dims !== 1 || p === 0) return p;
  return p === 1 || p === Number.POSITIVE_INFINITY ? 1 : Number.POSITIVE_INFINITY;
}

/** One call of the seam, reduced. */
export function compute(frame: Frame, backend: () => Backend, rows: number, dims: number, vectors: 2 | 3, options: VectorsOptions): number | FloatArray {
  const { operands } = frame;
  const n = rows * dims;
  const denominator = frame.divisor(rows);
  const values = frame.outValue;
  // rows of no dimensions are all alike, and there may be any number of them
  const each = dims === 0 && !values && !options.sign ? Math.min(rows, 1) : rows;
  let sum = 0;
  if (rows > 0) {
    sum = backend()[options.run]({
      dtype: frame.dtype,
      rows: each,
      dims,
      a: (operands[0] as Operand).data,
      b: (operands[1] as Operand).data,
      c: vectors === 3 ? (operands[2] as Operand).data : null,
      kind: options.kind ?? 0,
      p: exponent(options, dims),
      eps: options.eps ?? 0,
      margin: options.margin ?? 0,
      swap: options.swap ?? false,
      sign: options.sign ?? null,
      scale: frame.upstream / denominator,
      gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
      values,
      gradA: frame.gradientOf(0, n),
      gradB: frame.gradientOf(1, n),
      gradC: vectors === 3 ? frame.gradientOf(2, n) : null,
    });
    sum *= rows / each;
    frame.reduceGradients();
  } else frame.zeroGradients();
  return frame.value(sum, denominator);
}

/** The same as an operation: one value per row. */
export function computeEach(frame: Frame, backend: () => Backend, rows: number, dims: number, options: VectorsOptions): number | FloatArray {
  frame.reduction = "none";
  frame.prepareOutputs(rows);
  return compute(frame, backend, rows, dims, 2, options);
}
