// A classifier: 64 pixels, 64 hidden units, 10 logits, cross entropy.

import { CLASSES, cycle, type Digits, gather, PIXELS } from "./data.js";
import { Network } from "./network.js";
import { range, seeded, shuffle } from "./random.js";
import type { Data, Library, Plan, Quality, Task } from "./task.js";

const HIDDEN = 64;
const BATCH = 32;
const SEED = 20;

function accuracy(logits: Float32Array, { count, classes }: Digits): number {
  let right = 0;
  for (let row = 0; row < count; row++) {
    const scores = logits.subarray(row * CLASSES, (row + 1) * CLASSES);
    if (scores.indexOf(Math.max(...scores)) === classes[row]) right++;
  }
  return right / count;
}

function start(library: Library, { train, test }: Data): Task {
  const random = seeded(SEED);
  const network = new Network([PIXELS, HIDDEN, CLASSES], train.count + test.count, random);
  const order = range(train.count);
  const batch = { pixels: new Float32Array(BATCH * PIXELS), classes: new Int32Array(BATCH) };

  function epoch(rate: number) {
    let loss = 0;
    const callTimes: number[] = [];
    shuffle(order, random);
    for (let from = 0; from < train.count; from += BATCH) {
      const rows = Math.min(BATCH, train.count - from);
      gather(train, order.subarray(from, from + rows), batch);
      const logits = { data: network.forward(batch.pixels, rows), shape: [rows, CLASSES] };
      const classes = batch.classes.subarray(0, rows);
      const options = { out: { input: network.gradient } };
      const began = performance.now();
      const { value } = library.crossEntropyLoss.valueAndGrad(logits, classes, options);
      callTimes.push(performance.now() - began);
      loss += (value * rows) / train.count;
      network.learn(rate);
    }
    return { loss, callTimes };
  }

  function quality(): Quality {
    const logits = network.forward(test.pixels, test.count);
    const loss = library.crossEntropyLoss({ data: logits, shape: [test.count, CLASSES] }, test.classes);
    return { loss, accuracy: accuracy(logits, test) };
  }

  return { epoch, test: quality, outputs: (digits) => network.forward(digits.pixels, digits.count).slice() };
}

export const classifier: Plan = {
  name: "classifier",
  loss: "crossEntropyLoss",
  epochs: 40,
  rate: 0.05,
  batch: BATCH,
  width: CLASSES,
  start,
  alone(outputs, digits, rows) {
    const classes = cycle(digits.classes, rows);
    const input = { data: cycle(outputs, rows * CLASSES), shape: [rows, CLASSES] };
    const out = { input: new Float32Array(input.data.length) };
    return (library) => ({ value: library.crossEntropyLoss.valueAndGrad(input, classes, { out }).value, gradients: [out.input] });
  },
};
