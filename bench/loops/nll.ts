/** A fill and a scatter: the gradient is 0 but at the targets. */
export function nll(input: Float32Array, classes: number, target: Int32Array, grad: Float32Array): number {
  const rows = target.length;
  const scale = -1 / rows;
  let sum = 0;
  grad.fill(0);
  for (let row = 0; row < rows; row++) {
    const y = row * classes + target[row]!;
    sum -= input[y]!;
    grad[y] = scale;
  }
  return sum / rows;
}

export function value(input: Float32Array, classes: number, target: Int32Array): number {
  const rows = target.length;
  let sum = 0;
  for (let row = 0; row < rows; row++) sum -= input[row * classes + target[row]!]!;
  return sum / rows;
}
