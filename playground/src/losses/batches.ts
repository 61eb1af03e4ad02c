// Losses of a whole batch: every other sample is a negative. Drawn with few points on a circle, one of which goes round it.

import { along, define, PER_DEGREE, range, toggle, units } from "./descriptor.js";

const tex = String.raw;
const angle = range("angle of the moving point, degrees", -180, 180, 1, 50);
const temperature = (value: number) => range("temperature", 0.05, 1, 0.05, value);
const circle = { title: "Points on a circle", load: () => import("../views/circle.js") };
const PAIRS =
  "Three pairs on a circle: the keys are at 0°, 120° and -120°, the second and third query at their keys; the first query moves. The slope is by its angle, in radians.";
const CAPTIONED =
  "Three pairs on a circle: the captions are at 0°, 120° and -120°, the second and third picture at their captions; the first picture moves. The slope is by its angle, in radians.";
const LABELS = [0, 0, 1, 1];
const LABELLED =
  "Four points on a circle, of the classes A A B B: the first A moves, the second is at the slider's angle, the B are at 150° and -110°. The slope is by the angle, in radians.";
const mate = range("angle of the other A, degrees", -180, 180, 5, 0);
const queries = (x: number) => units(x, 120, -120);
const keys = units(0, 120, -120);
const four = (x: number, other: number) => units(x, other, 150, -110);

export const batches = [
  define({
    name: "infoNceLoss",
    torch: "",
    formula: tex`\ell = -\frac1N \sum_i \log \frac{e^{q_i \cdot k_i / \tau}}{\sum_j e^{q_i \cdot k_j / \tau}}`,
    use: "The loss of contrastive learning: a cross entropy in which every query must pick its own key among all keys of the batch. Sentence embeddings, retrieval, SimCLR and MoCo learn by it. The lower the temperature, the more it cares about the nearest negatives alone; symmetric asks the keys for their queries too.",
    note: PAIRS,
    controls: { temperature: temperature(0.3), symmetric: toggle("symmetric") },
    axis: angle,
    heights: { value: [0, 2.5], gradient: [-2, 2] },
    call: (x, { temperature, symmetric }) => ({ args: [queries(x), keys], options: { temperature, symmetric: symmetric === 1 }, ...along("query", x) }),
    perX: PER_DEGREE,
    kind: "pairs",
    extra: circle,
  }),
  define({
    name: "clipLoss",
    torch: "",
    formula: tex`\ell = \frac{1}{2N} \sum_i \Bigl[ -\log \frac{e^{s_{ii}}}{\sum_j e^{s_{ij}}} - \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ji}}} \Bigr] \qquad s_{ij} = c\; a_i \cdot b_j`,
    use: "CLIP: pictures and their captions, each to be found from the other. It is the symmetric infoNceLoss with a scale that is learned instead of a temperature, and with embeddings that the model has normalised. The scale has a gradient too.",
    note: CAPTIONED,
    controls: { logitScale: range("logitScale", 1, 20, 0.5, 3.5) },
    axis: angle,
    heights: { value: [0, 2.5], gradient: [-2, 2] },
    call: (x, { logitScale }) => ({ args: [queries(x), keys, logitScale], ...along("image", x) }),
    perX: PER_DEGREE,
    kind: "pairs",
    beside: "infoNceLoss",
    extra: circle,
  }),
  define({
    name: "sigLipLoss",
    torch: "",
    formula: tex`\ell = -\frac1N \sum_{i, j} \log \sigma\bigl( z_{ij}\,(c\; a_i \cdot b_j + b) \bigr) \qquad z_{ij} = \begin{cases} 1 & i = j \\ -1 & i \ne j \end{cases}`,
    use: "SigLIP: each pair of a picture and a caption is a yes-or-no question of its own, without a softmax over the batch, so that a batch may be split anywhere. As nearly all answers are no, a negative bias is learned, and should start there.",
    note: CAPTIONED,
    controls: { logitScale: range("logitScale", 1, 20, 0.5, 5), logitBias: range("logitBias", -10, 2, 0.5, -2) },
    axis: angle,
    heights: { value: [0, 5], gradient: [-3, 3] },
    call: (x, { logitScale, logitBias }) => ({ args: [queries(x), keys, logitScale, logitBias], ...along("image", x) }),
    perX: PER_DEGREE,
    kind: "pairs",
    extra: circle,
  }),
  define({
    name: "supConLoss",
    torch: "",
    formula: tex`\ell = \frac1N \sum_i \frac{-1}{|P_i|} \sum_{p \in P_i} \log \frac{e^{s_{ip}}}{\sum_{j \ne i} e^{s_{ij}}} \qquad s_{ij} = \frac{e_i \cdot e_j}{\tau}`,
    use: "Contrastive learning with labels (Khosla et al. 2020): all others of its class are positives, all other classes negatives. The positives stand in the denominator too, so that with several of them the loss does not reach 0: they share the probability.",
    note: LABELLED,
    controls: { other: mate, temperature: temperature(0.3) },
    axis: angle,
    heights: { value: [0, 5], gradient: [-3, 3] },
    call: (x, { other, temperature }) => ({ args: [four(x, other), LABELS], options: { temperature }, ...along("embeddings", x) }),
    perX: PER_DEGREE,
    kind: "labelled",
    extra: circle,
  }),
  define({
    name: "ntXentLoss",
    torch: "",
    formula: tex`\ell = -\frac{1}{|\mathcal P|} \sum_{(i, p) \in \mathcal P} \log \frac{e^{s_{ip}}}{e^{s_{ip}} + \sum_{n:\, y_n \ne y_i} e^{s_{in}}} \qquad s_{ij} = \frac{e_i \cdot e_j}{\tau}`,
    use: "As optax and pytorch-metric-learning have it: each pair of one class stands alone against the negatives, other positives stay out of its denominator. So it can reach 0 however many samples a class has.",
    note: LABELLED,
    controls: { other: mate, temperature: temperature(0.3) },
    axis: angle,
    heights: { value: [0, 5], gradient: [-3, 3] },
    call: (x, { other, temperature }) => ({ args: [four(x, other), LABELS], options: { temperature }, ...along("embeddings", x) }),
    perX: PER_DEGREE,
    kind: "labelled",
    beside: "supConLoss",
    extra: circle,
  }),
  define({
    name: "batchHardTripletLoss",
    torch: "",
    formula: tex`\ell = \frac1N \sum_i \max\bigl(0,\; \max_{p} d_{ip} - \min_{n} d_{in} + m\bigr)`,
    use: "Triplets without choosing them (Hermans, Beyer, Leibe 2017): each sample of the batch is an anchor, with its farthest positive and its nearest negative. Only those two pull, so that no triplet is wasted on what is easy; soft replaces the margin by a softplus.",
    note: LABELLED,
    controls: { other: mate, margin: range("margin", 0, 2, 0.05, 0.5), soft: toggle("soft") },
    axis: angle,
    heights: { value: [0, 2.5], gradient: [-1.2, 1.2] },
    call: (x, { other, margin, soft }) => ({ args: [four(x, other), LABELS], options: { margin, soft: soft === 1 }, ...along("embeddings", x) }),
    perX: PER_DEGREE,
    kind: "labelled",
    extra: circle,
  }),
];
