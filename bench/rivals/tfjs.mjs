// TensorFlow.js: its own losses where they are the same, else the formula in its operations; gradients by its own differentiation.

import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs";
import { SUMS } from "./measure.mjs";

/** The plain JavaScript backend takes minutes on what is larger. */
const LARGEST_CPU = 1 << 20;

const mean = (x) => tf.mean(x);
const softplus = (x) => tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
const distance = (u, v, eps) => tf.sqrt(tf.sum(tf.square(tf.add(tf.sub(u, v), eps)), 1));
/** At most 1 of |d| counts squared: Huber at 1 and smooth L1 at 1. */
function huber(x, t) {
  const size = tf.abs(tf.sub(x, t));
  const inner = tf.minimum(size, 1);
  return mean(tf.add(tf.mul(0.5, tf.square(inner)), tf.sub(size, inner)));
}
const EPS = 9.999999960041972e-13;
function cosine(a, b) {
  const norms = tf.mul(tf.add(tf.sum(tf.square(a), 1), EPS), tf.add(tf.sum(tf.square(b), 1), EPS));
  return tf.div(tf.sum(tf.mul(a, b), 1), tf.sqrt(norms));
}

/** Inputs in the order of the case, then what `prepare` made; the scalar loss. */
const LOSSES = {
  mseLoss: (x, t) => mean(tf.squaredDifference(x, t)),
  l1Loss: (x, t) => mean(tf.abs(tf.sub(x, t))),
  smoothL1Loss: huber,
  huberLoss: huber,
  bceLoss: (x, t) => tf.neg(mean(tf.add(tf.mul(t, tf.log(x)), tf.mul(tf.sub(1, t), tf.log1p(tf.neg(x)))))),
  bceWithLogitsLoss: (x, t) => mean(tf.sub(softplus(x), tf.mul(x, t))),
  klDivLoss: (x, t) => mean(tf.mul(t, tf.sub(tf.log(t), x))),
  marginRankingLoss: (x1, x2, t) => mean(tf.relu(tf.mul(t, tf.sub(x2, x1)))),
  hingeEmbeddingLoss: (x, t) => mean(tf.where(tf.equal(t, 1), x, tf.relu(tf.sub(1, x)))),
  softMarginLoss: (x, t) => mean(softplus(tf.neg(tf.mul(t, x)))),
  poissonNllLoss: (x, t) => mean(tf.sub(tf.exp(x), tf.mul(t, x))),
  gaussianNllLoss: (x, t, v) => tf.mul(0.5, mean(tf.add(tf.log(v), tf.div(tf.squaredDifference(x, t), v)))),
  // softmaxCrossEntropy has no gradient of its second derivative, but this one it has
  crossEntropyLoss: (x, y) => tf.losses.softmaxCrossEntropy(y, x),
  nllLoss: (x, y) => tf.neg(mean(tf.sum(tf.mul(x, y), 1))),
  multiLabelSoftMarginLoss: (x, t) => mean(tf.sub(softplus(x), tf.mul(x, t))),
  tripletMarginLoss: (a, p, n) => mean(tf.relu(tf.add(1, tf.sub(distance(a, p, 1e-6), distance(a, n, 1e-6))))),
  tripletRatioLoss: (a, p, n) => mean(tf.mul(2, tf.square(tf.sigmoid(tf.sub(distance(a, p, 1e-6), distance(a, n, 1e-6)))))),
  cosineEmbeddingLoss(a, b, y) {
    const cos = cosine(a, b);
    return mean(tf.where(tf.equal(y, 1), tf.sub(1, cos), tf.relu(cos)));
  },
  "cosine distance": (a, b) => mean(tf.sub(1, cosine(a, b))),
  "euclidean distance": (a, b) => mean(distance(a, b, 0)),
};

/** How many of the inputs get a gradient, and which. */
const WRT = { gaussianNllLoss: [0, 2] };

export async function start() {
  const backends = [];
  for (const backend of ["wasm", "cpu"]) if (await tf.setBackend(backend)) backends.push(backend);
  tf.env().set("PROD", true);
  return { info: `${tf.version.tfjs}, backends ${backends.join(" and ")}`, contestants: (made) => backends.flatMap((backend) => contestant(backend, made)) };
}

function contestant(backend, made) {
  const loss = LOSSES[made.loss];
  if (!loss || (backend === "cpu" && made.n > LARGEST_CPU)) return [];
  tf.setBackend(backend);
  const tensors = made.inputs.map(({ data, shape }) => tf.tensor(data, shape));
  // tfjs wants one-hot classes
  if (made.index) tensors.push(tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(made.index, "int32"), made.width), "float32")));
  const wrt = WRT[made.loss] ?? made.out.map((_, i) => i);
  const differentiated = tf.valueAndGrads((...some) => loss(...tensors.map((tensor, i) => (wrt.includes(i) ? some[wrt.indexOf(i)] : tensor))));
  let grads;
  const on = (f) => () => {
    tf.setBackend(backend); // free where it is the current one
    return tf.tidy(f);
  };
  const value = on(() => loss(...tensors).dataSync()[0]);
  const grad = on(() => {
    const both = differentiated(wrt.map((i) => tensors[i]));
    grads = both.grads.map((tensor) => tensor.dataSync());
    return both.value.dataSync()[0];
  });
  return [
    {
      name: `TensorFlow.js ${backend}`,
      tolerance: SUMS,
      calls: { value: [value], grad: made.grads.length > 0 ? [grad] : [] },
      grads: () => grads,
      close() {
        tf.setBackend(backend);
        tf.dispose(tensors);
        grads = undefined;
      },
    },
  ];
}
