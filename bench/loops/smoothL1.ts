export function branchy(input: Float32Array, target: Float32Array, beta: number, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  const slope = scale / beta;
  const half = 0.5 / beta;
  const offset = 0.5 * beta;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    if (d >= beta) {
      sum += d - offset;
      grad[i] = scale;
    } else if (d <= -beta) {
      sum -= d + offset;
      grad[i] = -scale;
    } else {
      sum += half * d * d;
      grad[i] = d * slope;
    }
  }
  return sum / n;
}

/**
 * With c = d clamped to [-beta, beta] both pieces are c * (d - c / 2) / beta, and the gradient is c / beta. The clamp of a finite d is half of
 * |d + beta| - |d - beta|: V8 compiles Math.min and Math.max to jumps, which random data mispredicts.
 */
export function branchless(input: Float32Array, target: Float32Array, beta: number, grad: Float32Array): number {
  const n = input.length;
  const slope = 1 / (n * beta);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    const c = 0.5 * (Math.abs(d + beta) - Math.abs(d - beta));
    sum += c * (d - 0.5 * c);
    grad[i] = c * slope;
  }
  return sum * slope;
}

export function value(input: Float32Array, target: Float32Array, beta: number): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    const c = 0.5 * (Math.abs(d + beta) - Math.abs(d - beta));
    sum += c * (d - 0.5 * c);
  }
  return sum / (n * beta);
}
