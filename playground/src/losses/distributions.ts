import { choice, define, names, range, round, toggle, written } from "./descriptor.js";

const tex = String.raw;

/** One sample of two outcomes. */
const pair = (a: number, b: number, code = `${round(a)}, ${round(b)}`) => written({ data: [a, b], shape: [1, 2] }, `{ data: [${code}], shape: [1, 2] }`);
const logs = (p: number) => pair(Math.log(p), Math.log(1 - p), `Math.log(${round(p)}), Math.log(1 - ${round(p)})`);

const epsilons = (...values: number[]) =>
  choice(
    "eps",
    values.map((value) => [value, String(value)] as const),
    values[0]!,
  );

export const distributions = [
  define({
    name: "klDivLoss",
    torch: "torch.nn.KLDivLoss",
    formula: tex`\ell(x, t) = \sum_i t_i\,(\log t_i - x_i), \qquad x = \log q`,
    use: "How far a predicted distribution is from a target that is itself a distribution: distillation, variational models, soft labels. The input is in log-probabilities, the target in probabilities unless logTarget says otherwise. Use batchmean: only that is the divergence of the mathematics.",
    note: "Two outcomes with probabilities q and 1 − q. losskit gives the gradient of log q; the chain rule makes it the slope in q.",
    controls: { p: range("target probability", 0.02, 0.98, 0.02, 0.7), logTarget: toggle("logTarget") },
    axis: range("predicted probability q", 0.01, 0.99, 0.01, 0.4),
    heights: { value: [0, 3], gradient: [-12, 12] },
    call: (q, { p, logTarget }) => ({
      args: [logs(q), logTarget ? logs(p) : pair(p, 1 - p)],
      options: { reduction: "batchmean", logTarget: logTarget === 1 },
      wrt: "input",
      read: (g) => g[0]! / q - g[1]! / (1 - q),
      readCode: `grad.input[0] / ${round(q)} - grad.input[1] / (1 - ${round(q)})`,
    }),
  }),
  define({
    name: "poissonNllLoss",
    torch: "torch.nn.PoissonNLLLoss",
    formula: tex`\ell(x, t) = \begin{cases} e^x - t\,x & \text{logInput} \\ x - t \log(x + \varepsilon) & \text{otherwise} \end{cases} \qquad + \underbrace{t \log t - t + \tfrac12 \log 2\pi t}_{\text{full},\; t > 1}`,
    use: "For counts: visits, photons, claims. With logInput, the default, the model predicts the logarithm of the rate, which may be any number; without it the rate itself, which must be positive. What full adds does not depend on the prediction: it shifts the value and leaves the gradient alone.",
    controls: { target: range("target, a count", 0, 10, 1, 3), logInput: toggle("logInput", true), full: toggle("full"), eps: epsilons(1e-8, 0.1, 1) },
    axis: ({ logInput }) => (logInput ? range("input, log of the rate", -3, 3.5, 0.05, 2) : range("input, the rate", 0, 15, 0.1, 5)),
    heights: {
      value: ({ logInput }) => (logInput ? [-15, 30] : [-15, 20]),
      gradient: ({ logInput }) => (logInput ? [-12, 20] : [-6, 2]),
    },
    call: (x, { target, logInput, full, eps }) => ({ args: [[x], [target]], options: { logInput: logInput === 1, full: full === 1, eps }, wrt: "input" }),
  }),
  define({
    name: "gaussianNllLoss",
    torch: "torch.nn.GaussianNLLLoss",
    formula: tex`\ell(x, t, v) = \tfrac12 \Bigl( \log v + \frac{(x - t)^2}{v} \Bigr) \;+\; \underbrace{\tfrac12 \log 2\pi}_{\text{full}}\,, \qquad v = \max(\text{var}, \varepsilon)`,
    use: "For a model that predicts a value and how sure it is of it. A large variance forgives errors and costs its logarithm; the best variance is the squared error itself. Eps keeps a variance near 0 from dividing by it.",
    controls: {
      against: choice("from left to right", names("input", "var"), 0),
      target: range("target", -3, 3, 0.1, 0),
      other: range("the other one (var, or input)", 0.1, 4, 0.1, 1),
      full: toggle("full"),
      eps: epsilons(1e-6, 0.1, 0.5),
    },
    axis: ({ against }) => (against ? range("var", 0.02, 5, 0.02, 0.5) : range("input", -4, 4, 0.05, 1.5)),
    heights: { value: [-1.5, 8], gradient: [-6, 6] },
    call: (x, { against, target, other, full, eps }) => ({
      args: against ? [[other], [target], [x]] : [[x], [target], [other]],
      options: { full: full === 1, eps },
      wrt: against ? "var" : "input",
    }),
  }),
  define({
    name: "distillationLoss",
    torch: "",
    formula: tex`\ell = \beta\, \mathrm{KL}(Q \,\|\, M) + (1 - \beta)\, \mathrm{KL}(S \,\|\, M) \qquad M = (1 - \beta)\, S + \beta\, Q`,
    use: "A small model, the student, learns the whole distribution of a large one, the teacher. With beta = 0 the student must put mass wherever the teacher has some, with beta = 1 it may settle for one of the teacher's peaks, in between is the generalised Jensen-Shannon divergence (GKD, Agarwal et al. 2024). A higher temperature lets small probabilities count.",
    note: "Three classes. S is the student's softmax, Q the teacher's; β = 0 is KL(Q‖S), β = 1 is KL(S‖Q). The student's logit of class 0 moves, its others are 1 and 0; the teacher's are the slider, 1 and 0.",
    controls: {
      teacher: range("teacher's logit of class 0", -4, 4, 0.1, 2),
      beta: range("beta", 0, 1, 0.05, 0.5),
      temperature: range("temperature", 0.5, 4, 0.1, 1),
    },
    axis: range("student's logit of class 0", -6, 6, 0.05, -1),
    heights: { value: [0, 3], gradient: [-1.1, 1.1] },
    call: (x, { teacher, beta, temperature }) => ({
      args: [
        [x, 1, 0],
        [teacher, 1, 0],
      ],
      options: { beta, temperature },
      wrt: "student",
    }),
  }),
];
