// The family of losses that compare every row of a batch with every other: how two sides fit together, labels by number, one call of the seam.

import type { FloatArray } from "../array/typed.js";
import { fillElements } from "../array/typed.js";
import { NT_XENT, SUP_CON } from "../backend/protocol.js";
import type { Backend, InBatchCall } from "../backend/seam.js";
import { rangeError, shapeText, typeError } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { checkIntegers } from "./classes.js";

export { othersOf } from "../backend/js/inBatch.js";

/** What a norm counts as at least where vectors are divided by theirs: the eps of PyTorch's `F.normalize`. */
const NORM_FLOOR = 1e-12;

export interface Sides {
  readonly rows: number;
  readonly cols: number;
  readonly dims: number;
}

/** One set of embeddings, (N, D). */
export function fitEmbeddings({ loss, operands }: Frame): Sides {
  const { shape, place } = operands[0] as Operand;
  if (shape.length !== 2) throw rangeError(loss, place, "shape (N, D)", shapeText(shape));
  const [rows, dims] = shape as [number, number];
  return { rows, cols: rows, dims };
}

/** Two sides of the same number of dimensions, (N, D) and (M, D): M = N, or where `more` M >= N. */
export function fitSides(frame: Frame, more = false): Sides {
  const { rows, dims } = fitEmbeddings(frame);
  const { shape, place } = frame.operands[1] as Operand;
  const cols = shape[0] as number;
  if (shape.length !== 2 || shape[1] !== dims || (more ? cols < rows : cols !== rows)) {
    const expected = more ? `shape (M, ${dims}) with M >= ${rows}` : `shape ${shapeText([rows, dims])}`;
    throw rangeError(frame.loss, place, `${expected} for ${frame.operands[0]?.place} of shape ${shapeText([rows, dims])}`, shapeText(shape));
  }
  return { rows, cols, dims };
}

/** One number, 0-D or all that an array has. */
export function readScalar(frame: Frame, index: number): number {
  const { shape, size, place, data } = frame.operands[index] as Operand;
  if (size !== 1 || shape.length > 1) throw rangeError(frame.loss, place, "one number", `shape ${shapeText(shape)}`);
  return data[0] as number;
}

/** `count` labels, any integers: numbered in the order in which they first come, so that equal ones have equal numbers. */
export function readLabels(frame: Frame, operand: Operand, count: number): Int32Array {
  const { loss } = frame;
  const { place, raw, shape, size, tag } = operand;
  checkIntegers(frame, operand, "labels (integers)");
  if (size !== count || shape.length !== 1) throw rangeError(loss, place, `shape ${shapeText([count])}, a label for each row`, shapeText(shape));
  const numbers = new Map<number | bigint, number>();
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const label = raw[i] as number | bigint;
    if (tag === "" && !Number.isSafeInteger(label)) {
      // two bigints of a plain array may have become one number
      if (!Number.isInteger(label)) throw typeError(loss, `${place}[${i}]`, "an integer", String(label));
      throw rangeError(loss, `${place}[${i}]`, "a safe integer, or labels in a BigInt64Array", String(label));
    }
    const known = numbers.get(label);
    labels[i] = known ?? numbers.size;
    if (known === undefined) numbers.set(label, numbers.size);
  }
  return labels;
}

/** What a loss of this family says of itself beside its operands. */
export type InBatch = Sides &
  Pick<InBatchCall, "kind" | "labels" | "factor"> &
  Partial<Pick<InBatchCall, "symmetric" | "bias">> & { readonly normalize?: boolean };

/** One call of the seam, reduced. `count`: what mean divides by. Where it is 0 there is nothing to compute, and no gradient. */
export function compute(frame: Frame, backend: () => Backend, { normalize = false, ...loss }: InBatch, count: number): number | FloatArray {
  const { operands, outs, outValue } = frame;
  const denominator = frame.divisor(count);
  if (count === 0) {
    frame.zeroGradients();
    if (outValue) fillElements.call(outValue, 0);
    return frame.value(0, denominator);
  }
  const among = loss.kind === SUP_CON || loss.kind === NT_XENT;
  const sum = backend().inBatch({
    dtype: frame.dtype,
    a: (operands[0] as Operand).data,
    b: among ? null : (operands[1] as Operand).data,
    symmetric: false,
    bias: 0,
    ...loss,
    floor: normalize ? NORM_FLOOR : 0,
    scale: frame.upstream / denominator,
    gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
    values: outValue,
    gradA: outs[0] ?? null,
    gradB: among ? null : (outs[1] ?? null),
    gradFactor: outs[2] ?? null,
    gradBias: outs[3] ?? null,
  });
  return frame.value(sum, denominator);
}
