// tversky's with halves, simplified: 1 - 2 (hits + smooth) / (predicted + there + 2 smooth) of each group of `length` elements.

export function dice(input: Float32Array, target: Float32Array, length: number, smooth: number, grad: Float32Array): number {
  const n = input.length;
  const groups = n / length;
  let loss = 0;
  for (let start = 0; start < n; start += length) {
    const end = start + length;
    let hits = 0;
    let both = 0;
    for (let i = start; i < end; i++) {
      const p = input[i]!;
      const t = target[i]!;
      hits += p * t;
      both += p + t;
    }
    const below = both + 2 * smooth;
    const ratio = (2 * (hits + smooth)) / below;
    loss += 1 - ratio;
    const base = ratio / (groups * below);
    const slope = -2 / (groups * below);
    for (let i = start; i < end; i++) grad[i] = base + slope * target[i]!;
  }
  return loss / groups;
}

/** Of logits: the gradient's array keeps the probabilities until the sums are there. */
export function fromLogits(input: Float32Array, target: Float32Array, length: number, smooth: number, grad: Float32Array): number {
  const n = input.length;
  const groups = n / length;
  let loss = 0;
  for (let start = 0; start < n; start += length) {
    const end = start + length;
    let hits = 0;
    let both = 0;
    for (let i = start; i < end; i++) {
      const p = 1 / (1 + Math.exp(-input[i]!)); // an infinite exponential gives 0, which is right
      const t = target[i]!;
      hits += p * t;
      both += p + t;
      grad[i] = p;
    }
    const below = both + 2 * smooth;
    const ratio = (2 * (hits + smooth)) / below;
    loss += 1 - ratio;
    const base = ratio / (groups * below);
    const slope = -2 / (groups * below);
    for (let i = start; i < end; i++) {
      const p = grad[i]!;
      grad[i] = (base + slope * target[i]!) * p * (1 - p);
    }
  }
  return loss / groups;
}
