// The input is the logarithm of the rate. `full` adds Stirling's approximation of log(target!) where the target is above 1.

export function loop(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const t = target[i]!;
    const rate = Math.exp(x);
    sum += rate - t * x;
    grad[i] = (rate - t) * scale;
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    sum += Math.exp(x) - target[i]! * x;
  }
  return sum / n;
}

const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);

export function fullBranchy(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const t = target[i]!;
    const rate = Math.exp(x);
    sum += rate - t * x;
    if (t > 1) sum += (t + 0.5) * Math.log(t) - t + HALF_LOG_2_PI;
    grad[i] = (rate - t) * scale;
  }
  return sum / n;
}

/** The smallest double keeps log finite at 0, where it is multiplied by 0 anyway. */
export function fullBranchless(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const t = target[i]!;
    const rate = Math.exp(x);
    const stirling = (t + 0.5) * Math.log(t + Number.MIN_VALUE) - t + HALF_LOG_2_PI;
    sum += rate - t * x + Number(t > 1) * stirling;
    grad[i] = (rate - t) * scale;
  }
  return sum / n;
}

export function fullValue(input: Float32Array, target: Float32Array): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const t = target[i]!;
    const stirling = (t + 0.5) * Math.log(t + Number.MIN_VALUE) - t + HALF_LOG_2_PI;
    sum += Math.exp(x) - t * x + Number(t > 1) * stirling;
  }
  return sum / n;
}
