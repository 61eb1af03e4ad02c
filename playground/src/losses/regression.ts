import { define, range } from "./descriptor.js";

const tex = String.raw;
const prediction = range("input", -4, 4, 0.05, 1.5);
const target = range("target", -3, 3, 0.1, 0);

export const regression = [
  define({
    name: "mseLoss",
    torch: "torch.nn.MSELoss",
    formula: tex`\ell(x, t) = (x - t)^2 \qquad \frac{\partial \ell}{\partial x} = 2\,(x - t)`,
    use: "The first choice for regression when errors are roughly normal: its minimum is the mean of the targets. The gradient grows with the error, so that a single outlier can outweigh a whole batch.",
    controls: { target },
    axis: prediction,
    heights: { value: [0, 10], gradient: [-6.5, 6.5] },
    call: (x, { target }) => ({ args: [[x], [target]], wrt: "input" }),
  }),
  define({
    name: "l1Loss",
    torch: "torch.nn.L1Loss",
    formula: tex`\ell(x, t) = |x - t| \qquad \frac{\partial \ell}{\partial x} = \operatorname{sgn}(x - t)`,
    use: "For targets with outliers: its minimum is the median, and no sample pulls harder than another. The pull does not fade near the target, so training rattles around it unless the learning rate falls.",
    note: "At the target itself the gradient is 0, as in PyTorch.",
    controls: { target },
    axis: prediction,
    heights: { value: [0, 5], gradient: [-1.5, 1.5] },
    call: (x, { target }) => ({ args: [[x], [target]], wrt: "input" }),
  }),
  define({
    name: "smoothL1Loss",
    torch: "torch.nn.SmoothL1Loss",
    formula: tex`\ell(x, t) = \begin{cases} \frac{1}{2\beta}\,(x - t)^2 & |x - t| < \beta \\ |x - t| - \frac{\beta}{2} & \text{otherwise} \end{cases}`,
    use: "A parabola near the target and straight lines away from it: the box regression of object detectors. The slope of the lines is 1 whatever beta is; a smaller beta makes the bowl steeper, and with beta = 0 it is the L1 loss.",
    controls: { target, beta: range("beta", 0, 3, 0.05, 1) },
    axis: prediction,
    heights: { value: [0, 4], gradient: [-1.5, 1.5] },
    call: (x, { target, beta }) => ({ args: [[x], [target]], options: { beta }, wrt: "input" }),
  }),
  define({
    name: "huberLoss",
    torch: "torch.nn.HuberLoss",
    formula: tex`\ell(x, t) = \begin{cases} \frac12\,(x - t)^2 & |x - t| < \delta \\ \delta\,\bigl(|x - t| - \frac{\delta}{2}\bigr) & \text{otherwise} \end{cases}`,
    use: "Squared error for ordinary samples, absolute error for outliers: delta says from where on a sample counts as one, and is the largest gradient too. Much used in reinforcement learning. It is delta times the smooth L1 loss with beta = delta.",
    controls: { target, delta: range("delta", 0.1, 3, 0.05, 1) },
    axis: prediction,
    heights: { value: [0, 6], gradient: [-3.5, 3.5] },
    call: (x, { target, delta }) => ({ args: [[x], [target]], options: { delta }, wrt: "input" }),
  }),
];
