// What the losses of triplets share, and triplets whose pairs differ in dimensions.

import { Broadcast } from "../array/broadcast.js";
import { product, rowsOf } from "../array/shape.js";
import { type FloatArray, setElements } from "../array/typed.js";
import { DISTANCE } from "../backend/protocol.js";
import type { Backend, VectorsCall } from "../backend/seam.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { type Argument, differentiable } from "../call/signature.js";
import { broadcastVectors, compute, exponent, type VectorsOptions } from "./vectors.js";

export const TRIPLET: readonly Argument[] = [differentiable("anchor"), differentiable("positive"), differentiable("negative")];
export type TripletNames = "anchor" | "positive" | "negative";

/** A loss of anchors, positives and negatives, the operands of the frame. */
export function triplet(frame: Frame, backend: () => Backend, options: VectorsOptions): number | FloatArray {
  const [anchor, positive, negative] = frame.operands as [Operand, Operand, Operand];
  const axes = anchor.shape.length;
  if (axes === 0) throw rangeError(frame.loss, anchor.place, "at least one axis, of dimensions", "a 0-D tensor");
  if (positive.shape.length === axes && negative.shape.length === axes) {
    const near = dimensions(anchor, positive);
    const alike = near === dimensions(anchor, negative) && (!options.swap || near === dimensions(positive, negative));
    if (!alike) return pairByPair(frame, backend, options);
  }
  const { rows, dims } = rowsOf(broadcastVectors(frame, 3, true));
  frame.prepareOutputs(rows);
  return compute(frame, backend, rows, dims, 3, options);
}

/** How many dimensions two vectors broadcast to, if they do. */
function dimensions(first: Operand, second: Operand): number {
  const own = first.shape[first.shape.length - 1] as number;
  return own === 1 ? (second.shape[second.shape.length - 1] as number) : own;
}

// Pairs of different dimensions: as in PyTorch each pair broadcasts by itself, so that a distance has only the dimensions that its own two vectors
// have. In double precision, by the seam's distances: first those of each pair, then the loss as a triplet of these numbers, in one dimension and with
// anchor 0, whose slopes are the upstream gradients of the distances.

/** Which operands are compared; the last pair only with swap. */
const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

function pairByPair(frame: Frame, backend: () => Backend, options: VectorsOptions): number | FloatArray {
  const operands = frame.operands.slice(0, 3);
  const pairs = PAIRS.slice(0, options.swap ? 3 : 2);
  for (const [i, k] of pairs) checkPair(frame, operands[i] as Operand, operands[k] as Operand);
  const dims = pairs.map(([i, k]) => dimensions(operands[i] as Operand, operands[k] as Operand));
  const lead = Broadcast.together(operands.map(({ shape }) => shape.slice(0, -1)));
  const shapes = dims.map((own) => [...(lead ?? []), own]);
  if (!lead || product(lead) < 0 || shapes.some((shape) => product(shape) < 0)) {
    throw rangeError(frame.loss, "the arguments", "shapes that broadcast together", operands.map(({ shape }) => shapeText(shape)).join(" and "));
  }
  const rows = product(lead);
  frame.prepareOutputs(rows);
  const denominator = frame.divisor(rows);
  if (rows === 0) {
    frame.zeroGradients();
    return frame.value(0, denominator);
  }
  const doubles = (length: number): FloatArray => frame.make(length, "float64");
  const full = (i: number, shape: readonly number[]): FloatArray => {
    const { data, shape: own } = operands[i] as Operand;
    const to = doubles(product(shape));
    new Broadcast(own, shape).fill(data, 0, to.length, to, 0);
    return to;
  };
  const distances = pairs.map(([i, k], pair): VectorsCall => {
    const shape = shapes[pair] as number[];
    const own = dims[pair] as number;
    const norm = { p: exponent(options, own), eps: options.eps ?? 0 };
    return { ...CALL, ...norm, rows, dims: own, a: full(i, shape), b: full(k, shape), values: doubles(rows) };
  });
  for (const call of distances) backend().distances(call);

  const [near, far, other] = distances.map(({ values }) => values) as [FloatArray, FloatArray, FloatArray | undefined];
  const values = doubles(rows);
  const slopes = [doubles(rows), doubles(rows), doubles(rows)] as const;
  const sum = backend().distances({
    ...CALL,
    rows,
    a: doubles(rows),
    b: near,
    c: other ? far.map((distance, row) => Math.min(distance, other[row] as number)) : far,
    kind: options.kind ?? DISTANCE,
    margin: options.margin ?? 0,
    scale: frame.upstream / denominator,
    gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
    values,
    gradB: slopes[0],
    gradC: slopes[1],
  });
  if (frame.outs.some((out) => out)) {
    if (other) share(far, other, slopes[1], slopes[2]);
    const grads = operands.map(({ size }) => doubles(size));
    distances.forEach((call, pair) => {
      const shape = shapes[pair] as number[];
      const sides = [doubles(product(shape)), doubles(product(shape))] as const;
      backend().distances({ ...call, values: null, gradOutput: slopes[pair] as FloatArray, gradA: sides[0], gradB: sides[1] });
      PAIRS[pair]?.forEach((i, side) => {
        const { shape: own, size } = operands[i] as Operand;
        const part = doubles(size);
        new Broadcast(own, shape).reduce(sides[side] as FloatArray, part, size);
        const grad = grads[i] as FloatArray;
        for (let at = 0; at < size; at++) grad[at] = (grad[at] as number) + (part[at] as number);
      });
    });
    grads.forEach((grad, i) => {
      if (frame.outs[i]) setElements.call(frame.outs[i], grad);
    });
  }
  if (frame.outValue) setElements.call(frame.outValue, values);
  return frame.value(sum, denominator);
}

/** What is the same in all of them. */
const CALL = {
  dtype: "float64",
  dims: 1,
  c: null,
  kind: DISTANCE,
  p: 1,
  eps: 0,
  margin: 0,
  swap: false,
  sign: null,
  scale: 1,
  gradOutput: null,
  gradA: null,
  gradB: null,
  gradC: null,
} as const;

function checkPair(frame: Frame, first: Operand, second: Operand): void {
  if (Broadcast.together([first.shape, second.shape])) return;
  const expected = `a shape of as many axes that broadcasts with that of ${first.place}, ${shapeText(first.shape)}`;
  throw rangeError(frame.loss, second.place, expected, shapeText(second.shape));
}

/** The slope by the smaller of two distances goes to that one, half to each where they are equal. */
function share(far: FloatArray, other: FloatArray, toFar: FloatArray, toOther: FloatArray): void {
  for (let row = 0; row < far.length; row++) {
    const [d, e, slope] = [far[row] as number, other[row] as number, toFar[row] as number];
    const part = d < e ? 1 : e < d ? 0 : 0.5;
    toFar[row] = part * slope;
    toOther[row] = (1 - part) * slope;
  }
}
