// The family of losses that look at one position at a time (assembly/core/pointwise.ts): checks, denominators, one call of the seam.

import type { Backend, FloatArray, PointwiseLoop } from "../backend/seam.js";
import { rangeError } from "../errors.js";
import type { Frame } from "../frame.js";
import type { Operand } from "../operand.js";
import { type Argument, type Option, REDUCTIONS, type Spec } from "../spec.js";

/** One kernel, the same in both backends. */
export interface PointwiseKernel {
  /** Name of the WebAssembly export, without its dtype. */
  readonly name: string;
  readonly loop: PointwiseLoop;
}

export interface PointwiseLoss {
  readonly name: string;
  readonly arguments: readonly Argument[];
  readonly options?: readonly Option[];
  readonly reductions?: readonly string[];
  /** Which kernel, and its parameters p and q. */
  readonly kernel: (frame: Frame) => readonly [kernel: PointwiseKernel, p: number, q: number];
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
  const { operands, weight, posWeight, outs } = frame;
  const [a, b] = operands as [Operand, Operand];
  const n = a.size;
  frame.sameShapes();
  frame.elementWeight(weight, loss.weightBroadcasts === true);
  frame.elementWeight(posWeight, true);
  frame.prepareOutputs(n);
  if (loss.probabilities) {
    a.unshare();
    b.unshare();
    checkProbabilities(frame, a, backend);
    checkProbabilities(frame, b, backend);
  }
  const [kernel, p, q] = loss.kernel(frame);
  const denominator = divisor(loss, frame, n);
  const values = frame.outValue;
  let sum = 0;
  if (n > 0) {
    sum = backend.pointwise({
      kernel: kernel.name,
      loop: kernel.loop,
      dtype: frame.dtype,
      n,
      a,
      b,
      c: posWeight.given ? posWeight : loss.arguments.length > 2 ? (operands[2] as Operand) : null,
      p,
      q,
      weight: weight.given ? weight : null,
      scale: frame.upstream / denominator,
      gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
      values,
      gradA: outs[0] ?? null,
      gradB: outs[1] ?? null,
    });
  }
  return frame.value(sum, denominator);
}

/** What the sum of the losses is divided by. */
function divisor(loss: PointwiseLoss, frame: Frame, n: number): number {
  if (frame.reduction === "mean") return loss.meanByWeight && frame.weight.given ? total(frame.weight.data) : n;
  if (frame.reduction === "batchmean") return frame.operands[0]?.shape[0] ?? 1;
  return 1;
}

function total(data: FloatArray): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] as number;
  return sum;
}

function checkProbabilities(frame: Frame, operand: Operand, backend: Backend): void {
  const at = backend.outside(operand.data, 0, 1);
  if (at >= 0) throw rangeError(frame.loss, `${operand.place}[${at}]`, "a probability in [0, 1]", String(operand.data[at]));
}
