// What operations along an axis share.

import type { Layout } from "../array/shape.js";
import { along } from "../array/shape.js";
import type { FloatArray } from "../array/typed.js";
import type { Backend } from "../backend/seam.js";
import { describe, rangeError, shapeText, typeError } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import type { Option } from "../call/signature.js";
import { evaluate, NO_TARGETS } from "./classes.js";

/** `dim`, required: an axis, or for logSumExp a list of them. */
export function dimOption(list: boolean): Option {
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
export function axesOf(frame: Frame): number[] {
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

/** Softmax and log-softmax are the gradients of cross entropy: by the logits of no target, and by the probabilities. */
export function normalised(frame: Frame, backend: () => Backend, logarithm: boolean): FloatArray {
  const input = frame.operands[0] as Operand;
  const [axis] = axesOf(frame) as [number];
  const result = frame.make(input.size);
  const layout: Layout = along(input.shape.length === 0 ? [1] : input.shape, axis);
  // the gradient by a probability is lse - x
  evaluate(frame, backend, layout, NO_TARGETS, logarithm ? -1 : 1, null, logarithm ? null : result, logarithm ? result : null);
  return result;
}
