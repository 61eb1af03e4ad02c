export function branchy(input: Float32Array, target: Float32Array, quantile: number, grad: Float32Array): number {
  const n = input.length;
  const above = -quantile / n;
  const below = (1 - quantile) / n;
  const kink = 0.5 * (above + below);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = target[i]! - input[i]!;
    if (d > 0) {
      sum += quantile * d;
      grad[i] = above;
    } else if (d < 0) {
      sum += (quantile - 1) * d;
      grad[i] = below;
    } else {
      sum += d; // 0, or NaN
      grad[i] = kink;
    }
  }
  return sum / n;
}

/** Both slopes are (quantile - 1/2) plus or minus a half: the loss is that of |d| / 2 and a line. */
export function branchless(input: Float32Array, target: Float32Array, quantile: number, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  const tilt = quantile - 0.5;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = target[i]! - input[i]!;
    sum += 0.5 * Math.abs(d) + tilt * d;
    grad[i] = (0.5 * (Number(d < 0) + Number(d <= 0)) - quantile) * scale;
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array, quantile: number): number {
  const n = input.length;
  const tilt = quantile - 0.5;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = target[i]! - input[i]!;
    sum += 0.5 * Math.abs(d) + tilt * d;
  }
  return sum / n;
}
