import { choice, define, names, range, round, signs, written } from "./descriptor.js";

const tex = String.raw;
const logit = (label: string, value: number) => range(label, -6, 6, 0.05, value);
const three = choice("target class", names("0", "1", "2"), 0);
/** Right classes, ended by the first -1. */
const LISTS = [
  [0, -1, -1, -1],
  [0, 1, -1, -1],
  [1, -1, -1, -1],
  [1, 3, -1, -1],
];

export const classification = [
  define({
    name: "crossEntropyLoss",
    torch: "torch.nn.CrossEntropyLoss",
    formula: tex`\ell(x, y) = -\log \frac{e^{x_y}}{\sum_j e^{x_j}} \qquad \frac{\partial \ell}{\partial x_j} = p_j - [j = y], \quad p = \operatorname{softmax}(x)`,
    use: "The loss of classifiers and language models: one right class among several. It takes raw logits, with no softmax before it. Label smoothing asks for a little less than certainty; then the loss has a minimum, and logits stop growing without end.",
    note: "Three classes. The logit of class 0 moves from left to right, that of class 1 has a slider, that of class 2 is 0.",
    controls: { other: range("logit of class 1", -4, 4, 0.1, 0.5), target: three, labelSmoothing: range("labelSmoothing", 0, 1, 0.01, 0) },
    axis: logit("logit of class 0", 1),
    heights: { value: [0, 7], gradient: [-1.1, 1.1] },
    call: (x, { other, target, labelSmoothing }) => ({ args: [[x, other, 0], target], options: { labelSmoothing }, wrt: "input" }),
    kind: "classes",
    extra: { title: "Softmax, by hand", load: () => import("../views/softmax.js") },
  }),
  define({
    name: "nllLoss",
    torch: "torch.nn.NLLLoss",
    formula: tex`\ell = \frac{\sum_n -w_{y_n}\, x_{n, y_n}}{\sum_n w_{y_n}} \qquad \frac{\partial \ell}{\partial x_{n, y_n}} = -\frac{w_{y_n}}{\sum_n w_{y_n}}`,
    use: "For a model whose last layer gives log-probabilities already: with log softmax before it, it is the cross entropy. For logits prefer crossEntropyLoss, which does both in one pass. Class weights help where a class is rare; the mean is then divided by the sum of the weights.",
    note: "Two samples, of classes 0 and 1: the log-probability of the first moves, that of the second is log 0.5. The weight of class 0 bends the slope only so far, for it is in the denominator too.",
    controls: { weight: range("weight of class 0", 0, 4, 0.1, 1) },
    axis: range("log-probability of class 0", -5, 0, 0.05, -1.2),
    heights: { value: [0, 5], gradient: [-1.1, 0.3] },
    call: (x, { weight }) => ({
      args: [
        written(
          { data: [x, Math.log(1 - Math.exp(x)), Math.log(0.5), Math.log(0.5)], shape: [2, 2] },
          `{ data: [${round(x)}, Math.log(1 - Math.exp(${round(x)})), Math.log(0.5), Math.log(0.5)], shape: [2, 2] }`,
        ),
        [0, 1],
      ],
      options: { weight: [weight, 1] },
      wrt: "input",
    }),
  }),
  define({
    name: "bceWithLogitsLoss",
    torch: "torch.nn.BCEWithLogitsLoss",
    formula: tex`\ell(x, t) = -\bigl[\,w_+\, t \log \sigma(x) + (1 - t) \log(1 - \sigma(x))\,\bigr]`,
    use: "For yes or no, or several answers that may all be right: tags, masks. It takes raw logits and stays exact where a sigmoid would have rounded to 0 or 1. A posWeight above 1 makes missed positives dearer than false alarms.",
    controls: { target: range("target", 0, 1, 0.05, 1), posWeight: range("posWeight", 0.1, 5, 0.1, 1) },
    axis: logit("input, a logit", 1),
    heights: { value: [0, 8], gradient: [-5.2, 1.4] },
    call: (x, { target, posWeight }) => ({ args: [[x], [target]], options: { posWeight: [posWeight] }, wrt: "input" }),
    kind: "logit",
  }),
  define({
    name: "sigmoidFocalLoss",
    torch: "",
    formula: tex`\ell(x, t) = -\alpha_t\,(1 - p_t)^\gamma \log p_t \qquad p_t = \begin{cases} \sigma(x) & t = 1 \\ 1 - \sigma(x) & t = 0 \end{cases}`,
    use: "Binary cross entropy that spends itself on the hard examples (Lin et al. 2017): where a thousand easy negatives stand against one positive, as in object detection, their small losses would outweigh it. Gamma says how fast an example stops counting once it is right; with gamma = 0 and no alpha it is bceWithLogitsLoss. torchvision has it as sigmoid_focal_loss.",
    note: "Alpha weighs positives against negatives; its default is 0.25, here it is off at first, so that gamma alone makes the difference.",
    controls: {
      target: range("target", 0, 1, 0.05, 1),
      gamma: range("gamma", 0, 5, 0.1, 2),
      alpha: choice(
        "alpha",
        [
          [-1, "-1: off"],
          [0.25, "0.25"],
          [0.5, "0.5"],
          [0.75, "0.75"],
        ],
        -1,
      ),
    },
    axis: logit("input, a logit", 1),
    heights: { value: [0, 6], gradient: [-1.4, 1.4] },
    call: (x, { target, gamma, alpha }) => ({ args: [[x], [target]], options: { gamma, alpha }, wrt: "input" }),
    kind: "logit",
    beside: "bceWithLogitsLoss",
    extra: { title: "A thousand easy negatives", load: () => import("../views/focal.js") },
  }),
  define({
    name: "bceLoss",
    torch: "torch.nn.BCELoss",
    formula: tex`\ell(x, t) = -\bigl[\,t \log x + (1 - t) \log(1 - x)\,\bigr] \qquad \frac{\partial \ell}{\partial x} = \frac{x - t}{x\,(1 - x)}`,
    use: "For a model that gives probabilities, and for autoencoders of pictures between 0 and 1. Its gradient explodes at both ends, and the logarithm is cut off at -100 as in PyTorch. Where there is a logit, prefer bceWithLogitsLoss.",
    controls: { target: range("target", 0, 1, 0.05, 1) },
    axis: range("input, a probability", 0, 1, 0.005, 0.6),
    heights: { value: [0, 5], gradient: [-12, 12] },
    call: (x, { target }) => ({ args: [[x], [target]], wrt: "input" }),
  }),
  define({
    name: "softMarginLoss",
    torch: "torch.nn.SoftMarginLoss",
    formula: tex`\ell(x, y) = \log\bigl(1 + e^{-y x}\bigr) \qquad \frac{\partial \ell}{\partial x} = -y\,\sigma(-y x)`,
    use: "The logistic loss for labels -1 and 1. It is bceWithLogitsLoss in other clothes, so take it where labels come as signs. A smooth hinge that never quite reaches 0: right answers keep being pushed a little.",
    controls: { target: signs(1) },
    axis: logit("input, a score", 1),
    heights: { value: [0, 6.5], gradient: [-1.2, 1.2] },
    call: (x, { target }) => ({ args: [[x], [target]], wrt: "input" }),
    kind: "logit",
  }),
  define({
    name: "multiMarginLoss",
    torch: "torch.nn.MultiMarginLoss",
    formula: tex`\ell(x, y) = \frac{w_y}{C} \sum_{i \ne y} \max(0,\; m - x_y + x_i)^p`,
    use: "The hinge of support vector machines for several classes: once the right score leads every other by the margin, the gradient is exactly 0 and the sample is left alone. With p = 2 the gradient fades towards the margin instead of jumping. Choose it where you want scores, not probabilities.",
    note: "Three classes: the score of class 0 moves, that of class 1 has a slider, that of class 2 is 0.",
    controls: {
      other: range("score of class 1", -3, 3, 0.1, 0.8),
      target: three,
      margin: range("margin", 0, 3, 0.1, 1),
      p: choice(
        "p",
        [
          [1, "1"],
          [2, "2"],
        ],
        1,
      ),
    },
    axis: range("score of class 0", -4, 4, 0.05, 0.4),
    heights: { value: [0, 6], gradient: [-2.5, 2.5] },
    call: (x, { other, target, margin, p }) => ({ args: [[x, other, 0], target], options: { p, margin }, wrt: "input" }),
    kind: "classes",
  }),
  define({
    name: "multiLabelMarginLoss",
    torch: "torch.nn.MultiLabelMarginLoss",
    formula: tex`\ell(x, T) = \frac1C \sum_{j \in T} \sum_{i \notin T} \max(0,\; 1 - x_j + x_i)`,
    use: "A hinge for several right classes at once: every right one should lead every wrong one by 1. The target lists the right classes and ends at the first -1. Only the order of the scores counts.",
    note: "Four classes: the score of class 0 moves, that of class 1 has a slider, those of classes 2 and 3 are 0.5 and -0.5.",
    controls: {
      other: range("score of class 1", -3, 3, 0.1, 1),
      target: choice("right classes", names("0", "0 and 1", "1", "1 and 3"), 1),
    },
    axis: range("score of class 0", -4, 4, 0.05, 0.2),
    heights: { value: [0, 5], gradient: [-1.2, 1.2] },
    call: (x, { other, target }) => ({ args: [[x, other, 0.5, -0.5], LISTS[target]], wrt: "input" }),
  }),
  define({
    name: "multiLabelSoftMarginLoss",
    torch: "torch.nn.MultiLabelSoftMarginLoss",
    formula: tex`\ell(x, t) = -\frac1C \sum_i w_i \bigl[\,t_i \log \sigma(x_i) + (1 - t_i) \log \sigma(-x_i)\,\bigr]`,
    use: "A yes or no for every class of a sample, averaged over the classes: tags, not categories. The scores do not compete, so each gradient depends on its own score alone. It is bceWithLogitsLoss with the mean taken per sample first.",
    note: "Two classes: the logit of class 0 moves, that of class 1 has a slider and is a yes.",
    controls: {
      target: choice("target of class 0", names("0", "1"), 1),
      other: range("logit of class 1", -4, 4, 0.1, 1),
      weight: range("weight of class 0", 0, 4, 0.1, 1),
    },
    axis: logit("logit of class 0", 1),
    heights: { value: [0, 6], gradient: [-2.2, 2.2] },
    call: (x, { target, other, weight }) => ({
      args: [
        { data: [x, other], shape: [1, 2] },
        { data: [target, 1], shape: [1, 2] },
      ],
      options: { weight: [weight, 1] },
      wrt: "input",
    }),
  }),
];
