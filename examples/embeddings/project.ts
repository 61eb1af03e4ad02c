// From a few dimensions to the two that a page has: along the directions in which the points are spread the most (principal components).

/** The matrix is as small as the space, and two of its eigenvalues may be near each other. */
const ITERATIONS = 500;

/** The points' covariance, [width, width], times their number. */
function scatter(points: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(width * width);
  for (let start = 0; start < points.length; start += width) {
    for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) sums[i * width + j]! += points[start + i]! * points[start + j]!;
  }
  return sums;
}

function unit(vector: Float64Array): Float64Array {
  const norm = Math.hypot(...vector);
  return norm > 0 ? vector.map((x) => x / norm) : vector;
}

/** The eigenvector of the largest eigenvalue by power iteration: multiplied again and again, what lies along it outgrows the rest. */
function principal(matrix: Float64Array, width: number): Float64Array {
  // any start that is not at right angles to it
  let vector = unit(Float64Array.from({ length: width }, (_, i) => 1 / (i + 1)));
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    vector = unit(vector.map((_, row) => vector.reduce((sum, x, i) => sum + matrix[row * width + i]! * x, 0)));
  }
  return vector;
}

/** What is left of the points, [., width], without their part along a direction; that part goes to `into`. */
function takeAlong(points: Float64Array, direction: Float64Array, into: Float64Array, offset: number): void {
  const width = direction.length;
  for (let row = 0; row * width < points.length; row++) {
    let along = 0;
    for (let i = 0; i < width; i++) along += points[row * width + i]! * direction[i]!;
    for (let i = 0; i < width; i++) points[row * width + i]! -= along * direction[i]!;
    into[2 * row + offset] = along;
  }
}

/** The points, [., width], in the plane of their two principal components, around their mean: [., 2]. */
export function project(points: Float32Array, width: number): Float64Array {
  const count = points.length / width;
  const mean = new Float64Array(width);
  points.forEach((x, i) => {
    mean[i % width]! += x / count;
  });
  const centred = Float64Array.from(points, (x, i) => x - mean[i % width]!);
  const plane = new Float64Array(2 * count);
  for (const axis of [0, 1]) takeAlong(centred, principal(scatter(centred, width), width), plane, axis);
  return plane;
}
