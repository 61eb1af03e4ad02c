// The encoder: 64 pixels, 64 hidden units, a point of a few dimensions; the same network, from the same start, for every loss.

import { cycle, type Digits, PIXELS } from "../digits/data.js";
import { Network } from "../digits/network.js";
import { type Random, range, seeded, shuffle } from "../digits/random.js";
import type { Call, Data, Library, Quality, Task, Training } from "../digits/task.js";
import type { Batch, Objective } from "./objectives.js";
import { directions, recallAt1 } from "./recall.js";

const HIDDEN = 64;
export const DIMENSIONS = 8;
/** Digits of a batch: about six of each class, among which a loss of the batch finds its pairs. */
const BATCH = 64;
const SEED = 22;

function room(digits: number, pictures: number): Batch {
  return { pixels: new Float32Array(digits * pictures * PIXELS), classes: new Int32Array(digits * pictures) };
}

const encoder = (rows: number, random: Random) => new Network([PIXELS, HIDDEN, DIMENSIONS], rows, random);

function start(objective: Objective, library: Library, { train, test }: Data): Task {
  const { pictures, cosine } = objective;
  const random = seeded(SEED);
  const network = encoder(Math.max(train.count, test.count * pictures), random);
  const order = range(train.count);
  const batch = room(BATCH, pictures);
  // Composed once: the loss before and after is that of the same pictures.
  const examined = room(test.count, pictures);
  objective.compose(test, range(test.count), examined, seeded(SEED));

  function epoch(rate: number) {
    let loss = 0;
    const callTimes: number[] = [];
    shuffle(order, random);
    for (let from = 0; from < train.count; from += BATCH) {
      const rows = order.subarray(from, from + BATCH);
      objective.compose(train, rows, batch, random);
      const points = network.forward(batch.pixels, rows.length * pictures);
      const classes = batch.classes.subarray(0, rows.length);
      const began = performance.now();
      const value = objective.call(library, points, classes, DIMENSIONS, network.gradient);
      callTimes.push(performance.now() - began);
      loss += (value * rows.length) / train.count;
      network.learn(rate);
    }
    return { loss, callTimes };
  }

  function outputs({ pixels, count }: Digits): Float32Array {
    const points = network.forward(pixels, count);
    return cosine ? directions(points, DIMENSIONS) : points.slice();
  }

  function quality(): Quality {
    const points = network.forward(examined.pixels, test.count * pictures);
    const loss = objective.call(library, points, examined.classes.subarray(0, test.count), DIMENSIONS, network.gradient);
    return { loss, accuracy: recallAt1(library, outputs(test), DIMENSIONS, test.classes) };
  }

  return { epoch, test: quality, outputs };
}

export function training(objective: Objective, epochs: number): Training {
  const { name, rate } = objective;
  return { name, loss: name, epochs, rate, batch: BATCH, width: DIMENSIONS, start: (library, data) => start(objective, library, data) };
}

/** The loss without the training: on what the untrained network makes of a batch of so many digits. */
export function alone(objective: Objective, digits: Digits, rows: number): Call {
  const { pictures } = objective;
  const batch = room(rows, pictures);
  objective.compose(digits, cycle(range(digits.count), rows), batch, seeded(SEED));
  const points = encoder(rows * pictures, seeded(SEED)).forward(batch.pixels, rows * pictures);
  const classes = batch.classes.subarray(0, rows);
  const gradient = new Float32Array(points.length);
  return (library) => ({ value: objective.call(library, points, classes, DIMENSIONS, gradient), gradients: [gradient] });
}
