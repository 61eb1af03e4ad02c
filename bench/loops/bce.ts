// Below this x * (1 - x) the gradient's denominator is cut off: 1e-12 rounded to float32, as PyTorch has it.
const EPS = 9.999999960041972e-13;

/** Takes only the logarithms that the target asks for: one instead of two where it is 0 or 1. */
export function branchy(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const t = target[i]!;
    const other = 1 - x;
    if (t !== 0) {
      const log = Math.log(x);
      sum -= t * (log < -100 ? -100 : log);
    }
    if (t !== 1) {
      const log = Math.log(other);
      sum -= (1 - t) * (log < -100 ? -100 : log);
    }
    const variance = x * other;
    grad[i] = ((x - t) * scale) / (variance < EPS ? EPS : variance);
  }
  return sum / n;
}

export function branchless(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const t = target[i]!;
    const other = 1 - x;
    const log = Math.max(Math.log(x), -100);
    const logOther = Math.max(Math.log(other), -100);
    sum -= logOther + t * (log - logOther);
    grad[i] = ((x - t) * scale) / Math.max(x * other, EPS);
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const t = target[i]!;
    const x = input[i]!;
    const log = Math.max(Math.log(x), -100);
    const logOther = Math.max(Math.log(1 - x), -100);
    sum -= logOther + t * (log - logOther);
  }
  return sum / n;
}
