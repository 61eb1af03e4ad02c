// What the losses of triplets share.

import { rowsOf } from "../array/shape.js";
import type { FloatArray } from "../array/typed.js";
import type { Backend } from "../backend/seam.js";
import { rangeError } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { type Argument, differentiable } from "../call/signature.js";
import { broadcastVectors, compute, type VectorsOptions } from "./vectors.js";

export const TRIPLET: readonly Argument[] = [differentiable("anchor"), differentiable("positive"), differentiable("negative")];
export type TripletNames = "anchor" | "positive" | "negative";

/** A loss of anchors, positives and negatives, the operands of the frame. */
export function triplet(frame: Frame, backend: () => Backend, options: VectorsOptions): number | FloatArray {
  const anchor = frame.operands[0] as Operand;
  if (anchor.shape.length === 0) throw rangeError(frame.loss, anchor.place, "at least one axis, of dimensions", "a 0-D tensor");
  const { rows, dims } = rowsOf(broadcastVectors(frame, 3, true));
  frame.prepareOutputs(rows);
  return compute(frame, backend, rows, dims, 3, options);
}
