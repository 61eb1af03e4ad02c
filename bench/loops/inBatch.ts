// What the in-batch loops share: all products in a matrix of float32, and the gradient of its elements pulled back to the rows. As many
// rows as a multiple of four, of an even width.

/** Two independent sums: an addition need not wait for the one before it. */
function dot(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let even = 0;
  let odd = 0;
  for (let k = 0; k < width; k += 2) {
    even += a[i + k]! * b[j + k]!;
    odd += a[i + k + 1]! * b[j + k + 1]!;
  }
  return even + odd;
}

/** Rows divided by their norms, which are kept. */
export function normalize(x: Float32Array, width: number, unit: Float32Array, norms: Float64Array): void {
  for (let row = 0; row < norms.length; row++) {
    const start = row * width;
    const norm = Math.max(Math.sqrt(dot(x, start, x, start, width)), 1e-12);
    norms[row] = norm;
    const inverse = 1 / norm;
    for (let k = start; k < start + width; k++) unit[k] = x[k]! * inverse;
  }
}

/** From the gradient of the unit rows, in place, to that of the rows themselves. */
export function throughNorm(unit: Float32Array, width: number, norms: Float64Array, grad: Float32Array): void {
  for (let row = 0; row < norms.length; row++) {
    const start = row * width;
    const along = dot(unit, start, grad, start, width);
    const inverse = 1 / norms[row]!;
    for (let k = start; k < start + width; k++) grad[k] = (grad[k]! - along * unit[k]!) * inverse;
  }
}

/** factor a . b of one row and four others, next to each other: a's numbers are loaded once, and no sum waits for another. */
function fourProducts(a: Float32Array, i: number, b: Float32Array, j: number, width: number, factor: number, matrix: Float32Array, at: number): void {
  const j1 = j + width;
  const j2 = j1 + width;
  const j3 = j2 + width;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let k = 0; k < width; k++) {
    const x = a[i + k]!;
    sum0 += x * b[j + k]!;
    sum1 += x * b[j1 + k]!;
    sum2 += x * b[j2 + k]!;
    sum3 += x * b[j3 + k]!;
  }
  matrix[at] = factor * sum0;
  matrix[at + 1] = factor * sum1;
  matrix[at + 2] = factor * sum2;
  matrix[at + 3] = factor * sum3;
}

/** matrix[i, j] = factor a_i . b_j */
export function products(a: Float32Array, b: Float32Array, width: number, factor: number, matrix: Float32Array): void {
  let at = 0;
  for (let i = 0; i < a.length; i += width) {
    for (let j = 0; j < b.length; j += 4 * width, at += 4) fourProducts(a, i, b, j, width, factor, matrix, at);
  }
}

/** The same of one set with itself: each pair once, and its copy across the diagonal. */
export function ownProducts(x: Float32Array, width: number, factor: number, matrix: Float32Array): void {
  const rows = x.length / width;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j += 4) fourProducts(x, i * width, x, j * width, width, factor, matrix, i * rows + j);
  }
  for (let i = 0; i < rows; i++) for (let j = 0; j < i; j++) matrix[j * rows + i] = matrix[i * rows + j]!;
}

/** sums += four rows of y, each times a number of the matrix; `step` apart there. */
function addFour(slopes: Float32Array, at: number, step: number, y: Float32Array, j: number, width: number, sums: Float64Array): void {
  const slope0 = slopes[at]!;
  const slope1 = slopes[at + step]!;
  const slope2 = slopes[at + 2 * step]!;
  const slope3 = slopes[at + 3 * step]!;
  const j1 = j + width;
  const j2 = j1 + width;
  const j3 = j2 + width;
  for (let k = 0; k < width; k++) sums[k] = sums[k]! + slope0 * y[j + k]! + slope1 * y[j1 + k]! + slope2 * y[j2 + k]! + slope3 * y[j3 + k]!;
}

/** grad_i = factor times the sum over j of slopes[i, j] y_j: a row's sums in doubles, until they are complete. */
export function pull(slopes: Float32Array, y: Float32Array, width: number, factor: number, sums: Float64Array, grad: Float32Array): void {
  let at = 0;
  for (let start = 0; start < grad.length; start += width) {
    sums.fill(0);
    for (let j = 0; j < y.length; j += 4 * width, at += 4) addFour(slopes, at, 1, y, j, width, sums);
    for (let k = 0; k < width; k++) grad[start + k] = factor * sums[k]!;
  }
}

/** The other side's: grad_j = factor times the sum over i of slopes[i, j] x_i. */
export function pullOther(slopes: Float32Array, x: Float32Array, width: number, factor: number, sums: Float64Array, grad: Float32Array): void {
  const columns = grad.length / width;
  for (let column = 0; column < columns; column++) {
    sums.fill(0);
    for (let i = 0, at = column; i < x.length; i += 4 * width, at += 4 * columns) addFour(slopes, at, columns, x, i, width, sums);
    const start = column * width;
    for (let k = 0; k < width; k++) grad[start + k] = factor * sums[k]!;
  }
}

/** Adds what stands across the diagonal: where both sides are one set, a product's slope comes from its two rows. */
export function addTransposed(matrix: Float32Array, rows: number): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) {
      const sum = matrix[i * rows + j]! + matrix[j * rows + i]!;
      matrix[i * rows + j] = sum;
      matrix[j * rows + i] = sum;
    }
    matrix[i * rows + i] = 2 * matrix[i * rows + i]!;
  }
}

/** What a training loop makes once. */
export interface Work {
  matrix: Float32Array;
  sums: Float64Array;
  /** Unit rows of either side, and their norms. */
  units: readonly [Float32Array, Float32Array];
  norms: readonly [Float64Array, Float64Array];
}

export function workspace(rows: number, width: number): Work {
  return {
    matrix: new Float32Array(rows * rows),
    sums: new Float64Array(width),
    units: [new Float32Array(rows * width), new Float32Array(rows * width)],
    norms: [new Float64Array(rows), new Float64Array(rows)],
  };
}

/** How many other rows have the label of each. */
export function othersOf(labels: Int32Array): Int32Array {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return labels.map((label) => counts.get(label)! - 1);
}
