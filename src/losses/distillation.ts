import { rowsOf } from "../array/shape.js";
import { distillation } from "../backend/js/distillation.js";
import { rangeError, shapeText } from "../call/errors.js";
import type { Operand } from "../call/operand.js";
import { differentiable, number, positive, REDUCTIONS } from "../call/signature.js";
import type { LossSpec } from "../call/spec.js";
import type { Loss } from "../types.js";

export interface DistillationOptions {
  /** 0: KL(teacher‖student), 1: KL(student‖teacher), between them the generalised Jensen-Shannon divergence. */
  beta?: number | undefined;
  /** What both sets of logits are divided by. */
  temperature?: number | undefined;
}

/**
 * Distillation of a teacher's logits, by row: S and Q the log-softmax of student / temperature and teacher / temperature; beta = 0: KL(Q‖S),
 * beta = 1: KL(S‖Q), else beta KL(Q‖M) + (1 − beta) KL(S‖M), M = log((1 − beta) e^S + beta e^Q). No factor temperature². PyTorch has none.
 *
 * Shapes: student and teacher alike, (…, V); the losses are (…). Options: `beta` = 0.5 (in [0, 1]), `temperature` = 1 (> 0),
 * `reduction` = "mean" (over rows). A term whose probability is 0 is 0: −∞ logits are masks.
 * Gradient: the student's alone, smooth.
 * Throws RangeError where the shapes differ or have no axis, and for options out of range.
 * Source: Agarwal et al., On-Policy Distillation of Language Models (GKD), ICLR 2024; as TRL and Liger have it.
 * @example
 * distillationLoss(tensor([2, 1, 0], [1, 3]), tensor([3, 1, 0], [1, 3]), { beta: 0, temperature: 2 }); // 0.030167
 */
export const distillationLoss: LossSpec<Loss<[student: 1, teacher: 2], DistillationOptions, "student", "student">> = {
  name: "distillationLoss",
  module: "distillation",
  arguments: [differentiable("student"), { name: "teacher" }],
  options: [number("beta", 0.5, "a number in [0, 1]", (beta) => beta >= 0 && beta <= 1), positive("temperature", 1)],
  reductions: REDUCTIONS,
  javascript: { distillation },
  run: (frame, backend) => {
    const [student, teacher] = frame.operands as [Operand, Operand];
    if (student.shape.length === 0) throw rangeError(frame.loss, student.place, "shape (…, V)", shapeText(student.shape));
    frame.sameShapes();
    const { rows, dims } = rowsOf(student.shape);
    frame.prepareOutputs(rows);
    const denominator = frame.divisor(rows);
    const [beta, temperature] = frame.options as [number, number];
    const sum = backend().distillation({
      dtype: frame.dtype,
      rows,
      width: dims,
      student: student.stored,
      teacher: teacher.stored,
      beta,
      temperature,
      scale: frame.upstream / denominator,
      gradOutput: frame.gradOutput.given ? frame.gradOutput.data : null,
      values: frame.outValue,
      grad: frame.gradientOf(0, student.size),
    });
    return frame.value(sum, denominator);
  },
};
