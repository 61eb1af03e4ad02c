// The four losses: what a batch of each is made of, and its call. All else is the same for all of them.

import { type Digits, gather, PIXELS } from "../digits/data.js";
import type { Random } from "../digits/random.js";
import type { Library } from "../digits/task.js";
import { thirds, triplets } from "../digits/triplets.js";
import { view } from "./views.js";

/** Pictures of a batch, in a buffer for three times as many as it has digits. */
export type Batch = Pick<Digits, "pixels" | "classes">;

export interface Objective {
  readonly name: "infoNceLoss" | "supConLoss" | "tripletMarginLoss" | "batchHardTripletLoss";
  /** What it learns from, in a few words. */
  readonly from: string;
  /** Whether the loss looks at directions only: then so does whoever judges it. */
  readonly cosine: boolean;
  /** Step size of the first epoch. */
  readonly rate: number;
  /** Pictures of a batch for each digit of it. */
  readonly pictures: 1 | 2 | 3;
  /** Puts the batch of the digits at `rows` together. */
  compose(digits: Digits, rows: Int32Array, into: Batch, random: Random): void;
  /** The loss of the batch's points, [rows, width]; its gradient goes to `gradient`, of the same size. */
  call(library: Library, points: Float32Array, classes: Int32Array, width: number, gradient: Float32Array): number;
}

const matrix = (data: Float32Array, width: number) => ({ data, shape: [data.length / width, width] });

function halves(data: Float32Array, width: number) {
  const middle = data.length / 2;
  return [matrix(data.subarray(0, middle), width), matrix(data.subarray(middle), width)] as const;
}

/** Two views of every digit; the other digits of the batch are what they are told apart from. It never sees a class. */
const infoNce: Objective = {
  name: "infoNceLoss",
  from: "two views of each digit, no labels",
  cosine: true,
  rate: 0.1,
  pictures: 2,
  compose(digits, rows, { pixels }, random) {
    rows.forEach((row, i) => {
      view(digits.pixels, row * PIXELS, pixels, i * PIXELS, random);
      view(digits.pixels, row * PIXELS, pixels, (rows.length + i) * PIXELS, random);
    });
  },
  call(library, points, _, width, gradient) {
    const [query, key] = halves(points, width);
    const [queryGradient, keyGradient] = halves(gradient, width);
    const out = { query: queryGradient.data, key: keyGradient.data };
    return library.infoNceLoss.valueAndGrad(query, key, { temperature: 0.3, symmetric: true, out }).value;
  },
};

/** Every digit of the batch against all others of it: those of its class are near, the rest is not. */
const supCon: Objective = {
  name: "supConLoss",
  from: "the classes of a batch, all pairs",
  cosine: true,
  rate: 0.1,
  pictures: 1,
  compose: gather,
  call: (library, points, classes, width, gradient) => library.supConLoss.valueAndGrad(matrix(points, width), classes, { out: { embeddings: gradient } }).value,
};

/** A random digit of the class and a random one of another for each anchor: most of them are told apart early on, and teach nothing more. */
const tripletMargin: Objective = {
  name: "tripletMarginLoss",
  from: "random triplets",
  cosine: false,
  rate: 0.05,
  pictures: 3,
  compose: (digits, rows, into, random) => gather(digits, triplets(digits, rows, random), into),
  call(library, points, _, width, gradient) {
    const [anchor, positive, negative] = thirds(gradient, width);
    const out = { anchor: anchor.data, positive: positive.data, negative: negative.data };
    return library.tripletMarginLoss.valueAndGrad(...thirds(points, width), { out }).value;
  },
};

/**
 * The same with the hardest positive and the hardest negative that the batch has for each anchor; soft, since who is hardest changes with the last bit of a
 * distance as it is, and a hinge beside that took the two backends' trainings a few hundredths apart.
 */
const batchHardTriplet: Objective = {
  name: "batchHardTripletLoss",
  from: "the hardest triplets of a batch",
  cosine: false,
  rate: 0.015,
  pictures: 1,
  compose: gather,
  call: (library, points, classes, width, gradient) =>
    library.batchHardTripletLoss.valueAndGrad(matrix(points, width), classes, { soft: true, out: { embeddings: gradient } }).value,
};

export const objectives: readonly Objective[] = [infoNce, supCon, tripletMargin, batchHardTriplet];
