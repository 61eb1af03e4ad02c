export function branchy(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    if (d > 0) {
      sum += d;
      grad[i] = scale;
    } else if (d < 0) {
      sum -= d;
      grad[i] = -scale;
    } else {
      sum += d; // 0, or NaN that must not vanish
      grad[i] = 0;
    }
  }
  return sum / n;
}

export function branchless(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    sum += Math.abs(d);
    grad[i] = (Number(d > 0) - Number(d < 0)) * scale;
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum += Math.abs(input[i]! - target[i]!);
  }
  return sum / n;
}
