import { logSoftmax } from "losskit";
import { choice, define, names, range, round, toggle, written } from "./descriptor.js";

const tex = String.raw;
const STEPS = 4;
const SYMBOLS = 3;
/** Scores of blank, a and b at four steps: somewhat like "ab". */
const SCORES = [2, 0, -1, 1.5, 0, -0.5, 0.5, -0.5, 1.5, 2, -1, 0];
const TARGETS = [[1, 2], [1], [1, 1], [1, 1, 1]];

export const sequence = [
  define({
    name: "ctcLoss",
    torch: "torch.nn.CTCLoss",
    formula: tex`\ell(x, y) = -\log \sum_{\pi \,\in\, \mathcal{B}^{-1}(y)} \; \prod_{t=1}^{T} p_t(\pi_t)`,
    use: "For sequences whose alignment is unknown: speech, handwriting. All ways to spread the target over the time steps count together, with blanks between, and repeated symbols merged. A target that does not fit into the steps costs infinity, unless zeroInfinity drops it.",
    note: "Four steps; the symbols blank, a and b. The score of a moves at one step. The gradient is that of the score, before log softmax; the mean divides by the length of the target. The target aaa would need five steps, for a blank must part equal neighbours.",
    controls: {
      text: choice("target", names("ab", "a", "aa", "aaa"), 0),
      step: range("time step", 1, STEPS, 1, 2),
      zeroInfinity: toggle("zeroInfinity"),
    },
    axis: range("score of a at that step", -6, 6, 0.05, -0.5),
    heights: { value: [0, 4], gradient: [-0.6, 0.6] },
    call: (x, { text, step, zeroInfinity }) => {
      const at = (step - 1) * SYMBOLS + 1;
      const scores = SCORES.map((score, i) => (i === at ? x : score));
      const target = TARGETS[text]!;
      const shape = [STEPS, SYMBOLS];
      return {
        args: [
          written(
            { data: logSoftmax({ data: scores, shape }, { dim: 1 }), shape },
            `{ data: logSoftmax({ data: [${scores.map(round).join(", ")}], shape: [4, 3] }, { dim: 1 }), shape: [4, 3] }`,
          ),
          target,
          STEPS,
          target.length,
        ],
        options: { zeroInfinity: zeroInfinity === 1 },
        wrt: "logProbs",
        read: (g) => g[at]!,
        readCode: `grad.logProbs[${at}]`,
        uses: ["logSoftmax"],
      };
    },
    extra: { title: "All alignments", load: () => import("../views/ctc.js") },
  }),
];
