// The family of losses of how prediction and target overlap in groups: one (n, c) of (N, C, d1 …) is a group, of all the other axes' elements.

import { product } from "../array/shape.js";
import type { FloatArray } from "../array/typed.js";
import type { Backend } from "../backend/seam.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";

export function overlapOf(frame: Frame, backend: () => Backend, alpha: number, beta: number, smooth: number, fromLogits: boolean): number | FloatArray {
  const [x, t] = frame.operands as [Operand, Operand];
  if (x.shape.length < 2) throw rangeError(frame.loss, x.place, "shape (N, C, d1 …)", shapeText(x.shape));
  frame.sameShapes();
  const groups = product(x.shape.slice(0, 2));
  const length = product(x.shape.slice(2));
  frame.prepareOutputs(groups);
  const denominator = frame.divisor(groups);
  if (groups === 0) {
    frame.zeroGradients();
    return frame.value(0, denominator);
  }
  const sum = backend().overlap({
    dtype: frame.dtype,
    groups,
    length,
    x: x.data,
    t: t.data,
    fromLogits,
    alpha,
    beta,
    smooth,
    scale: frame.upstream / denominator,
    gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
    values: frame.outValue,
    grad: frame.gradientOf(0, x.size),
  });
  return frame.value(sum, denominator);
}
