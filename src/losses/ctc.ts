import type { FloatArray } from "../array/typed.js";
import { ctc } from "../backend/js/ctc.js";
import type { Backend } from "../backend/seam.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { boolean, differentiable, integer, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import { checkIntegers } from "../families/classes.js";
import type { Classes, Loss } from "../types.js";

const LEAST_STEPS = 16;

export interface CtcOptions {
  /** The class that stands for no label. */
  blank?: number | bigint | undefined;
  /** Whether a sample without any alignment counts 0 instead of infinity. */
  zeroInfinity?: boolean | undefined;
}

/**
 * Connectionist temporal classification: −log of the summed probability of all alignments of a label sequence to time steps. PyTorch: `F.ctc_loss`.
 *
 * Shapes: logProbs (T, N, C) or (T, C), from logSoftmax; targets (N, S), one row of labels a sample, or all labels one after the other, exactly Σ lengths of them;
 * inputLengths and targetLengths (N), or numbers for one sample. Options: `blank` = 0, `zeroInfinity` = false, `reduction` = "mean" (each loss over
 * its target's length, at least 1, then over the batch).
 * Gradient: of the logits that logProbs came from, e^lp − (probability of the class at that time), as PyTorch has it; rows beyond inputLength 0.
 * No alignment (too few steps): infinity and a gradient of NaN, or 0 and 0 with zeroInfinity. A log-probability of −infinity that no alignment needs has
 * gradient 0, where PyTorch has NaN.
 * Throws RangeError for labels outside [0, C), lengths that do not fit, labels one after the other that are more or fewer than Σ lengths, and samples whose T (2 S + 7) doubles of scratch do not fit into
 * the fixed memory of the WebAssembly backend.
 * Source: Graves et al., Connectionist Temporal Classification, 2006; ATen/native/LossCTC.cpp.
 * @example
 * ctcLoss(tensor(logSoftmax(tensor([2, 0, 0, 0, 2, 0, 0, 0, 2], [3, 1, 3]), { dim: 2 }), [3, 1, 3]), tensor([1, 2], [1, 2]), [3], [2]); // 0.27892
 */
export const ctcLoss: LossSpec<Loss<[logProbs: 1, targets: Classes, inputLengths: Classes, targetLengths: Classes], CtcOptions, "logProbs", "logProbs">> = {
  name: "ctcLoss",
  module: "ctc",
  arguments: [
    differentiable("logProbs"),
    { name: "targets", classes: true },
    { name: "inputLengths", classes: true },
    { name: "targetLengths", classes: true },
  ],
  options: [integer("blank", 0), boolean("zeroInfinity", false)],
  reductions: REDUCTIONS,
  javascript: { ctc, ctcLimit: Number.POSITIVE_INFINITY },
  run: (frame, backend) => run(frame, backend()),
};

function run(frame: Frame, backend: Backend): number | FloatArray {
  const { loss, options } = frame;
  const [input, targets, inputLengths, targetLengths] = frame.operands as [Operand, Operand, Operand, Operand];
  const { shape } = input;
  if (shape.length !== 2 && shape.length !== 3) throw rangeError(loss, input.place, "shape (T, N, C) or (T, C)", shapeText(shape));
  const [steps, classes] = [shape[0] as number, shape[shape.length - 1] as number];
  const batch = shape.length === 3 ? (shape[1] as number) : 1;
  const blank = Number(options[0]);
  if (!(blank >= 0 && blank < classes)) throw rangeError(loss, 'option "blank"', `a class in [0, ${classes})`, String(options[0]));
  const times = readLengths(frame, inputLengths, batch, steps, "T");
  const lengths = readLengths(frame, targetLengths, batch, Number.MAX_SAFE_INTEGER, "S");
  const starts = startsOf(frame, targets, batch, lengths);
  const labels = readLabels(frame, targets, batch, starts, lengths, classes);
  for (let n = 0; n < batch; n++) {
    // single rows of that length are needed too, so that a short time does not make room for any number of labels
    const doubles = Math.max(times[n] as number, LEAST_STEPS) * (2 * (lengths[n] as number) + 7);
    if (doubles > backend.ctcLimit) {
      throw rangeError(
        loss,
        input.place,
        `at most ${backend.ctcLimit} doubles of scratch for a sample, T (2 S + 7), the fixed memory's limit`,
        String(doubles),
      );
    }
  }
  frame.prepareOutputs(batch);
  const mean = frame.averages;
  const denominator = frame.divisor(batch);
  const upstream = frame.gradOutput.given ? frame.gradOutput.data : null;
  const losses = new Float64Array(batch);
  const factors = new Float64Array(batch);
  for (let n = 0; n < batch; n++) {
    const share = mean ? 1 / (denominator * Math.max(lengths[n] as number, 1)) : 1;
    factors[n] = frame.upstream * share * (upstream ? (upstream[n] as number) : 1);
  }
  backend.ctc({
    dtype: frame.dtype,
    x: input.data,
    steps,
    batch,
    classes,
    blank,
    labels,
    starts,
    lengths,
    times,
    zeroInfinity: options[1] as boolean,
    losses,
    factors,
    grad: frame.outs[0] ?? null,
  });
  let sum = 0;
  for (let n = 0; n < batch; n++) {
    if (options[1] && losses[n] === Number.POSITIVE_INFINITY) losses[n] = 0;
    sum += mean ? (losses[n] as number) / Math.max(lengths[n] as number, 1) : (losses[n] as number);
    if (frame.outValue) frame.outValue[n] = losses[n] as number;
  }
  // mean divides each loss by its length: so do totals, what "none" has
  if (frame.totals && frame.outValue) return Float64Array.from(frame.outValue, (value, n) => value / Math.max(lengths[n] as number, 1));
  return frame.value(sum, denominator);
}

/** One length per sample, in [0, most]. */
function readLengths(frame: Frame, operand: Operand, batch: number, most: number, bound: string): Int32Array {
  const { loss } = frame;
  checkIntegers(frame, operand, "integers");
  if (operand.size !== batch || operand.shape.length > 1) throw rangeError(loss, operand.place, `${batch} lengths, one per sample`, shapeText(operand.shape));
  const given = operand.raw as ArrayLike<number | bigint>;
  const result = new Int32Array(batch);
  for (let n = 0; n < batch; n++) {
    const length = Number(given[n]);
    if (!(Number.isInteger(length) && length >= 0 && length <= Math.min(most, 0x7fffffff))) {
      throw rangeError(loss, `${operand.place}[${n}]`, `an integer in [0, ${bound}]${bound === "T" ? `, T = ${most}` : ""}`, String(given[n]));
    }
    result[n] = length;
  }
  return result;
}

/** Where each sample's labels begin: rows of (N, S), or one after the other. */
function startsOf(frame: Frame, targets: Operand, batch: number, lengths: Int32Array): Int32Array {
  const { loss } = frame;
  const starts = new Int32Array(batch);
  const { shape, size, place } = targets;
  const padded = shape.length === 2;
  if (shape.length > 2 || (padded && shape[0] !== batch)) {
    throw rangeError(loss, place, `shape (${batch}, S), or all labels one after the other`, shapeText(shape));
  }
  const row = padded ? (shape[1] as number) : 0;
  let next = 0;
  for (let n = 0; n < batch; n++) {
    const length = lengths[n] as number;
    if (padded && length > row) throw rangeError(loss, `"targetLengths"[${n}]`, `an integer in [0, S], S = ${row}`, String(length));
    starts[n] = padded ? n * row : next;
    next += length;
  }
  if (!padded && next !== size) {
    throw rangeError(loss, place, `${next} labels, the sum of "targetLengths"`, String(size));
  }
  return starts;
}

/** A checked private copy of the labels; what lies beyond a sample's length is not looked at. */
function readLabels(frame: Frame, targets: Operand, batch: number, starts: Int32Array, lengths: Int32Array, classes: number): Int32Array {
  const { loss } = frame;
  checkIntegers(frame, targets, "class indices (integers)");
  const given = targets.raw as ArrayLike<number | bigint>;
  const labels = new Int32Array(targets.size);
  for (let n = 0; n < batch; n++) {
    const start = starts[n] as number;
    for (let i = start; i < start + (lengths[n] as number); i++) {
      const label = Number(given[i]);
      if (!(Number.isInteger(label) && label >= 0 && label < classes))
        throw rangeError(loss, `${targets.place}[${i}]`, `a class in [0, ${classes})`, String(given[i]));
      labels[i] = label;
    }
  }
  return labels;
}
