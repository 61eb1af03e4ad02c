// node bench/rivals/adapter.mjs: losskit/tfjs beside TensorFlow.js's own loss, softmax cross entropy of 4096 × 1000, on its wasm and cpu backends.
// Value and gradient by tf.valueAndGrad, both read back; medians of alternating rounds in one process. Needs the packages of bench/rivals (npm run bench:rivals
// installs them) and the built package.

import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs";
import { backend, crossEntropyLoss } from "../../dist/esm/index.js";
import { asKerasLoss, toTfjs } from "../../dist/esm/tfjs.js";

const ROWS = 4096;
const CLASSES = 1000;
/** The cpu backend's own takes seconds. */
const ROUNDS = { wasm: 15, cpu: 3 };

const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];

tf.env().set("PROD", true);
console.log(`softmax cross entropy, ${ROWS} × ${CLASSES}, value and gradient, ms; TensorFlow.js ${tf.version.tfjs}, Node ${process.version}`);
for (const name of ["wasm", "cpu"]) {
  if (!(await tf.setBackend(name))) {
    console.log(`${name}: does not start here`);
    continue;
  }
  const loss = toTfjs(tf, crossEntropyLoss);
  const keras = asKerasLoss(tf, crossEntropyLoss);
  const x = tf.randomNormal([ROWS, CLASSES], 0, 1, "float32", 1);
  const classes = tf.tensor1d(Int32Array.from({ length: ROWS }, (_, row) => (row * 7919) % CLASSES));
  const index = tf.cast(classes, "int32");
  const oneHot = tf.tidy(() => tf.cast(tf.oneHot(index, CLASSES), "float32"));
  const contestants = {
    "tf.losses.softmaxCrossEntropy": tf.valueAndGrad((logits) => tf.losses.softmaxCrossEntropy(oneHot, logits)),
    "toTfjs, int32 classes": tf.valueAndGrad((logits) => loss(logits, index)),
    "toTfjs, one-hot": tf.valueAndGrad((logits) => loss(logits, oneHot)),
    "asKerasLoss, one-hot": tf.valueAndGrad((logits) => tf.mean(keras(oneHot, logits))),
  };
  const times = {};
  const results = {};
  for (let round = -1; round < ROUNDS[name]; round++) {
    for (const [title, call] of Object.entries(contestants)) {
      const begin = performance.now();
      tf.tidy(() => {
        const { value, grad } = call(x);
        const gradient = grad.dataSync();
        const end = performance.now() - begin;
        if (round < 0) results[title] = { value: value.dataSync()[0], gradient: gradient.slice() };
        else times[title] = [...(times[title] ?? []), end];
      });
    }
  }
  const [own] = Object.keys(contestants);
  for (const title of Object.keys(contestants)) {
    const apart = results[title].gradient.reduce((most, slope, i) => Math.max(most, Math.abs(slope - results[own].gradient[i])), 0);
    const took = median(times[title]);
    console.log(
      `${name.padEnd(5)} ${title.padEnd(30)} ${took.toFixed(1).padStart(8)}   ${(median(times[own]) / took).toFixed(1).padStart(6)} times as fast   gradient within ${apart.toExponential(0)}`,
    );
  }
  tf.disposeVariables();
  tf.dispose([x, classes, index, oneHot]);
}
console.log(`losskit: ${JSON.stringify(backend())}`);
