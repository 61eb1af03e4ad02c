// Focal loss of labels 0 and 1 with gamma = 2, whose power is a square: z is the logit towards the label, q = 1 - p_t its distance from certainty.

export function branchy(input: Float32Array, target: Float32Array, alpha: number, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const positive = target[i] === 1;
    const weight = positive ? alpha : 1 - alpha;
    const z = positive ? input[i]! : -input[i]!;
    let bce: number;
    let q: number;
    if (z >= 0) {
      const e = Math.exp(-z);
      bce = Math.log(1 + e);
      q = e / (1 + e);
    } else {
      const e = Math.exp(z);
      bce = Math.log(1 + e) - z;
      q = 1 / (1 + e);
    }
    const factor = weight * q * q;
    sum += factor * bce;
    const slope = factor * (2 * (1 - q) * bce + q) * scale;
    grad[i] = positive ? -slope : slope;
  }
  return sum / n;
}

/** Signs and weights are arithmetic on the label; which of 1 and e stands above the fraction is told by a flag. */
export function branchless(input: Float32Array, target: Float32Array, alpha: number, grad: Float32Array): number {
  const n = input.length;
  const scale = 1 / n;
  const negative = 1 - alpha;
  const more = alpha - negative;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const t = target[i]!;
    const sign = 2 * t - 1;
    const z = sign * input[i]!;
    const magnitude = Math.abs(z);
    const e = Math.exp(-magnitude);
    const active = Number(z < 0);
    const bce = 0.5 * (magnitude - z) + Math.log(1 + e);
    const q = (active + (1 - active) * e) / (1 + e);
    const factor = (negative + more * t) * q * q;
    sum += factor * bce;
    grad[i] = -sign * scale * factor * (2 * (1 - q) * bce + q);
  }
  return sum / n;
}

export function value(input: Float32Array, target: Float32Array, alpha: number): number {
  const n = input.length;
  const negative = 1 - alpha;
  const more = alpha - negative;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const t = target[i]!;
    const z = (2 * t - 1) * input[i]!;
    const magnitude = Math.abs(z);
    const e = Math.exp(-magnitude);
    const active = Number(z < 0);
    const q = (active + (1 - active) * e) / (1 + e);
    sum += (negative + more * t) * q * q * (0.5 * (magnitude - z) + Math.log(1 + e));
  }
  return sum / n;
}
