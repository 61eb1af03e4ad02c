// The family of losses that look at one position at a time (assembly/core/pointwise.ts): checks, denominators, one call of the seam.

import { pointwise as javascript, outside } from "../backend/js/pointwise.js";
import type { Backend, FloatArray, PointwiseFused, PointwiseLoop } from "../backend/seam.js";
import { rangeError, shapeText } from "../call/errors.js";
import { equalShapes, type Frame } from "../call/frame.js";
import { type Operand, product } from "../call/operand.js";
import { type Argument, type Option, REDUCTIONS, type Spec } from "../call/spec.js";

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
  /** Checks the shapes and returns that of the result; where it is missing all are equal, that of `weight` too. */
  readonly fit?: (frame: Frame) => readonly number[];
  /** Checks that depend on the data: nothing has been written yet. */
  readonly check?: (frame: Frame, backend: Backend) => void;
  /** Whether mean divides by the sum of the weights instead of the number of elements. */
  readonly meanByWeight?: boolean;
}

export function pointwise(loss: PointwiseLoss): Spec {
  return {
    name: loss.name,
    arguments: loss.arguments,
    options: loss.options ?? [],
    reductions: loss.reductions ?? REDUCTIONS,
    javascript: { pointwise: javascript, outside },
    run: (frame, backend) => run(loss, frame, backend()),
  };
}

function run(loss: PointwiseLoss, frame: Frame, backend: Backend): number | FloatArray {
  const { operands, weight, posWeight } = frame;
  const [a, b, third] = operands as [Operand, Operand, Operand];
  const n = product((loss.fit ?? alike)(frame));
  frame.prepareOutputs(n);
  loss.check?.(frame, backend);
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
  } else frame.zeroGradients();
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

/** Arguments and weight of one shape. */
function alike(frame: Frame): readonly number[] {
  frame.sameShapes();
  const { weight } = frame;
  const { shape, place } = frame.operands[0] as Operand;
  if (weight.given && !equalShapes(weight.shape, shape)) {
    throw rangeError(frame.loss, weight.place, `the shape of ${place}, ${shapeText(shape)}`, shapeText(weight.shape));
  }
  return shape;
}
