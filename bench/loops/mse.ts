export function mse(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 2 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    sum += d * d;
    grad[i] = d * scale;
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    sum += d * d;
  }
  return sum / n;
}
