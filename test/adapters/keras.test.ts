/** asKerasLoss in the real tf.layers: what Keras's own losses train to, classWeight, sparse labels, and the digits learnt through model.fit. */
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { readDigits, split } from "../../examples/digits/data.js";
import { bceLoss, crossEntropyLoss, gaussianNllLoss, mseLoss, multiMarginLoss, nllLoss } from "../../src/index.js";
import { type AnyLoss, asKerasLoss, type KerasOptions } from "../../src/tfjs.js";
import { BACKENDS, unchanged } from "./backends.js";

type Keras = (labels: tf.Tensor, predictions: tf.Tensor) => tf.Tensor;
const CLASSES = 3;
const SAMPLES = 30;

/** One dense layer, of the same weights each time. */
function model(loss: string | Keras, outputs: number, activation?: "sigmoid" | "softmax"): tf.Sequential {
  const layer = { units: outputs, inputShape: [4], kernelInitializer: tf.initializers.glorotUniform({ seed: 3 }) };
  const made = tf.sequential({ layers: [tf.layers.dense(activation ? { ...layer, activation } : layer)] });
  made.compile({ optimizer: tf.train.sgd(0.3), loss: loss as string });
  return made;
}

/** The losses of a few epochs, and of the model after them. */
async function train(made: tf.Sequential, x: tf.Tensor, y: tf.Tensor, args: tf.ModelFitArgs = {}): Promise<number[]> {
  const { history } = await made.fit(x, y, { epochs: 4, batchSize: 8, shuffle: false, verbose: 0, ...args });
  const after = made.evaluate(x, y, { batchSize: 8 }) as tf.Scalar;
  const losses = [...(history.loss as number[]), after.dataSync()[0] as number];
  tf.dispose(after);
  // the optimizer's own variables are TensorFlow.js's
  (made.optimizer as tf.Optimizer).dispose();
  made.dispose();
  return losses;
}

for (const backend of BACKENDS) {
  describe(`${backend} backend`, () => {
    beforeAll(async () => {
      tf.env().set("PROD", true);
      expect(await tf.setBackend(backend)).toBe(true);
    });

    const classes = Array.from({ length: SAMPLES }, (_, i) => (i * i) % CLASSES);
    const oneHot = () => tf.oneHot(tf.tensor1d(classes, "int32"), CLASSES);
    const features = () => tf.randomNormal([SAMPLES, 4], 0, 1, "float32", 8);

    it("trains as Keras's own losses do, with classWeight, too", async () => {
      const before = tf.memory().numTensors;
      const x = features();
      const y = tf.tidy(() => tf.cast(oneHot(), "float32"));
      const pairs: [Keras, string, "sigmoid" | "softmax" | undefined, Keras | undefined][] = [
        [asKerasLoss(tf, mseLoss), "meanSquaredError", undefined, undefined],
        [asKerasLoss(tf, bceLoss), "binaryCrossentropy", "sigmoid", undefined],
        // Keras's own takes probabilities
        [asKerasLoss(tf, crossEntropyLoss), "categoricalCrossentropy", "softmax", (labels, logits) => asKerasLoss(tf, crossEntropyLoss)(labels, logits)],
      ];
      for (const [own, theirs, activation, logits] of pairs) {
        for (const args of [{}, { classWeight: { 0: 1, 1: 5, 2: 0.5 } }]) {
          const got = await train(model(logits ?? own, CLASSES, logits ? undefined : activation), x, y, args);
          const want = await train(model(theirs, CLASSES, activation), x, y, args);
          expect(got).toHaveLength(5);
          // theirs clip probabilities at 1e-7
          got.forEach((loss, i) => {
            expect(loss, `${theirs}, ${JSON.stringify(args)}`).toBeCloseTo(want[i] as number, 4);
          });
        }
      }
      const mean = await train(model(asKerasLoss(tf, mseLoss, { reduction: "mean" }), CLASSES), x, y);
      const each = await train(model(asKerasLoss(tf, mseLoss), CLASSES), x, y);
      mean.forEach((loss, i) => {
        expect(loss).toBeCloseTo(each[i] as number, 5);
      });
      tf.dispose([x, y]);
      expect(tf.memory().numTensors).toBe(before);
    });

    it("labels: one-hot of any dtype, classes (N) and (N, 1), floats that are integers", () => {
      unchanged(() => {
        const ce: Keras = asKerasLoss(tf, crossEntropyLoss);
        const logits = features().slice([0, 0], [SAMPLES, CLASSES]);
        const want = Array.from(crossEntropyLoss({ data: logits.dataSync() as Float32Array, shape: logits.shape }, classes, { reduction: "none" }));
        const ways = [oneHot(), tf.cast(oneHot(), "float32"), tf.cast(oneHot(), "bool")];
        for (const dtype of ["int32", "float32"] as const) ways.push(tf.tensor(classes, [SAMPLES], dtype), tf.tensor(classes, [SAMPLES, 1], dtype));
        for (const labels of ways) {
          const losses = ce(labels, logits);
          expect(losses.shape).toEqual([SAMPLES]);
          expect(Array.from(losses.dataSync())).toEqual(want.map((loss) => expect.closeTo(loss, 6)));
        }
        expect(() => ce(tf.fill([SAMPLES], 1.5), logits)).toThrow('crossEntropyLoss: "target"[0] expected a class in [0, 3), got 1.5');
        expect(() => asKerasLoss(tf, nllLoss)(oneHot(), logits)).toThrow('nllLoss: "target" expected shape (30)');
        // (B, T, V): the classes are the last axis, a loss for each of B
        const text: Keras = asKerasLoss(tf, crossEntropyLoss, { ignoreIndex: 0 });
        expect(text(tf.ones([2, 5], "int32"), tf.zeros([2, 5, 4])).dataSync()[1]).toBeCloseTo(Math.log(4), 6);
        expect(text(tf.ones([2, 5, 1]), tf.zeros([2, 5, 4])).shape).toEqual([2]);
        expect((asKerasLoss(tf, multiMarginLoss) as Keras)(tf.ones([2]), tf.zeros([2, 4])).shape).toEqual([2]);
        expect(asKerasLoss(tf, mseLoss)(tf.zeros([3, 4, 2]), tf.ones([3, 4, 2])).shape).toEqual([3]);
        expect(asKerasLoss(tf, mseLoss, { reduction: "sum" })(tf.zeros([3, 4]), tf.ones([3, 4])).dataSync()[0]).toBe(12);
        expect(asKerasLoss(tf, crossEntropyLoss, { weight: tf.tensor1d([1, 0, 0]) })(oneHot(), logits).dataSync()[1]).toBe(0);
      });
    });

    it("refuses losses of other than two arguments, what is no loss, unknown options", () => {
      expect(() => asKerasLoss(tf, gaussianNllLoss)).toThrow(
        'asKerasLoss: "loss" expected a loss of predictions and labels, got gaussianNllLoss (input, target, var)',
      );
      expect(() => asKerasLoss(tf, Math.max as unknown as AnyLoss)).toThrow('asKerasLoss: "loss" expected a loss of losskit, got the function max');
      const wrong = asKerasLoss(tf, mseLoss, { margin: 1 } as KerasOptions<typeof mseLoss>);
      unchanged(() => {
        expect(() => wrong(tf.zeros([1]), tf.zeros([1]))).toThrow('mseLoss: option "margin" expected one of');
      });
    });

    it("classes as they are, by fitDataset", async () => {
      const made = model(asKerasLoss(tf, crossEntropyLoss), CLASSES);
      const x = features();
      const ys = tf.tensor2d(classes, [SAMPLES, 1]);
      await expect(made.fit(x, ys, { verbose: 0 })).rejects.toThrow("expected a batch of elements where each example has shape [3]"); // tf.layers's own check, which docs/adapters.md tells of
      const { history } = await made.fitDataset(
        tf.data.array([0]).map(() => ({ xs: x.clone(), ys: ys.clone() })),
        { epochs: 20, verbose: 0 },
      );
      expect(history.loss?.at(-1)).toBeLessThan(history.loss?.[0] as number);
      tf.dispose([x, ys]);
      made.dispose();
    });

    it("learns the digits through model.fit", async () => {
      const { train: learnt, test } = split(readDigits(), 0.2, 7);
      const images = tf.tensor2d(learnt.pixels, [learnt.count, 64]);
      const labels = tf.tidy(() => tf.oneHot(tf.tensor1d(learnt.classes, "int32"), 10));
      const network = tf.sequential({
        layers: [
          tf.layers.dense({ units: 32, activation: "relu", inputShape: [64], kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }) }),
          tf.layers.dense({ units: 10, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
        ],
      });
      network.compile({ optimizer: tf.train.adam(0.01), loss: asKerasLoss(tf, crossEntropyLoss), metrics: ["accuracy"] });
      const tensors: number[] = [];
      const { history } = await network.fit(images, labels, {
        epochs: 10,
        batchSize: 32,
        shuffle: false, // split has shuffled them, by its seed: each run learns the same
        verbose: 0,
        callbacks: { onEpochEnd: async () => void tensors.push(tf.memory().numTensors) },
      });
      // after the first epoch, in which the optimizer makes its variables, nothing is left behind
      expect(new Set(tensors.slice(1)).size).toBe(1);
      expect(history.loss?.[0]).toBeGreaterThan(history.loss?.at(-1) as number);
      const scores = tf.tidy(() => network.predict(tf.tensor2d(test.pixels, [test.count, 64])) as tf.Tensor);
      const guesses = tf.tidy(() => tf.argMax(scores, 1).dataSync());
      console.log("ACC", test.classes.filter((label, i) => label === guesses[i]).length / test.count);
      expect(test.classes.filter((label, i) => label === guesses[i]).length / test.count).toBeGreaterThan(0.95);
      tf.dispose([images, labels, scores]);
      network.dispose();
    });
  });
}
