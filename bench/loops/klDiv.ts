export function branchy(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = -1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const t = target[i]!;
    if (t !== 0) sum += t * (Math.log(t) - x);
    else sum -= t * x; // 0, unless x is infinite
    grad[i] = t * scale;
  }
  return sum / n;
}

/** The smallest double keeps log finite at 0, where it is multiplied by 0 anyway. */
export function branchless(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = -1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const t = target[i]!;
    sum += t * (Math.log(t + Number.MIN_VALUE) - input[i]!);
    grad[i] = t * scale;
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const t = target[i]!;
    sum += t * (Math.log(t + Number.MIN_VALUE) - input[i]!);
  }
  return sum / n;
}
