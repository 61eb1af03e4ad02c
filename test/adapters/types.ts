// Checked by tsc alone (npm run check), against TensorFlow.js's own types: what must compile does, what must not has an expected error.

import * as tf from "@tensorflow/tfjs";
import { crossEntropyLoss, ctcLoss, gaussianNllLoss, mseLoss, tripletMarginLoss } from "../../src/index.js";
import { asKerasLoss, toTfjs } from "../../src/tfjs.js";

declare const x: tf.Tensor2D;
declare const classes: tf.Tensor1D;

const loss = toTfjs(tf, crossEntropyLoss);
// the reduction's literal decides the value
export const mean: tf.Scalar = loss(x, classes, { weight: tf.ones([3]), labelSmoothing: 0.1 });
export const none: tf.Tensor = loss(x, [0, 1], { reduction: "none" });
// @ts-expect-error a tensor of losses is no scalar
export const refused: tf.Scalar = loss(x, [0, 1], { reduction: "none" });
// @ts-expect-error the target is missing
loss(x);
// @ts-expect-error there is no such option
loss(x, x, { margin: 1 });
// @ts-expect-error there is no such argument
loss(x, x, { wrt: ["inpt"] });
// @ts-expect-error TensorFlow.js keeps its gradients itself
loss(x, x, { out: {} });
loss(x, x, { wrt: ["input"] });
// @ts-expect-error no loss of losskit
toTfjs(tf, Math.max);

// constants of losskit's own kinds
toTfjs(tf, gaussianNllLoss)(x, x, 1);
toTfjs(tf, ctcLoss)(x, classes, [1], [1]);
toTfjs(tf, tripletMarginLoss)(x, x, [1, 2], { margin: 0.2 });
tf.grad((moved: tf.Tensor) => loss(moved, [0, 1]))(x);

const model = tf.sequential();
model.compile({ optimizer: "sgd", loss: asKerasLoss(tf, crossEntropyLoss, { labelSmoothing: 0.1, reduction: "mean" }) });
model.compile({ optimizer: tf.train.adam(), loss: [asKerasLoss(tf, mseLoss)] });
// @ts-expect-error there is no such option
asKerasLoss(tf, mseLoss, { margin: 1 });
