// One exponential for both: with e = exp(-2 |d|) the value is |d| + log(1 + e) - log 2 and the gradient's size (1 - e) / (1 + e). In doubles what cancels
// near 0 leaves enough for a float32 gradient.

export function branchy(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    if (d >= 0) {
      const e = Math.exp(-2 * d);
      sum += d + Math.log(1 + e);
      grad[i] = ((1 - e) / (1 + e)) * scale;
    } else {
      const e = Math.exp(2 * d);
      sum += Math.log(1 + e) - d;
      grad[i] = ((e - 1) / (1 + e)) * scale;
    }
  }
  return sum / n - Math.LN2;
}

export function branchless(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    const magnitude = Math.abs(d);
    const e = Math.exp(-2 * magnitude);
    const sign = 1 - 2 * Number(d < 0);
    sum += magnitude + Math.log(1 + e);
    grad[i] = ((sign * (1 - e)) / (1 + e)) * scale;
  }
  return sum / n - Math.LN2;
}

export function value(input: Float32Array, target: Float32Array): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const magnitude = Math.abs(input[i]! - target[i]!);
    sum += magnitude + Math.log(1 + Math.exp(-2 * magnitude));
  }
  return sum / n - Math.LN2;
}
