// One run: a network, its data and its loss. 64 pixels, 48 hidden units, a point in the plane. Losses of the classes judge ten scores that are computed from
// that point through 24 more units: straight from two numbers, scores are a plane each, and no loss could fit ten classes.

import { below, type Random, range, seeded, shuffle } from "../../../examples/digits/random.js";
import { CLASSES, type Digits, gather, PIXELS } from "./digits.js";
import { Network } from "./network.js";
import type { ClassObjective, EmbeddingObjective, Kit, Objective } from "./objectives.js";
import { BATCH, CELLS, type View } from "./protocol.js";

const HIDDEN = 48;
const PLANE = 2;
const AFTER = 24;
/** The first layer after the plane. */
const HEAD = 2;
const SEED = 20;
/** A new network is never judged by one neighbour: a single stray digit would decide. */
const NEIGHBOURS = 5;

export interface Data {
  readonly train: Digits;
  readonly test: Digits;
}

export interface Trainer {
  /** One step; returns the loss of its batch. */
  step(rate: number): number;
  accuracy(): number;
  /** Where the held-out digits lie, [count, 2]. */
  points(): Float32Array;
  /** [CELLS, CELLS]: what the network decides for over a part of the plane, where it decides. */
  regions(view: View): Uint8Array | null;
}

/** Rows of the training digits, shuffled anew whenever all have come. */
function batches({ count }: Digits, random: Random): () => Int32Array {
  const order = range(count);
  let from = count;
  return () => {
    if (from + BATCH > count) {
      shuffle(order, random);
      from = 0;
    }
    from += BATCH;
    return order.subarray(from - BATCH, from);
  };
}

function classTrainer(kit: Kit, objective: ClassObjective, { train, test }: Data): Trainer {
  const random = seeded(SEED);
  const network = new Network([PIXELS, HIDDEN, PLANE, AFTER, CLASSES], [0, HEAD], Math.max(BATCH, test.count), random);
  const next = batches(train, random);
  const batch = { pixels: new Float32Array(BATCH * PIXELS), classes: new Int32Array(BATCH) };
  const [, plane] = network.layers;
  const line = new Float32Array(CELLS * PLANE);
  const best = (scores: Float32Array, row: number) => {
    let most = row * CLASSES;
    for (let i = most + 1; i < (row + 1) * CLASSES; i++) if (scores[i]! > scores[most]!) most = i;
    return most - row * CLASSES;
  };
  return {
    step(rate) {
      gather(train, next(), batch);
      const logits = { data: network.forward(batch.pixels, BATCH), shape: [BATCH, CLASSES] };
      const value = objective.loss(kit, logits, batch.classes, network.gradient);
      network.learn(rate);
      return value;
    },
    accuracy() {
      const scores = network.forward(test.pixels, test.count);
      return test.classes.filter((label, row) => best(scores, row) === label).length / test.count;
    },
    points() {
      network.forward(test.pixels, test.count);
      return network.output(plane).slice();
    },
    regions({ x, y, half }) {
      const cells = new Uint8Array(CELLS * CELLS);
      const at = (i: number) => ((2 * i + 1) / CELLS - 1) * half;
      for (let row = 0; row < CELLS; row++) {
        for (let column = 0; column < CELLS; column++) line.set([x + at(column), y - at(row)], column * PLANE);
        const scores = network.forwardFrom(HEAD, line, CELLS);
        for (let column = 0; column < CELLS; column++) cells[row * CELLS + column] = best(scores, column);
      }
      return cells;
    },
  };
}

/** Anchors, then a positive for each, then a negative. */
function triplets({ count, classes }: Digits, anchors: Int32Array, random: Random): Int32Array {
  const draw = (wanted: (row: number) => boolean): number => {
    for (;;) {
      const row = below(count, random);
      if (wanted(row)) return row;
    }
  };
  const positives = anchors.map((anchor) => draw((row) => row !== anchor && classes[row] === classes[anchor]));
  const negatives = anchors.map((anchor) => draw((row) => classes[row] !== classes[anchor]));
  return Int32Array.of(...anchors, ...positives, ...negatives);
}

/** The class that most of the nearest neighbours have; the nearer one where two have as many. */
function vote(distances: Float32Array, classes: Int32Array): number {
  const nearest: number[] = [];
  let farthest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < distances.length; i++) {
    if (!(distances[i]! < farthest)) continue;
    let at = nearest.length;
    while (at > 0 && distances[nearest[at - 1]!]! > distances[i]!) at--;
    nearest.splice(at, 0, i);
    if (nearest.length > NEIGHBOURS) nearest.pop();
    if (nearest.length === NEIGHBOURS) farthest = distances[nearest[NEIGHBOURS - 1]!]!;
  }
  const votes = nearest.map((row) => nearest.filter((other) => classes[other] === classes[row]).length);
  return classes[nearest[votes.indexOf(Math.max(...votes))]!]!;
}

function embeddingTrainer(kit: Kit, objective: EmbeddingObjective, { train, test }: Data): Trainer {
  const random = seeded(SEED);
  const network = new Network([PIXELS, HIDDEN, PLANE], [0], Math.max(train.count, 3 * BATCH), random);
  const next = batches(train, random);
  const batch = { pixels: new Float32Array(3 * BATCH * PIXELS), classes: new Int32Array(3 * BATCH) };
  const thirds = (data: Float32Array) => [0, 1, 2].map((i) => data.subarray(i * BATCH * PLANE, (i + 1) * BATCH * PLANE));
  const place = ({ pixels, count }: Digits) => network.forward(pixels, count).slice();
  const matrix = (data: Float32Array) => ({ data: objective.angular ? directions(data) : data, shape: [data.length / PLANE, PLANE] });
  return {
    step(rate) {
      gather(train, triplets(train, next(), random), batch);
      const points = thirds(network.forward(batch.pixels, 3 * BATCH)).map((data) => ({ data, shape: [BATCH, PLANE] }));
      const value = objective.loss(kit, points, thirds(network.gradient));
      network.learn(rate);
      return value;
    },
    accuracy() {
      const distances = kit.cdist(matrix(place(test)), matrix(place(train)));
      const right = test.classes.filter((label, row) => vote(distances.subarray(row * train.count, (row + 1) * train.count), train.classes) === label);
      return right.length / test.count;
    },
    points: () => place(test),
    regions: () => null,
  };
}

/** What holds all points but the farthest few, which would shrink the others. */
export function around(points: Float32Array): View {
  const axis = (offset: number) => {
    const values = points.filter((_, i) => i % 2 === offset).sort();
    const [low, high] = [values[Math.floor(values.length * 0.005)]!, values[Math.ceil(values.length * 0.995) - 1]!];
    return { middle: (low + high) / 2, half: (high - low) / 2 };
  };
  const [x, y] = [axis(0), axis(1)];
  return { x: x.middle, y: y.middle, half: Math.max(x.half, y.half, 1e-3) * 1.12 };
}

function directions(points: Float32Array): Float32Array {
  return points.map((x, i) => x / (Math.hypot(x, points[i ^ 1]!) || 1));
}

export function trainer(kit: Kit, objective: Objective, data: Data): Trainer {
  return objective.kind === "classes" ? classTrainer(kit, objective, data) : embeddingTrainer(kit, objective, data);
}
