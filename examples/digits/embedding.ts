// An embedding: 64 pixels, 64 hidden units, a point in 16 dimensions. The triplet loss pulls pictures of one class together and pushes the others away.

import { cycle, type Digits, gather, PIXELS } from "./data.js";
import { Network } from "./network.js";
import { range, seeded, shuffle } from "./random.js";
import type { Data, Library, Plan, Quality, Task } from "./task.js";
import { centreAccuracy, takeRows, thirds, triplets } from "./triplets.js";

const HIDDEN = 64;
const DIMENSIONS = 16;
const BATCH = 32;
const SEED = 21;
const LOSS = { p: 2, margin: 1 };

function start(library: Library, { train, test }: Data): Task {
  const random = seeded(SEED);
  const network = new Network([PIXELS, HIDDEN, DIMENSIONS], train.count + test.count, random);
  const order = range(train.count);
  const batch = { pixels: new Float32Array(3 * BATCH * PIXELS), classes: new Int32Array(3 * BATCH) };
  // Drawn once: the loss before and after is that of the same triplets.
  const examined = triplets(test, range(test.count), seeded(SEED));
  const outputs = (digits: Digits) => network.forward(digits.pixels, digits.count).slice();

  function epoch(rate: number) {
    let loss = 0;
    const callTimes: number[] = [];
    shuffle(order, random);
    for (let from = 0; from < train.count; from += BATCH) {
      const rows = triplets(train, order.subarray(from, from + BATCH), random);
      gather(train, rows, batch);
      const [anchor, positive, negative] = thirds(network.forward(batch.pixels, rows.length), DIMENSIONS);
      const gradients = thirds(network.gradient, DIMENSIONS);
      const options = { ...LOSS, out: { anchor: gradients[0].data, positive: gradients[1].data, negative: gradients[2].data } };
      const began = performance.now();
      const { value } = library.tripletMarginLoss.valueAndGrad(anchor, positive, negative, options);
      callTimes.push(performance.now() - began);
      loss += (value * rows.length) / 3 / train.count;
      network.learn(rate);
    }
    return { loss, callTimes };
  }

  function quality(): Quality {
    const points = outputs(test);
    const loss = library.tripletMarginLoss(...thirds(takeRows(points, examined, DIMENSIONS), DIMENSIONS), LOSS);
    const accuracy = centreAccuracy({ points: outputs(train), classes: train.classes }, { points, classes: test.classes });
    return { loss, accuracy };
  }

  return { epoch, test: quality, outputs };
}

export const embedding: Plan = {
  name: "embedding",
  loss: "tripletMarginLoss",
  epochs: 30,
  rate: 0.05,
  batch: BATCH,
  width: DIMENSIONS,
  start,
  alone(outputs, digits, rows) {
    const anchors = cycle(range(digits.count), rows);
    const [anchor, positive, negative] = thirds(takeRows(outputs, triplets(digits, anchors, seeded(SEED)), DIMENSIONS), DIMENSIONS);
    const fresh = () => new Float32Array(anchor.data.length);
    const out = { anchor: fresh(), positive: fresh(), negative: fresh() };
    return (library) => ({
      value: library.tripletMarginLoss.valueAndGrad(anchor, positive, negative, { ...LOSS, out }).value,
      gradients: [out.anchor, out.positive, out.negative],
    });
  },
};
