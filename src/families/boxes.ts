// The family of losses of pairs of boxes, (…, 4): x1 y1 x2 y2.

import { rowsOf } from "../array/shape.js";
import { type FloatArray, view } from "../array/typed.js";
import type { BoxesCall } from "../backend/seam.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Frame } from "../call/frame.js";
import type { Operand } from "../call/operand.js";
import { differentiable, number, REDUCTIONS } from "../call/signature.js";
import type { Spec } from "../call/spec.js";

export interface BoxesOptions {
  /** Added to each denominator: areas, squared diagonals. */
  eps?: number | undefined;
}

export interface BoxesLoss {
  readonly name: string;
  readonly module: "boxes";
  /** BOX_GENERALIZED, BOX_DISTANCE or BOX_COMPLETE (protocol.ts). */
  readonly kind: number;
  /** Its loop in JavaScript. */
  readonly loop: (call: BoxesCall) => number;
}

export function boxes({ name, module, kind, loop }: BoxesLoss): Spec {
  return {
    name,
    module,
    arguments: [differentiable("input"), { name: "target" }],
    options: [number("eps", 1e-7)],
    reductions: REDUCTIONS,
    javascript: { boxes: loop },
    run: (frame, backend) => {
      const [a, b] = frame.operands as [Operand, Operand];
      if (a.shape[a.shape.length - 1] !== 4) throw rangeError(frame.loss, a.place, "shape (…, 4), boxes x1 y1 x2 y2", shapeText(a.shape));
      frame.sameShapes();
      const { rows } = rowsOf(a.shape);
      frame.prepareOutputs(rows);
      checkCorners(frame, a, rows);
      checkCorners(frame, b, rows);
      const denominator = frame.divisor(rows);
      if (rows === 0) {
        frame.zeroGradients();
        return frame.value(0, denominator);
      }
      const sum = backend().boxes({
        dtype: frame.dtype,
        rows,
        a: a.data,
        b: b.data,
        kind,
        eps: frame.options[0] as number,
        scale: frame.upstream / denominator,
        gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
        values: frame.outValue,
        grad: frame.gradientOf(0, 4 * rows),
      });
      return frame.value(sum, denominator);
    },
  };
}

/** The second corner is not before the first; NaN is data. */
function checkCorners(frame: Frame, { data, place }: Operand, rows: number): void {
  const row = turned(data, rows);
  if (row < 0) return;
  const [x1, y1, x2, y2] = view(data, 4 * row, 4) as unknown as [number, number, number, number];
  throw rangeError(frame.loss, `${place} row ${row}`, x2 < x1 ? "x2 >= x1" : "y2 >= y1", `[${[x1, y1, x2, y2].join(", ")}]`);
}

/** The first box whose second corner is before the first, or -1. */
function turned(data: FloatArray, rows: number): number {
  for (let row = 0, at = 0; row < rows; row++, at += 4) {
    if ((data[at + 2] as number) < (data[at] as number) || (data[at + 3] as number) < (data[at + 1] as number)) return row;
  }
  return -1;
}
