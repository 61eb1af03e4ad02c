import { products, pull, pullOther, type Work } from "./inBatch.js";

/** Cross entropy of rows and of columns, half of each. */
export function clip(
  image: Float32Array,
  text: Float32Array,
  width: number,
  logitScale: number,
  { matrix, sums }: Work,
  gradI: Float32Array,
  gradT: Float32Array,
  gradScale: Float32Array,
): number {
  const rows = image.length / width;
  products(image, text, width, logitScale, matrix);
  const tops = new Float64Array(rows).fill(-Infinity); // of the columns
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++, at++) if (matrix[at]! > tops[j]!) tops[j] = matrix[at]!;
  }
  const totals = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++, at++) totals[j] = totals[j]! + Math.exp(matrix[at]! - tops[j]!);
  }
  let loss = 0;
  let byScale = 0;
  for (let i = 0; i < rows; i++) {
    const start = i * rows;
    let max = -Infinity;
    for (let j = 0; j < rows; j++) if (matrix[start + j]! > max) max = matrix[start + j]!;
    let sum = 0;
    for (let j = 0; j < rows; j++) sum += Math.exp(matrix[start + j]! - max);
    loss += max + Math.log(sum) + tops[i]! + Math.log(totals[i]!) - 2 * matrix[start + i]!;
    for (let j = 0; j < rows; j++) {
      const s = matrix[start + j]!;
      const slope = Math.exp(s - max) / sum + Math.exp(s - tops[j]!) / totals[j]! - 2 * Number(i === j);
      byScale += slope * s;
      matrix[start + j] = slope;
    }
  }
  const half = 0.5 / rows;
  gradScale[0] = (half * byScale) / logitScale;
  pull(matrix, text, width, half * logitScale, sums, gradI);
  pullOther(matrix, image, width, half * logitScale, sums, gradT);
  return half * loss;
}
