import { Broadcast } from "../array/broadcast.js";
import { cdist as cdistInJavascript } from "../backend/js/vectors.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Operand } from "../call/operand.js";
import { nonNegative } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import type { Operation2 } from "../types.js";

export interface CdistOptions {
  /** The norm: any number >= 0, or Infinity. */
  p?: number | undefined;
}

/**
 * Distances of all pairs, ‖x1_i − x2_j‖_p, computed as they stand there (no expansion into products). PyTorch: `torch.cdist`.
 *
 * Shapes: (…, N, D) and (…, M, D), leading axes broadcast; result (…, N, M), flat. Option `p` = 2 (0 … Infinity; 0 counts
 * the dimensions that differ, NaN where one does by NaN).
 * Throws RangeError where the shapes do not fit or p is negative.
 * @example
 * cdist(tensor([0, 0, 3, 4], [2, 2]), tensor([3, 4], [1, 2])); // [5, 0]
 */
export const cdist: LossSpec<Operation2<CdistOptions>> = {
  name: "cdist",
  module: "vectors",
  arguments: [{ name: "input1" }, { name: "input2" }],
  options: [nonNegative("p", 2)],
  reductions: [],
  javascript: { cdist: cdistInJavascript },
  run: (frame, backend) => {
    const [a, b] = frame.operands as [Operand, Operand];
    for (const { shape, place } of [a, b]) if (shape.length < 2) throw rangeError(frame.loss, place, "shape (…, N, D)", shapeText(shape));
    const [rows, dims] = a.shape.slice(-2) as [number, number];
    const [cols, other] = b.shape.slice(-2) as [number, number];
    if (other !== dims) throw rangeError(frame.loss, b.place, `vectors of ${dims} dimensions like ${a.place}`, String(other));
    const leadA = a.shape.slice(0, -2);
    const leadB = b.shape.slice(0, -2);
    const lead = Broadcast.together([leadA, leadB]);
    if (!lead) throw rangeError(frame.loss, b.place, `leading axes that broadcast with ${shapeText(leadA)}`, shapeText(leadB));
    const ofA = new Broadcast(leadA, lead);
    const ofB = new Broadcast(leadB, lead);
    const batch = lead.reduce((size, axis) => size * axis, 1);
    frame.reduction = "none";
    frame.prepareOutputs(batch * rows * cols);
    const into = frame.value(0, 1) as Float32Array | Float64Array;
    for (let k = 0; k < batch && rows * cols > 0; k++) {
      backend().cdist({
        dtype: frame.dtype,
        a: a.data,
        b: b.data,
        startA: ofA.index(k) * rows * dims,
        startB: ofB.index(k) * cols * dims,
        rows,
        cols,
        dims,
        p: frame.options[0] as number,
        into,
        at: k * rows * cols,
      });
    }
    return into;
  },
};
