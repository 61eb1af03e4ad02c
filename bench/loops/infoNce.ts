import { normalize, products, pull, pullOther, throughNorm, type Work } from "./inBatch.js";

/** Cross entropy of the matrix of cosines by the temperature, row i's class being i. */
export function infoNce(
  query: Float32Array,
  key: Float32Array,
  width: number,
  temperature: number,
  work: Work,
  gradQ: Float32Array,
  gradK: Float32Array,
): number {
  const { matrix, sums, units, norms } = work;
  const [q, k] = units;
  const rows = query.length / width;
  const factor = 1 / temperature;
  normalize(query, width, q, norms[0]);
  normalize(key, width, k, norms[1]);
  products(q, k, width, factor, matrix);
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const start = i * rows;
    const end = start + rows;
    const own = matrix[start + i]!;
    let max = -Infinity;
    for (let at = start; at < end; at++) if (matrix[at]! > max) max = matrix[at]!;
    let sum = 0;
    for (let at = start; at < end; at++) {
      const e = Math.exp(matrix[at]! - max);
      sum += e;
      matrix[at] = e;
    }
    loss += max - own + Math.log(sum);
    const inverse = 1 / sum;
    for (let at = start; at < end; at++) matrix[at] = matrix[at]! * inverse;
    matrix[start + i] = matrix[start + i]! - 1;
  }
  pull(matrix, k, width, factor / rows, sums, gradQ);
  pullOther(matrix, q, width, factor / rows, sums, gradK);
  throughNorm(q, width, norms[0], gradQ);
  throughNorm(k, width, norms[1], gradK);
  return loss / rows;
}
