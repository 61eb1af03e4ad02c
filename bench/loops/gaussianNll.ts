export function branchy(input: Float32Array, target: Float32Array, variance: Float32Array, eps: number, gradX: Float32Array, gradV: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    let v = variance[i]!;
    if (v < eps) v = eps;
    const inverse = 1 / v;
    const q = d * inverse;
    sum += Math.log(v) + d * q;
    gradX[i] = q * scale;
    gradV[i] = 0.5 * scale * (inverse - q * q);
  }
  return (0.5 * sum) / n;
}

export function branchless(input: Float32Array, target: Float32Array, variance: Float32Array, eps: number, gradX: Float32Array, gradV: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  const half = 0.5 * scale;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    const v = Math.max(variance[i]!, eps);
    const inverse = 1 / v;
    const q = d * inverse;
    sum += Math.log(v) + d * q;
    gradX[i] = q * scale;
    gradV[i] = half * (inverse - q * q);
  }
  return (0.5 * sum) / n;
}

export function value(input: Float32Array, target: Float32Array, variance: Float32Array, eps: number): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    const v = Math.max(variance[i]!, eps);
    sum += Math.log(v) + (d * d) / v;
  }
  return (0.5 * sum) / n;
}
