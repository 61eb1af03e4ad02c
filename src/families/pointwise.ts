// The family of losses that look at one position at a time (assembly/core/pointwise.ts): checks, denominators, one call of the seam.

import type { Backend, FloatArray, PointwiseFused, PointwiseLoop } from "../backend/seam.js";
import { rangeError } from "../errors.js";
import type { Frame } from "../frame.js";
import { type Operand, product } from "../operand.js";
import { type Argument, type Option, REDUCTIONS, type Spec } from "../spec.js";

/** One kernel, the same in both backends. */
export interface PointwiseKernel {
  /** Name of the WebAssembly export, without its dtype. */
  readonly name: string;
  readonly loop: PointwiseLoop;
  /** The same with the gradient of the first operand alone, for losses so cheap that stores which go nowhere would show. */
  readonly fused?: PointwiseFused;
}

export interface PointwiseLoss {
  readonly name: string;
  readonly arguments: readonly Argument[];
  readonly options?: readonly Option[];
  readonly reductions?: readonly string[];
  /** Which kernel, and its parameters p and q. */
  readonly kernel: (frame: Frame) => readonly [kernel: PointwiseKernel, p: number, q: number];
  /** Whether the arguments broadcast, and whether they must have as many axes; else their shapes are equal. */
  readonly broadcasts?: "any rank" | "same rank";
  /** Sets how a third argument is repeated, where that has rules of its own. */
  readonly fitThird?: (frame: Frame, shape: readonly number[]) => void;
  /** Whether the third argument must not be negative. */
  readonly nonNegativeThird?: boolean;
  /** Whether `weight` may be smaller than the input. */
  readonly weightBroadcasts?: boolean;
  /** Whether mean divides by the sum of the weights instead of the number of elements. */
  readonly meanByWeight?: boolean;
  /** Whether both operands must lie in [0, 1]. */
  readonly probabilities?: boolean;
}

export function pointwise(loss: PointwiseLoss): Spec {
  return {
    name: loss.name,
    arguments: loss.arguments,
    options: loss.options ?? [],
    reductions: loss.reductions ?? REDUCTIONS,
    run: (frame, backend) => run(loss, frame, backend()),
  };
}

function run(loss: PointwiseLoss, frame: Frame, backend: Backend): number | FloatArray {
  const { operands, weight, posWeight } = frame;
  const [a, b, third] = operands as [Operand, Operand, Operand];
  let n = a.size;
  if (loss.broadcasts) {
    const shape = frame.broadcastShapes(loss.fitThird ? 2 : loss.arguments.length, loss.broadcasts === "same rank");
    n = product(shape);
    loss.fitThird?.(frame, shape);
  } else frame.sameShapes();
  frame.elementWeight(weight, loss.weightBroadcasts === true);
  frame.elementWeight(posWeight, true);
  frame.prepareOutputs(n);
  if (loss.probabilities) {
    a.unshare();
    b.unshare();
    checkProbabilities(frame, a, backend);
    checkProbabilities(frame, b, backend);
  }
  if (loss.nonNegativeThird) {
    third.unshare();
    const at = negative(third.data, third.size, backend);
    if (at >= 0) throw rangeError(frame.loss, `${third.place}[${at}]`, "a number >= 0", String(third.data[at]));
  }
  const [kernel, p, q] = loss.kernel(frame);
  const denominator = divisor(loss, frame, n);
  const values = frame.outValue;
  let sum = 0;
  if (n > 0) {
    sum = backend.pointwise({
      kernel: kernel.name,
      loop: kernel.loop,
      fused: kernel.fused ?? null,
      dtype: frame.dtype,
      n,
      a,
      b,
      c: posWeight.given ? posWeight : loss.arguments.length > 2 ? third : null,
      p,
      q,
      weight: weight.given ? weight : null,
      scale: frame.upstream / denominator,
      gradOutput: frame.gradOutput.given ? frame.gradOutput : null,
      values,
      gradA: frame.gradientOf(0, n),
      gradB: frame.gradientOf(1, n),
      gradC: frame.gradientOf(2, n),
    });
    frame.reduceGradients();
  }
  return frame.value(sum, denominator);
}

/** What the sum of the losses is divided by. */
function divisor(loss: PointwiseLoss, frame: Frame, n: number): number {
  if (frame.reduction === "mean") return loss.meanByWeight && frame.weight.given ? total(frame.weight.data, frame.weight.size) : n;
  if (frame.reduction === "batchmean") return frame.operands[0]?.shape[0] ?? 1;
  return 1;
}

function total(data: FloatArray, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += data[i] as number;
  return sum;
}

/** Index of the first negative element, or -1; NaN is none. */
function negative(data: FloatArray, n: number, backend: Backend): number {
  let at = backend.outside(data, n, 0, Number.POSITIVE_INFINITY);
  if (at < 0) return -1;
  while (at < n && !((data[at] as number) < 0)) at++; // what it found may have been a NaN
  return at < n ? at : -1;
}

function checkProbabilities(frame: Frame, operand: Operand, backend: Backend): void {
  const at = backend.outside(operand.data, operand.size, 0, 1);
  if (at >= 0) throw rangeError(frame.loss, `${operand.place}[${at}]`, "a probability in [0, 1]", String(operand.data[at]));
}
