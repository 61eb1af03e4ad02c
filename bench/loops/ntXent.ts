import { addTransposed, normalize, othersOf, ownProducts, pull, throughNorm, type Work } from "./inBatch.js";

/** Of each pair of one label: softplus of what the log-sum-exp of the row's other labels is above its product. */
export function ntXent(x: Float32Array, labels: Int32Array, width: number, temperature: number, work: Work, grad: Float32Array): number {
  const {
    matrix,
    sums,
    units: [unit],
    norms: [norms],
  } = work;
  const rows = labels.length;
  const factor = 1 / temperature;
  const pairs = othersOf(labels).reduce((sum, others) => sum + others, 0);
  normalize(x, width, unit, norms);
  ownProducts(unit, width, factor, matrix);
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const start = i * rows;
    const label = labels[i]!;
    let max = -Infinity;
    for (let j = 0; j < rows; j++) if (labels[j] !== label && matrix[start + j]! > max) max = matrix[start + j]!;
    let sum = 0;
    for (let j = 0; j < rows; j++) if (labels[j] !== label) sum += Math.exp(matrix[start + j]! - max);
    const negatives = max + Math.log(sum);
    let slopes = 0;
    for (let j = 0; j < rows; j++) {
      if (labels[j] !== label || j === i) continue;
      const over = negatives - matrix[start + j]!;
      const e = Math.exp(-Math.abs(over));
      const slope = (over >= 0 ? 1 : e) / (1 + e);
      loss += Math.log(1 + e) + (over > 0 ? over : 0);
      slopes += slope;
      matrix[start + j] = -slope;
    }
    matrix[start + i] = 0;
    const share = slopes / sum;
    for (let j = 0; j < rows; j++) if (labels[j] !== label) matrix[start + j] = share * Math.exp(matrix[start + j]! - max);
  }
  addTransposed(matrix, rows);
  pull(matrix, unit, width, factor / pairs, sums, grad);
  throughNorm(unit, width, norms, grad);
  return loss / pairs;
}
