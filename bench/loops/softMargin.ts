/** The exponential of -|z| never overflows; its logistic function needs the sign of z. */
export function branchy(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const t = target[i]!;
    const z = t * input[i]!;
    if (z >= 0) {
      const e = Math.exp(-z);
      sum += Math.log(1 + e);
      grad[i] = (-t * scale * e) / (1 + e);
    } else {
      const e = Math.exp(z);
      sum += Math.log(1 + e) - z;
      grad[i] = (-t * scale) / (1 + e);
    }
  }
  return sum / n;
}

/** Which of 1 and e stands above the fraction is told by a flag. */
export function branchless(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const t = target[i]!;
    const z = t * input[i]!;
    const magnitude = Math.abs(z);
    const e = Math.exp(-magnitude);
    const active = Number(z < 0);
    sum += 0.5 * (magnitude - z) + Math.log(1 + e);
    grad[i] = (-t * scale * (active + (1 - active) * e)) / (1 + e);
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const z = target[i]! * input[i]!;
    const magnitude = Math.abs(z);
    sum += 0.5 * (magnitude - z) + Math.log(1 + Math.exp(-magnitude));
  }
  return sum / n;
}
