import { crossEntropy } from "../backend/js/classes.js";
import type { Backend, FloatArray } from "../backend/seam.js";
import { describe, rangeError, shapeText, typeError } from "../call/errors.js";
import { type Frame, make } from "../call/frame.js";
import { type Operand, setElements } from "../call/operand.js";
import type { LossSpec, Option, Spec } from "../call/spec.js";
import type { Operation1 } from "../types.js";

export interface SoftmaxOptions {
  /** The axis; negative counts from the end. */
  dim: number;
}
export interface LogSumExpOptions {
  /** The axis or axes; negative counts from the end. */
  dim: number | readonly number[];
}

/** `dim`, required: an axis, or for logSumExp a list of them. */
function dimOption(list: boolean): Option {
  return {
    name: "dim",
    default: undefined,
    read: (loss, place, value) => {
      const axes: unknown[] = list && Array.isArray(value) ? [...value] : [value];
      for (const axis of axes) {
        if (typeof axis !== "number") throw typeError(loss, place, list ? "an axis or a list of axes" : "an axis", describe(axis));
        if (!Number.isInteger(axis)) throw rangeError(loss, place, "an integer", describe(axis));
      }
      return axes;
    },
  };
}

/** The axes of a call, counted from the front, in order. */
function axesOf(frame: Frame): number[] {
  const { shape } = frame.operands[0] as Operand;
  const given = frame.options[0] as number[] | undefined;
  if (given === undefined) throw typeError(frame.loss, 'option "dim"', "an axis", "undefined");
  const rank = Math.max(shape.length, 1); // a 0-D tensor takes 0 and -1
  const axes = given.map((axis) => {
    if (axis < -rank || axis >= rank)
      throw rangeError(frame.loss, 'option "dim"', `an axis in [${-rank}, ${rank}) for shape ${shapeText(shape)}`, String(axis));
    return axis < 0 ? axis + rank : axis;
  });
  axes.sort((one, other) => one - other);
  if (axes.some((axis, i) => axis === axes[i - 1])) throw rangeError(frame.loss, 'option "dim"', "each axis once", "one twice");
  return axes;
}

function product(shape: readonly number[], from: number, to: number): number {
  let size = 1;
  for (let axis = from; axis < to; axis++) size *= shape[axis] as number;
  return size;
}

/** Softmax and log-softmax are the gradients of cross entropy: by the logits of no target, and by the probabilities. */
function alongAxis(logarithm: boolean): Spec["run"] {
  return (frame, backend) => {
    const input = frame.operands[0] as Operand;
    const [axis] = axesOf(frame) as [number];
    const { shape } = input;
    const result = make(frame.dtype, input.size);
    if (input.size === 0) return result;
    const outer = product(shape, 0, axis);
    const classes = shape.length === 0 ? 1 : (shape[axis] as number);
    rows(frame, backend, input.data, outer, classes, product(shape, axis + 1, shape.length), null, logarithm ? null : result, logarithm ? result : null);
    return result;
  };
}

function rows(
  frame: Frame,
  backend: () => Backend,
  x: FloatArray,
  outer: number,
  classes: number,
  inner: number,
  values: FloatArray | null,
  softmax: FloatArray | null,
  logSoftmax: FloatArray | null,
): void {
  backend().crossEntropy({
    dtype: frame.dtype,
    x,
    outer,
    classes,
    inner,
    index: null,
    rowWeight: null,
    dense: false,
    target: null,
    keep: 1,
    uniform: 0,
    classWeight: null,
    scale: logSoftmax ? -1 : 1, // the gradient by a probability is lse - x
    gradOutput: null,
    values,
    grad: softmax,
    gradTarget: logSoftmax,
  });
}

/**
 * e^x / Σ e^x along an axis, the largest subtracted first. PyTorch: `F.softmax`.
 *
 * Shape of the input, flat. Option `dim`, required: the axis, negative from the end. A slice that is all −infinity, or has NaN or +infinity, is NaN.
 * Throws RangeError for an axis that is none.
 */
export const softmax: LossSpec<Operation1<SoftmaxOptions>> = {
  name: "softmax",
  arguments: [{ name: "input" }],
  options: [dimOption(false)],
  reductions: [],
  javascript: { crossEntropy },
  run: alongAxis(false),
};

/**
 * x − log Σ e^x along an axis: the logarithm of softmax without its underflow. PyTorch: `F.log_softmax`.
 *
 * Shape of the input, flat. Option `dim`, required: the axis, negative from the end.
 * Throws RangeError for an axis that is none.
 */
export const logSoftmax: LossSpec<Operation1<SoftmaxOptions>> = {
  name: "logSoftmax",
  arguments: [{ name: "input" }],
  options: [dimOption(false)],
  reductions: [],
  javascript: { crossEntropy },
  run: alongAxis(true),
};

/**
 * log Σ e^x over one or more axes, the largest subtracted first. PyTorch: `torch.logsumexp`.
 *
 * Shape of the input without those axes, flat; length 1 where none is left. Option `dim`, required: axis or list of axes, negative from the end.
 * All −infinity, or nothing to sum: −infinity; any +infinity: +infinity.
 * Throws RangeError for an axis that is none or comes twice.
 */
export const logSumExp: LossSpec<Operation1<LogSumExpOptions>> = {
  name: "logSumExp",
  arguments: [{ name: "input" }],
  options: [dimOption(true)],
  reductions: [],
  javascript: { crossEntropy },
  run: (frame, backend) => {
    const input = frame.operands[0] as Operand;
    const axes = axesOf(frame);
    const shape = input.shape.length === 0 ? [1] : [...input.shape];
    const keptSize = product(
      shape.filter((_, axis) => !axes.includes(axis)),
      0,
      shape.length - axes.length,
    );
    const result = make(frame.dtype, keptSize);
    if (keptSize === 0) return result;
    if (input.size === 0) return result.fill(Number.NEGATIVE_INFINITY);
    if (axes.length === 0) {
      setElements.call(result, input.data);
      return result;
    }
    const first = axes[0] as number;
    const last = axes[axes.length - 1] as number;
    if (last - first === axes.length - 1) {
      const inner = product(shape, last + 1, shape.length);
      const classes = product(shape, first, last + 1);
      rows(frame, backend, input.data, product(shape, 0, first), classes, inner, result, null, null);
      return infinities(result, input.data, classes, inner);
    }
    const classes = input.size / keptSize;
    const moved = reducedLast(frame, input.data, input.size, shape, axes);
    rows(frame, backend, moved, keptSize, classes, 1, result, null, null);
    return infinities(result, moved, classes, 1);
  },
};

/** The kernel subtracts the largest, which is NaN where that is +infinity. */
function infinities(result: FloatArray, x: FloatArray, classes: number, inner: number): FloatArray {
  for (let row = 0; row < result.length; row++) {
    if (!Number.isNaN(result[row])) continue;
    const base = Math.floor(row / inner) * classes * inner + (row % inner);
    let sum = 0; // of the largest values, that is +infinity unless there is a NaN
    for (let c = 0; c < classes; c++) {
      const value = x[base + c * inner] as number;
      if (value === Number.POSITIVE_INFINITY || Number.isNaN(value)) sum += value;
    }
    result[row] = sum;
  }
  return result;
}

/** A copy in which the reduced axes come last. */
function reducedLast(frame: Frame, data: FloatArray, size: number, shape: readonly number[], axes: readonly number[]): FloatArray {
  const order = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  order.push(...axes);
  const strides = order.map((axis) => product(shape, axis + 1, shape.length));
  const lengths = order.map((axis) => shape[axis] as number);
  const result = make(frame.dtype, size);
  const counter = new Array<number>(order.length).fill(0);
  let from = 0;
  for (let at = 0; at < result.length; at++) {
    result[at] = data[from] as number;
    for (let k = order.length - 1; k >= 0; k--) {
      const next = (counter[k] as number) + 1;
      from += strides[k] as number;
      counter[k] = next;
      if (next < (lengths[k] as number)) break;
      from -= next * (strides[k] as number);
      counter[k] = 0;
    }
  }
  return result;
}
