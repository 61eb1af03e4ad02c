export function branchy(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const t = target[i]!;
    if (x >= 0) {
      const e = Math.exp(-x);
      sum += x - x * t + Math.log1p(e);
      grad[i] = (1 / (1 + e) - t) * scale;
    } else {
      const e = Math.exp(x);
      sum += Math.log1p(e) - x * t;
      grad[i] = (e / (1 + e) - t) * scale;
    }
  }
  return sum / n;
}

/** log(1 + e) in doubles is as good as log1p(e) for a float32 loss, and faster. */
export function branchless(input: Float32Array, target: Float32Array, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    const t = target[i]!;
    const e = Math.exp(-Math.abs(x));
    const one = 1 + e;
    const positive = Number(x >= 0); // a flag, where Math.max would be a jump
    sum += positive * x - x * t + Math.log(one);
    grad[i] = ((e + positive * (1 - e)) / one - t) * scale;
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array): number {
  const n = input.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    sum += Number(x >= 0) * x - x * target[i]! + Math.log(1 + Math.exp(-Math.abs(x)));
  }
  return sum / n;
}
