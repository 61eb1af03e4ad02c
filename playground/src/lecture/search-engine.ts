// Image search: a small network places pictures, its neighbours are what is found. Learns by tripletMarginLoss.

import { cdist, tripletMarginLoss } from "losskit";
import { below, type Random, seeded } from "../../../examples/digits/random.js";
import { type Digits, gather, PIXELS } from "../train/digits.js";
import { Network } from "../train/network.js";

const HIDDEN = 48;
/** Few, so that an untrained network has something to learn: with eight, random directions alone find every second digit. */
const PLACE = 3;
const BATCH = 48;
const RATE = 0.01;
const MARGIN = 1;
const SEED = 5;
/** How many pictures are found. */
export const FOUND = 8;
export const STEPS = 300;

export interface Searcher {
  /** One step of training; returns its loss. */
  step(): number;
  /** For each of the held-out pictures, the FOUND that are nearest to it, nearest first. */
  neighbours(): Int32Array;
}

/** Anchors, then a positive for each, then a negative. */
function triplets({ count, classes }: Digits, random: Random): Int32Array {
  const draw = (wanted: (row: number) => boolean): number => {
    for (;;) {
      const row = below(count, random);
      if (wanted(row)) return row;
    }
  };
  const anchors = Int32Array.from({ length: BATCH }, () => below(count, random));
  const positives = anchors.map((anchor) => draw((row) => row !== anchor && classes[row] === classes[anchor]));
  const negatives = anchors.map((anchor) => draw((row) => classes[row] !== classes[anchor]));
  return Int32Array.of(...anchors, ...positives, ...negatives);
}

export function searcher({ train, test }: { train: Digits; test: Digits }): Searcher {
  const random = seeded(SEED);
  const network = new Network([PIXELS, HIDDEN, PLACE], [0], Math.max(test.count, 3 * BATCH), random);
  const batch = { pixels: new Float32Array(3 * BATCH * PIXELS), classes: new Int32Array(3 * BATCH) };
  const third = (data: Float32Array, i: number) => data.subarray(i * BATCH * PLACE, (i + 1) * BATCH * PLACE);
  return {
    step() {
      gather(train, triplets(train, random), batch);
      const places = network.forward(batch.pixels, 3 * BATCH);
      const [anchor, positive, negative] = [0, 1, 2].map((i) => ({ data: third(places, i), shape: [BATCH, PLACE] }));
      const { value } = tripletMarginLoss.valueAndGrad(anchor!, positive!, negative!, {
        margin: MARGIN,
        out: { anchor: third(network.gradient, 0), positive: third(network.gradient, 1), negative: third(network.gradient, 2) },
      });
      network.learn(RATE);
      return value;
    },
    neighbours() {
      const places = { data: network.forward(test.pixels, test.count), shape: [test.count, PLACE] };
      const distances = cdist(places, places);
      const found = new Int32Array(test.count * FOUND);
      for (let query = 0; query < test.count; query++)
        found.set(nearest(distances.subarray(query * test.count, (query + 1) * test.count), query), query * FOUND);
      return found;
    },
  };
}

/** The FOUND smallest, without the query itself. */
function nearest(distances: ArrayLike<number>, query: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < distances.length; i++) {
    if (i === query) continue;
    let at = best.length;
    while (at > 0 && distances[best[at - 1]!]! > distances[i]!) at--;
    if (at < FOUND) best.splice(at, 0, i);
    if (best.length > FOUND) best.pop();
  }
  return best;
}

/** The part of what is found that shows the query's digit. */
export function precision(found: Int32Array, classes: Int32Array): number {
  return found.reduce((right, other, i) => right + (classes[other] === classes[Math.floor(i / FOUND)] ? 1 : 0), 0) / found.length;
}
