export function branchy(input: Float32Array, target: Float32Array, delta: number, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  const steepest = delta * scale;
  const half = 0.5 * delta;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    if (d >= delta) {
      sum += delta * (d - half);
      grad[i] = steepest;
    } else if (d <= -delta) {
      sum -= delta * (d + half);
      grad[i] = -steepest;
    } else {
      sum += 0.5 * d * d;
      grad[i] = d * scale;
    }
  }
  return sum / n;
}

/**
 * With c = d clamped to [-delta, delta] both pieces are c * (d - c / 2), and the gradient is c. The clamp of a finite d is half of
 * |d + delta| - |d - delta|: V8 compiles Math.min and Math.max to jumps, which random data mispredicts.
 */
export function branchless(input: Float32Array, target: Float32Array, delta: number, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    const c = 0.5 * (Math.abs(d + delta) - Math.abs(d - delta));
    sum += c * (d - 0.5 * c);
    grad[i] = c * scale;
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array, delta: number): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = input[i]! - target[i]!;
    const c = 0.5 * (Math.abs(d + delta) - Math.abs(d - delta));
    sum += c * (d - 0.5 * c);
  }
  return sum / n;
}
