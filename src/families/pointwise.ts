// The family of losses that look at one position at a time: checks, denominators, one call of the seam.

import { equalShapes, product } from "../array/shape.js";
import type { FloatArray } from "../array/typed.js";
import { type PointwiseOp, pointwiseOf } from "../backend/js/pointwise.js";
import type { Backend, Source } from "../backend/seam.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { type Argument, type Option, REDUCTIONS } from "../call/signature.js";
import type { Spec } from "../call/spec.js";

/** Which op, and its parameters p and q. */
export type Chosen = readonly [op: string, p: number, q: number];

export interface PointwiseLoss {
  readonly name: string;
  readonly module: "pointwise" | "likelihoods" | "logistic";
  readonly arguments: readonly Argument[];
  readonly options?: readonly Option[];
  readonly reductions?: readonly string[];
  /** In JavaScript; on WebAssembly a class of the same name in assembly/losses. */
  readonly ops: Readonly<Record<string, PointwiseOp>>;
  readonly choose: (frame: Frame) => Chosen;
  /** Which operand is a factor of each position, and which a third operand of the op: arguments are counted first, then tensors among the options. */
  readonly weight?: number;
  readonly third?: number;
  /** Checks the shapes and returns that of the result; where it is missing all are equal, that of the weight too. */
  readonly fit?: (frame: Frame) => readonly number[];
  /** Checks that depend on the data: nothing has been written yet. */
  readonly check?: (frame: Frame, backend: Backend) => void;
  /** Whether mean divides by the sum of the weights instead of the number of elements. */
  readonly meanByWeight?: boolean;
}

export function pointwise(loss: PointwiseLoss): Spec {
  return {
    name: loss.name,
    module: loss.module,
    arguments: loss.arguments,
    options: loss.options ?? [],
    reductions: loss.reductions ?? REDUCTIONS,
    javascript: pointwiseOf(loss.ops),
    run: (frame, backend) => run(loss, frame, backend()),
  };
}

function run(loss: PointwiseLoss, frame: Frame, backend: Backend): number | FloatArray {
  const n = product((loss.fit ?? alike)(frame));
  frame.prepareOutputs(n);
  loss.check?.(frame, backend);
  const denominator = frame.averages ? frame.divisor(own(loss, frame, n)) : 1;
  const weight = operand(frame, loss.weight);
  if (loss.meanByWeight) frame.terms = weight ? weight.data : null;
  const sum = evaluate(frame, backend, loss.choose(frame), n, denominator, frame.outValue, weight, operand(frame, loss.third));
  return frame.value(sum, denominator);
}

/** An operand of a call, if it was given. */
function operand(frame: Frame, index: number | undefined): Operand | null {
  const found = index === undefined ? undefined : frame.operands[index];
  return found?.given ? found : null;
}

/** An op over n positions of the first two operands (of the first alone twice), and of a third: the sum of its values; writes those, and gradients. */
export function evaluate(
  frame: Frame,
  backend: Backend,
  [op, p, q]: Chosen,
  n: number,
  denominator: number,
  values: FloatArray | null,
  weight: Source | null = null,
  third: Source | null = null,
  gradOutput: Source | null = frame.gradOutput.given ? frame.gradOutput : null,
): number {
  if (n === 0) {
    frame.zeroGradients();
    return 0;
  }
  const a = frame.operands[0] as Operand;
  const sum = backend.pointwise({
    op,
    dtype: frame.dtype,
    n,
    a,
    b: frame.spec.arguments.length > 1 ? (frame.operands[1] as Operand) : a,
    c: third,
    p,
    q,
    weight,
    scale: frame.upstream / denominator,
    gradOutput,
    values,
    gradA: frame.gradientOf(0, n),
    gradB: frame.gradientOf(1, n),
    gradC: frame.gradientOf(2, n),
  });
  frame.reduceGradients();
  return sum;
}

/** What mean divides the sum of the losses by: the number of positions, or the sum of their weights; batchmean by the first axis alone. */
function own(loss: PointwiseLoss, frame: Frame, n: number): number {
  if (frame.reduction === "batchmean") return frame.operands[0]?.shape[0] ?? 1;
  const weight = loss.meanByWeight ? operand(frame, loss.weight) : null;
  return weight ? total(weight.data, weight.size) : n;
}

function total(data: FloatArray, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += data[i] as number;
  return sum;
}

/** Arguments, and the weight that is the only tensor among the options, of one shape. */
function alike(frame: Frame): readonly number[] {
  frame.sameShapes();
  const { shape, place } = frame.operands[0] as Operand;
  const weight = operand(frame, frame.spec.arguments.length);
  if (weight && !equalShapes(weight.shape, shape)) {
    throw rangeError(frame.loss, weight.place, `the shape of ${place}, ${shapeText(shape)}`, shapeText(weight.shape));
  }
  return shape;
}
