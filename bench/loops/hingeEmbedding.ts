// For targets of -1 and 1, the only ones the loss is meant for.

export function branchy(input: Float32Array, target: Float32Array, margin: number, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    if (target[i]! > 0) {
      sum += x;
      grad[i] = scale;
    } else if (margin - x >= 0) {
      sum += margin - x;
      grad[i] = -scale;
    } else grad[i] = 0;
  }
  return sum / n;
}

/** Both terms, each times 0 or 1. */
export function branchless(input: Float32Array, target: Float32Array, margin: number, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const positive = 0.5 + 0.5 * target[i]!;
    const z = margin - x;
    const active = Number(z >= 0) * (1 - positive); // a flag, where Math.max would be a jump
    sum += positive * x + active * z;
    grad[i] = (positive - active) * scale;
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array, margin: number): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const positive = 0.5 + 0.5 * target[i]!;
    const z = margin - x;
    sum += positive * x + (0.5 - 0.5 * positive) * (z + Math.abs(z)); // z + |z|: twice max(0, z) without a jump
  }
  return sum / n;
}
