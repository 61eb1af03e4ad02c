// How good an embedding is: whether the nearest neighbour of a point is of its class.

import type { Library } from "../digits/task.js";

/** Rows divided by their norms: the directions that a loss of cosines looks at. */
export function directions(points: Float32Array, width: number): Float32Array {
  const unit = points.slice();
  for (let start = 0; start < unit.length; start += width) {
    const row = unit.subarray(start, start + width);
    const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    if (norm > 0)
      row.forEach((x, i) => {
        row[i] = x / norm;
      });
  }
  return unit;
}

/** The share of the points, [., width], whose nearest other point is of the same class. */
export function recallAt1(library: Library, points: Float32Array, width: number, classes: Int32Array): number {
  const rows = { data: points, shape: [classes.length, width] };
  const distances = library.cdist(rows, rows);
  let right = 0;
  classes.forEach((label, row) => {
    const others = distances.subarray(row * classes.length, (row + 1) * classes.length);
    others[row] = Number.POSITIVE_INFINITY;
    let nearest = 0;
    for (let i = 1; i < others.length; i++) if (others[i]! < others[nearest]!) nearest = i;
    if (classes[nearest] === label) right++;
  });
  return right / classes.length;
}
