// Rows of the race for the losses that PyTorch does not have.

import { labels, normal, type Random, uniform } from "../../../bench/data.js";
import { type Kit, type Matrix, matrix, type Numbers, pointwise, type Row, vectors, wide } from "./rows.js";

/** Boxes of a detector: corners and sizes of usual magnitude. */
function boxes(random: Random, count: number): Matrix {
  const data = uniform(random, 4 * count, 0, 100);
  for (let i = 0; i < data.length; i += 4) {
    data[i + 2] = data[i]! + 1 + data[i + 2]!;
    data[i + 3] = data[i + 1]! + 1 + data[i + 3]!;
  }
  return matrix(data, 4);
}

function boxed(loss: "generalizedBoxIouLoss" | "distanceBoxIouLoss" | "completeBoxIouLoss"): Row {
  return {
    loss,
    axes: "boxes",
    sizes: [[32], [1024], [65536]],
    prepare(random, [count = 0]) {
      const [x, t, g] = [boxes(random, count), boxes(random, count), new Float32Array(4 * count)];
      const options = { out: { input: g } };
      return { gradients: [g], call: (kit) => kit[loss].valueAndGrad(x, t, options).value };
    },
  };
}

/** Probabilities of pictures against masks, an eighth of them a group each. */
function masked(loss: "diceLoss" | "tverskyLoss"): Row {
  return {
    ...pointwise(loss, uniform, labels, () => 0),
    prepare(random, [n = 0]) {
      const shape = [2, 4, n / 8];
      const [x, t, g] = [{ data: uniform(random, n), shape }, { data: labels(random, n), shape }, new Float32Array(n)];
      const options = { out: { input: g } };
      return { gradients: [g], call: (kit) => kit[loss].valueAndGrad(x, t, options).value };
    },
  };
}

/** Vectors of a batch, of four classes. */
const CLASSES = 4;
type Among = (kit: Kit, embeddings: Matrix, classes: Int32Array, options: { out: { embeddings: Numbers } }) => number;
function amongst(loss: string, run: Among): Row {
  return batch(
    vectors(loss, 1, (kit, [x], [embeddings], t) =>
      run(
        kit,
        x!,
        Int32Array.from(t, (_, i) => i % CLASSES),
        { out: { embeddings: embeddings! } },
      ),
    ),
  );
}

/** Every row against every other: smaller batches. */
const batch = (row: Row): Row => ({
  ...row,
  sizes: [
    [32, 16],
    [128, 64],
    [512, 128],
  ],
});

/** Embeddings as a model gives them to these two: of unit length, more or less. */
const LOGIT_SCALE = 10;
const LOGIT_BIAS = -10;
const unit = ({ data, shape }: Matrix): Matrix => ({ data: data.map((x) => x / Math.sqrt(shape[1]!)), shape });
const paired = (loss: string, run: (kit: Kit, image: Matrix, text: Matrix, out: { image: Numbers; text: Numbers }) => number): Row => {
  const row = batch(vectors(loss, 2, () => 0));
  return {
    ...row,
    prepare(random, [count = 0, width = 0]) {
      const [image, text] = [0, 1].map(() => unit(matrix(normal(random, count * width), width))) as [Matrix, Matrix];
      const gradients = [new Float32Array(count * width), new Float32Array(count * width)] as const;
      return { gradients, call: (kit) => run(kit, image, text, { image: gradients[0], text: gradients[1] }) };
    },
  };
};

export const beyond: readonly Row[] = [
  vectors(
    "contrastiveLoss",
    2,
    (kit, [x1, x2], [input1, input2], t) => kit.contrastiveLoss.valueAndGrad(x1!, x2!, t, { margin: 20, out: { input1, input2 } }).value,
  ),
  pointwise("sigmoidFocalLoss", wide, labels, (kit, x, t, options) => kit.sigmoidFocalLoss.valueAndGrad(x, t, options).value),
  pointwise("pinballLoss", normal, normal, (kit, x, t, options) => kit.pinballLoss.valueAndGrad(x, t, options).value),
  pointwise("logCoshLoss", normal, normal, (kit, x, t, options) => kit.logCoshLoss.valueAndGrad(x, t, options).value),
  {
    ...pointwise("dpoLoss", normal, normal, () => 0),
    prepare(random, [n = 0]) {
      const [pc, pr, rc, rr] = [0, 1, 2, 3].map(() => wide(random, n)) as [Numbers, Numbers, Numbers, Numbers];
      const gradients = [new Float32Array(n), new Float32Array(n)] as const;
      const options = { out: { policyChosen: gradients[0], policyRejected: gradients[1] } };
      return { gradients, call: (kit) => kit.dpoLoss.valueAndGrad(pc, pr, rc, rr, options).value };
    },
  },
  masked("diceLoss"),
  masked("tverskyLoss"),
  boxed("generalizedBoxIouLoss"),
  boxed("distanceBoxIouLoss"),
  boxed("completeBoxIouLoss"),
  {
    loss: "distillationLoss",
    axes: "rows × classes",
    sizes: [
      [32, 10],
      [256, 100],
      [1024, 1000],
    ],
    prepare(random, [count = 0, classes = 0]) {
      const [student, teacher] = [0, 1].map(() => matrix(wide(random, count * classes), classes)) as [Matrix, Matrix];
      const g = new Float32Array(count * classes);
      const options = { out: { student: g } };
      return { gradients: [g], call: (kit) => kit.distillationLoss.valueAndGrad(student, teacher, options).value };
    },
  },
  batch(vectors("infoNceLoss", 2, (kit, [q, k], [query, key]) => kit.infoNceLoss.valueAndGrad(q!, k!, { out: { query, key } }).value)),
  paired("clipLoss", (kit, image, text, out) => kit.clipLoss.valueAndGrad(image, text, LOGIT_SCALE, { out }).value),
  paired("sigLipLoss", (kit, image, text, out) => kit.sigLipLoss.valueAndGrad(image, text, LOGIT_SCALE, LOGIT_BIAS, { out }).value),
  amongst("supConLoss", (kit, x, classes, options) => kit.supConLoss.valueAndGrad(x, classes, options).value),
  amongst("ntXentLoss", (kit, x, classes, options) => kit.ntXentLoss.valueAndGrad(x, classes, options).value),
  amongst("batchHardTripletLoss", (kit, x, classes, options) => kit.batchHardTripletLoss.valueAndGrad(x, classes, options).value),
];
