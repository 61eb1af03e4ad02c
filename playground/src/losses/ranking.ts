import { choice, define, range, round, signs, toggle, written } from "./descriptor.js";

const tex = String.raw;
const triplets = "Triplets: the plane of distances, and three points to move";
const inThePlane =
  "In the plane: the anchor is at (0, 0), the positive at the slider's distance on the x axis, the negative at (x, 0.4). The gradient is that of the negative's x.";
const RADIAN = Math.PI / 180;

/** A unit vector at an angle in degrees. */
const unit = (degrees: number) =>
  written(
    [Math.cos(degrees * RADIAN), Math.sin(degrees * RADIAN)],
    `[Math.cos((${round(degrees)} * Math.PI) / 180), Math.sin((${round(degrees)} * Math.PI) / 180)]`,
  );

export const ranking = [
  define({
    name: "marginRankingLoss",
    torch: "torch.nn.MarginRankingLoss",
    formula: tex`\ell(x_1, x_2, y) = \max\bigl(0,\; -y\,(x_1 - x_2) + m\bigr)`,
    use: "To learn an order from pairs: search results, preferences. With target 1 the first score should be the higher one by the margin, with -1 the second; then the pair is left alone. With margin 0 scores that are all equal cost nothing: choose a margin.",
    controls: { input2: range("input2", -3, 3, 0.1, 0), target: signs(1), margin: range("margin", 0, 2, 0.05, 0.5) },
    axis: range("input1", -4, 4, 0.05, -0.5),
    heights: { value: [0, 6], gradient: [-1.5, 1.5] },
    call: (x, { input2, target, margin }) => ({ args: [[x], [input2], [target]], options: { margin }, wrt: "input1" }),
  }),
  define({
    name: "hingeEmbeddingLoss",
    torch: "torch.nn.HingeEmbeddingLoss",
    formula: tex`\ell(x, y) = \begin{cases} x & y = 1 \\ \max(0,\; m - x) & y = -1 \end{cases}`,
    use: "For pairs that are alike (1) or not (-1), from a distance that was measured before: siamese networks. Alike pairs are drawn together without end, others pushed apart until the margin.",
    controls: { target: signs(-1), margin: range("margin", 0, 3, 0.1, 1) },
    axis: range("input, a distance", 0, 4, 0.05, 0.6),
    heights: { value: [0, 4], gradient: [-1.5, 1.5] },
    call: (x, { target, margin }) => ({ args: [[x], [target]], options: { margin }, wrt: "input" }),
  }),
  define({
    name: "cosineEmbeddingLoss",
    torch: "torch.nn.CosineEmbeddingLoss",
    formula: tex`\ell(x_1, x_2, y) = \begin{cases} 1 - \cos(x_1, x_2) & y = 1 \\ \max(0,\; \cos(x_1, x_2) - m) & y = -1 \end{cases}`,
    use: "For embeddings that are compared by direction: sentences, faces, pictures with their captions. Lengths do not count. With target -1 a pair is left alone once its cosine is below the margin; 0 to 0.5 is a usual choice.",
    note: "Two unit vectors in the plane. The slope is by angle, in radians: the gradient of input2 along its turn.",
    controls: { target: signs(1), margin: range("margin", -1, 1, 0.05, 0) },
    axis: range("angle between, degrees", -180, 180, 1, 60),
    heights: { value: [0, 2.1], gradient: [-1.3, 1.3] },
    call: (x, { target, margin }) => ({
      args: [[1, 0], unit(x), target],
      options: { margin },
      wrt: "input2",
      read: (g) => g[1]! * Math.cos(x * RADIAN) - g[0]! * Math.sin(x * RADIAN),
      readCode: `grad.input2[1] * Math.cos((${round(x)} * Math.PI) / 180) - grad.input2[0] * Math.sin((${round(x)} * Math.PI) / 180)`,
    }),
    perX: RADIAN,
    extra: { title: "Two vectors, by hand", load: () => import("../views/cosine.js") },
  }),
  define({
    name: "tripletMarginLoss",
    torch: "torch.nn.TripletMarginLoss",
    formula: tex`\ell(a, p, n) = \max\bigl(0,\; \|a - p\|_p - \|a - n\|_p + m\bigr)`,
    use: "To learn embeddings from comparisons: faces, patches, sentences. The anchor should be nearer to the positive than to the negative, by the margin; once it is, the triplet teaches nothing, so much depends on how triplets are chosen. With swap the harder of two negatives counts.",
    note: inThePlane,
    controls: {
      positive: range("distance to the positive", 0, 2, 0.05, 1),
      margin: range("margin", 0.1, 2, 0.05, 1),
      p: choice(
        "p",
        [
          [1, "1"],
          [2, "2"],
          [4, "4"],
          [Number.POSITIVE_INFINITY, "Infinity"],
        ],
        2,
      ),
      swap: toggle("swap"),
    },
    axis: range("x of the negative", -3, 3, 0.05, 1.2),
    heights: { value: [0, 3.5], gradient: [-1.3, 1.3] },
    call: (x, { positive, margin, p, swap }) => ({
      args: [
        [0, 0],
        [positive, 0],
        [x, 0.4],
      ],
      options: { margin, p, swap: swap === 1 },
      wrt: "negative",
    }),
    extra: { title: triplets, load: () => import("../views/triplet.js") },
  }),
  define({
    name: "tripletRatioLoss",
    torch: "",
    formula: tex`\ell(a, p, n) = 2\, \sigma(\delta_+ - \delta_-)^2, \qquad \delta_+ = \|a - p\|_2,\quad \delta_- = \|a - n\|_2`,
    use: "Triplets with no margin to choose (Balntas, Riba, Ponsa, Mikolajczyk, BMVC 2016): what counts is how much farther away the negative is, through a softmax of the two distances. It never reaches 0, and its gradient fades for triplets that are very easy and for those that are hopeless.",
    note: inThePlane,
    controls: { positive: range("distance to the positive", 0, 3, 0.05, 1), swap: toggle("swap") },
    axis: range("x of the negative", -4, 4, 0.05, 1.2),
    heights: { value: [0, 2], gradient: [-0.75, 0.75] },
    call: (x, { positive, swap }) => ({
      args: [
        [0, 0],
        [positive, 0],
        [x, 0.4],
      ],
      options: { swap: swap === 1 },
      wrt: "negative",
    }),
    extra: { title: triplets, load: async () => (await import("../views/triplet.js")).ratio },
  }),
];
