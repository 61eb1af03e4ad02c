import { addTransposed, normalize, othersOf, ownProducts, pull, throughNorm, type Work } from "./inBatch.js";

/** Of each row with others of its label: cross entropy without itself, against those others in equal shares. */
export function supCon(x: Float32Array, labels: Int32Array, width: number, temperature: number, work: Work, grad: Float32Array): number {
  const {
    matrix,
    sums,
    units: [unit],
    norms: [norms],
  } = work;
  const rows = labels.length;
  const factor = 1 / temperature;
  const others = othersOf(labels);
  normalize(x, width, unit, norms);
  ownProducts(unit, width, factor, matrix);
  let loss = 0;
  let anchors = 0;
  for (let i = 0; i < rows; i++) {
    const start = i * rows;
    if (others[i] === 0) {
      matrix.fill(0, start, start + rows);
      continue;
    }
    anchors++;
    const share = 1 / others[i]!;
    const label = labels[i]!;
    matrix[start + i] = -Infinity; // no candidate: its exponential is 0
    let max = -Infinity;
    for (let j = 0; j < rows; j++) if (matrix[start + j]! > max) max = matrix[start + j]!;
    let sum = 0;
    let positives = 0;
    for (let j = 0; j < rows; j++) {
      const s = matrix[start + j]!;
      if (labels[j] === label && j !== i) positives += s;
      const e = Math.exp(s - max);
      sum += e;
      matrix[start + j] = e;
    }
    loss += max + Math.log(sum) - positives * share;
    const inverse = 1 / sum;
    for (let j = 0; j < rows; j++) {
      const p = matrix[start + j]! * inverse;
      matrix[start + j] = labels[j] === label && j !== i ? p - share : p;
    }
  }
  addTransposed(matrix, rows);
  pull(matrix, unit, width, factor / anchors, sums, grad);
  throughNorm(unit, width, norms, grad);
  return loss / anchors;
}
