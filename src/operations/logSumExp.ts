import { along, type Layout, product as size } from "../array/shape.js";
import { type FloatArray, setElements } from "../array/typed.js";
import { crossEntropy } from "../backend/js/classes.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import type { LossSpec } from "../call/spec.js";
import { axesOf, dimOption } from "../families/axes.js";
import { evaluate, NO_TARGETS } from "../families/classes.js";
import type { Operation1 } from "../types.js";

export interface LogSumExpOptions {
  /** The axis or axes; negative counts from the end. */
  dim: number | readonly number[];
}

/**
 * log Σ e^x over one or more axes, the largest subtracted first. PyTorch: `torch.logsumexp`.
 *
 * Shape of the input without those axes, flat; length 1 where none is left. Option `dim`, required: axis or list of axes, negative from the end.
 * All −infinity, or nothing to sum: −infinity; any +infinity: +infinity.
 * Throws RangeError for an axis that is none or comes twice.
 * @example
 * logSumExp(tensor([2, 1, 0, 0, 3, 0], [2, 3]), { dim: -1 }); // [2.4076, 3.0949]
 * logSumExp(tensor([2, 1, 0, 0, 3, 0], [2, 3]), { dim: [0, 1] }); // [3.5023]
 */
export const logSumExp: LossSpec<Operation1<LogSumExpOptions>> = {
  name: "logSumExp",
  module: "classes",
  arguments: [{ name: "input" }],
  options: [dimOption(true)],
  reductions: [],
  javascript: { crossEntropy },
  run: (frame, backend) => {
    const input = frame.operands[0] as Operand;
    const axes = axesOf(frame);
    const shape = input.shape.length === 0 ? [1] : [...input.shape];
    const keptSize = size(shape.filter((_, axis) => !axes.includes(axis)));
    const result = frame.make(keptSize);
    if (keptSize === 0) return result;
    if (input.size === 0) return result.fill(Number.NEGATIVE_INFINITY);
    if (axes.length === 0) {
      setElements.call(result, input.data);
      return result;
    }
    const first = axes[0] as number;
    const last = axes[axes.length - 1] as number;
    if (last - first === axes.length - 1) {
      const layout = along(shape, first, last + 1);
      evaluate(frame, backend, layout, NO_TARGETS, 1, result, null, null);
      return infinities(result, input, layout);
    }
    const classes = input.size / keptSize;
    const moved = reducedLast(frame, input.data, shape, axes);
    const layout = { outer: keptSize, classes, inner: 1 };
    evaluate(frame, backend, layout, NO_TARGETS, 1, result, null, null, moved);
    return infinities(result, { data: moved }, layout);
  },
};

/** The kernel subtracts the largest, which is NaN where that is +infinity. */
function infinities(result: FloatArray, source: { readonly data: FloatArray }, { classes, inner }: Layout): FloatArray {
  for (let row = 0; row < result.length; row++) {
    if (!Number.isNaN(result[row])) continue;
    const base = Math.floor(row / inner) * classes * inner + (row % inner);
    const x = source.data; // where it is half precision, only now all of it as floats
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
function reducedLast(frame: Frame, data: FloatArray, shape: readonly number[], axes: readonly number[]): FloatArray {
  const order = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  order.push(...axes);
  const strides = order.map((axis) => size(shape.slice(axis + 1)));
  const lengths = order.map((axis) => shape[axis] as number);
  const result = frame.make(data.length);
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
