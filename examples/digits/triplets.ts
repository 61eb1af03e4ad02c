// Triplets of pictures (an anchor, a positive of its class, a negative of another) and how to judge an embedding.

import { CLASSES, type Digits } from "./data.js";
import { below, type Random } from "./random.js";

/** Row numbers: all anchors, then their positives, then their negatives, so that each is one stretch of a network's output. */
export function triplets({ count, classes }: Digits, anchors: Int32Array, random: Random): Int32Array {
  const draw = (wanted: (row: number) => boolean): number => {
    for (;;) {
      const row = below(count, random);
      if (wanted(row)) return row;
    }
  };
  const rows = new Int32Array(3 * anchors.length);
  rows.set(anchors);
  anchors.forEach((anchor, i) => {
    rows[anchors.length + i] = draw((row) => row !== anchor && classes[row] === classes[anchor]);
    rows[2 * anchors.length + i] = draw((row) => classes[row] !== classes[anchor]);
  });
  return rows;
}

/** Anchors, positives and negatives of one array [3 * n, width], as three tensors [n, width]. */
export function thirds(data: Float32Array, width: number) {
  const length = data.length / 3;
  const part = (i: number) => ({ data: data.subarray(i * length, (i + 1) * length), shape: [length / width, width] });
  return [part(0), part(1), part(2)] as const;
}

/** The `rows` of a matrix [., width]. */
export function takeRows(matrix: Float32Array, rows: Int32Array, width: number): Float32Array {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    taken.set(matrix.subarray(row * width, (row + 1) * width), i * width);
  });
  return taken;
}

interface Points {
  /** [classes.length, width] */
  readonly points: Float32Array;
  readonly classes: Int32Array;
}

/** The share of `test` that lies nearest to the centre of its own class, the mean of that class in `train`. */
export function centreAccuracy(train: Points, test: Points): number {
  const width = train.points.length / train.classes.length;
  const centres = new Float64Array(CLASSES * width);
  const counts = new Float64Array(CLASSES);
  for (const label of train.classes) counts[label]!++;
  train.classes.forEach((label, row) => {
    for (let i = 0; i < width; i++) centres[label * width + i]! += train.points[row * width + i]! / counts[label]!;
  });
  let right = 0;
  test.classes.forEach((label, row) => {
    const point = test.points.subarray(row * width, (row + 1) * width);
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < CLASSES; c++) {
      const distance = point.reduce((sum, x, i) => sum + (x - centres[c * width + i]!) ** 2, 0);
      if (distance < least) {
        least = distance;
        nearest = c;
      }
    }
    if (nearest === label) right++;
  });
  return right / test.classes.length;
}
