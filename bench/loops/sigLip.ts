import { products, pull, pullOther, type Work } from "./inBatch.js";

/** Each pair on its own: softplus of the logit, of its negative on the diagonal. */
export function sigLip(
  image: Float32Array,
  text: Float32Array,
  width: number,
  logitScale: number,
  logitBias: number,
  { matrix, sums }: Work,
  gradI: Float32Array,
  gradT: Float32Array,
  gradScale: Float32Array,
  gradBias: Float32Array,
): number {
  const rows = image.length / width;
  products(image, text, width, logitScale, matrix);
  let loss = 0;
  let byScale = 0;
  let byBias = 0;
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++, at++) {
      const product = matrix[at]!;
      const x = product + logitBias;
      const e = Math.exp(-Math.abs(x));
      const own = Number(i === j);
      loss += Math.log(1 + e) + (x > 0 ? x : 0) - own * x;
      const slope = (x >= 0 ? 1 : e) / (1 + e) - own;
      byScale += slope * product;
      byBias += slope;
      matrix[at] = slope;
    }
  }
  gradScale[0] = byScale / (rows * logitScale);
  gradBias[0] = byBias / rows;
  pull(matrix, text, width, logitScale / rows, sums, gradI);
  pullOther(matrix, image, width, logitScale / rows, sums, gradT);
  return loss / rows;
}
