// The family of multi-margin losses: margins of some classes of a row over all others.

import { type FloatArray, fillElements } from "../array/typed.js";
import type { Backend } from "../backend/seam.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";

/** One call of the seam, reduced. `listed` classes a row in `index`, the list ended by a negative number. */
export function compute(
  frame: Frame,
  backend: () => Backend,
  rows: number,
  classes: number,
  index: Int32Array,
  listed: number,
  rowWeight: Float64Array | null,
  square: boolean,
  margin: number,
): number | FloatArray {
  const denominator = frame.divisor(rows);
  const values = frame.outValue;
  let sum = 0;
  if (rows * classes > 0) {
    sum = backend().margins({
      dtype: frame.dtype,
      x: (frame.operands[0] as Operand).data,
      rows,
      classes,
      index,
      listed,
      rowWeight,
      square,
      margin,
      scale: frame.upstream / denominator,
      gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
      values,
      grad: frame.outs[0] ?? null,
    });
  } else if (values) fillElements.call(values, 0);
  return frame.value(sum, denominator);
}
