// The family of losses over classes: which axis the classes are on, class indices read, checked and narrowed in one go, one call of the seam.

import type { HalfArray } from "../array/half.js";
import { along, equalShapes, type Layout } from "../array/shape.js";
import { type FloatArray, fillElements } from "../array/typed.js";
import { IGNORED } from "../backend/protocol.js";
import type { Backend } from "../backend/seam.js";
import { rangeError, shapeText, typeError } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { number, type Option } from "../call/signature.js";

/** The layout of the input of a classification loss, and the check that the target has a class for each sample. */
export function classLayout(frame: Frame, input: Operand, target: Operand, dim = 1): Layout {
  const { loss } = frame;
  if (!input.shaped && target.shape.length === 1 && (dim === 1 || dim === -1)) {
    // an input without a shape takes N from the target
    const n = target.shape[0] as number;
    const classes = n === 0 ? 0 : input.size / n;
    if (!Number.isInteger(classes) || (n === 0 && input.size > 0)) {
      throw rangeError(loss, input.place, `a multiple of the ${n} classes in ${target.place}, or a shape`, `${input.size} elements`);
    }
    return { outer: n, classes, inner: 1 };
  }
  const layout = layoutOf(frame, input, dim);
  const classAxis = classAxisOf(frame, input, dim);
  const expected = input.shape.filter((_, axis) => axis !== classAxis);
  // one class for one sample may be [1], too
  if (!equalShapes(target.shape, expected) && !(expected.length === 0 && target.shape.length === 1 && target.size === 1)) {
    throw rangeError(loss, target.place, `shape ${shapeText(expected)} for ${input.place} of shape ${shapeText(input.shape)}`, shapeText(target.shape));
  }
  return layout;
}

/** The axis of the classes, counted from the front; a 1-D input has one only, and takes the default for it. */
function classAxisOf(frame: Frame, { shape, place }: Operand, dim: number): number {
  const rank = shape.length;
  if (rank === 0) throw rangeError(frame.loss, place, "at least one axis, of classes", "a 0-D tensor");
  if (rank === 1 && dim === 1) return 0;
  if (dim < -rank || dim >= rank) throw rangeError(frame.loss, 'option "dim"', `an axis in [${-rank}, ${rank}) for shape ${shapeText(shape)}`, String(dim));
  return dim < 0 ? dim + rank : dim;
}

/** (N, C, d1 ... dk) as outer = N, classes = C, inner = d1 * ... * dk, or as another axis has it; (C) is one sample. */
export function layoutOf(frame: Frame, input: Operand, dim = 1): Layout {
  return along(input.shape, classAxisOf(frame, input, dim));
}

/** The axis of the classes. */
export function classDim(): Option {
  return number("dim", 1, "an integer", Number.isInteger);
}

/** Class weights: one per class. */
export function checkClassWeight(frame: Frame, weight: Operand, classes: number): void {
  if (weight.given && (weight.shape.length !== 1 || weight.size !== classes)) {
    throw rangeError(frame.loss, weight.place, `shape ${shapeText([classes])}, one weight per class`, shapeText(weight.shape));
  }
}

/** The classes of a call. Scratch that is used again: valid until the next call reads its own. */
export interface ClassIndices {
  index: Int32Array;
  /** The sum of the weights of those that are not ignored, their number without weights. */
  weightSum: number;
}

/** No BigInt64Array and no BigUint64Array can hold it. */
const NO_CLASS = -(2n ** 64n);
// No user code runs between reading the classes and the end of the call, so one scratch serves all calls.
const SCRATCH = 1 << 14;
let scratchIndex: Int32Array | undefined;
let scratchWeights: Float64Array | undefined;
const result: ClassIndices = { index: new Int32Array(0), weightSum: 0 };

/** Integers may come in any integer array or as numbers, never as floats. */
export function checkIntegers(frame: Frame, operand: Operand, expected: string): void {
  if (operand.tag !== "" && !operand.isInteger) throw typeError(frame.loss, operand.place, expected, operand.kind);
}

/** Reads each class once: IGNORED for ignoreIndex, which any integer may be, else a checked class. Without one, nothing is ignored. */
export function readClasses(frame: Frame, target: Operand, classes: number, weight: Operand | null, ignore?: number | bigint): ClassIndices {
  const { loss } = frame;
  const n = target.size;
  checkIntegers(frame, target, "class indices (integers)");
  scratchIndex ??= new Int32Array(SCRATCH);
  const index = n <= SCRATCH ? scratchIndex : new Int32Array(n);
  const bad = target.tag.startsWith("Big")
    ? narrowBig(target.raw as BigInt64Array, n, classes, ignore === undefined ? NO_CLASS : BigInt(ignore), index)
    : narrow(target.raw as Int32Array, n, classes, ignore === undefined ? Number.NaN : Number(ignore), index);
  if (bad >= 0) throw rangeError(loss, `${target.place}[${bad}]`, `a class in [0, ${classes})`, String(target.raw[bad]));
  result.weightSum = weight?.given ? weightOf(index, n, weight.data) : countOf(index, n);
  if (frame.totals && ignore !== undefined) {
    frame.counted = countOf(index, n);
    if (weight?.given) frame.terms = termsOf(index, frame.counted, weight.data);
  }
  result.index = index;
  return result;
}

/** How many are not ignored: IGNORED is the only negative one, and its sign bit is what is counted. */
export function countOf(index: Int32Array, n: number): number {
  let ignored = 0;
  for (let i = 0; i < n; i++) ignored += (index[i] as number) >>> 31;
  return n - ignored;
}

function weightOf(index: Int32Array, n: number, weights: FloatArray): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const y = index[i] as number;
    if (y >= 0) sum += weights[y] as number;
  }
  return sum;
}

/** The weights of those that are not ignored. */
function termsOf(index: Int32Array, count: number, weights: FloatArray): Float64Array {
  const terms = new Float64Array(count);
  for (let i = 0, at = 0; at < count; i++) {
    const y = index[i] as number;
    if (y >= 0) terms[at++] = weights[y] as number;
  }
  return terms;
}

/** Returns the position of the first that is neither ignored nor a class, or -1. */
function narrow(from: Int32Array, n: number, classes: number, ignore: number, to: Int32Array): number {
  for (let i = 0; i < n; i++) {
    const y = from[i] as number;
    if (y === ignore) to[i] = IGNORED;
    else if (y >= 0 && y < classes && Math.floor(y) === y) to[i] = y;
    else return i;
  }
  return -1;
}

function narrowBig(from: BigInt64Array, n: number, classes: number, ignore: bigint, to: Int32Array): number {
  const limit = BigInt(classes);
  for (let i = 0; i < n; i++) {
    const y = from[i] as bigint;
    if (y === ignore) to[i] = IGNORED;
    else if (y >= 0n && y < limit) to[i] = Number(y);
    else return i;
  }
  return -1;
}

/** factor * weight[class] of each sample, or null where all are 1. */
export function rowWeights(weight: Operand | null, index: Int32Array, n: number, factor: number): Float64Array | null {
  const weights = weight?.given ? weight.data : null;
  if (!weights && factor === 1) return null;
  scratchWeights ??= new Float64Array(SCRATCH);
  const rows = n <= SCRATCH ? scratchWeights : new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const y = index[i] as number;
    rows[i] = y < 0 ? 0 : factor * (weights ? (weights[y] as number) : 1);
  }
  return rows;
}

type RowsCall = Parameters<Backend["crossEntropy"]>[0];
/** What rows are measured against: a class each, a distribution, or nothing, where the value is log-sum-exp. */
export type Targets = Pick<RowsCall, "index" | "rowWeight" | "dense" | "target" | "keep" | "uniform" | "classWeight" | "softcap" | "zLoss">;

/** No target: the value of a row is its log-sum-exp, whose gradient is softmax. */
export const NO_TARGETS: Targets = {
  index: null,
  rowWeight: null,
  dense: false,
  target: null,
  keep: 1,
  uniform: 0,
  classWeight: null,
  softcap: 0,
  zLoss: 0,
};

/** The rows of the first operand (or of `x`) against their targets: the sum of their values; writes those, and gradients times `scale`. */
export function evaluate(
  frame: Frame,
  backend: () => Backend,
  { outer, classes, inner }: Layout,
  targets: Targets,
  scale: number,
  values: FloatArray | null,
  grad: FloatArray | null,
  gradTarget: FloatArray | null,
  x: FloatArray | HalfArray = (frame.operands[0] as Operand).stored,
): number {
  if (outer * classes * inner === 0) {
    if (values) fillElements.call(values, 0);
    return 0;
  }
  return backend().crossEntropy({
    dtype: frame.dtype,
    x,
    outer,
    classes,
    inner,
    // one by one: a spread costs more than a small kernel
    index: targets.index,
    rowWeight: targets.rowWeight,
    dense: targets.dense,
    target: targets.target,
    keep: targets.keep,
    uniform: targets.uniform,
    classWeight: targets.classWeight,
    softcap: targets.softcap,
    zLoss: targets.zLoss,
    scale,
    gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
    values,
    grad,
    gradTarget,
  });
}
