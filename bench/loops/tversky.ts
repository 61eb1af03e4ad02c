// Of each group of `length` elements 1 - (hits + smooth) / (alpha predicted + beta there + (1 - alpha - beta) hits + smooth), by its three sums. The gradient is a
// line in the target: one pass.

export function tversky(input: Float32Array, target: Float32Array, length: number, alpha: number, beta: number, smooth: number, grad: Float32Array): number {
  const n = input.length;
  const groups = n / length;
  const rest = 1 - alpha - beta;
  let loss = 0;
  for (let start = 0; start < n; start += length) {
    const end = start + length;
    let hits = 0;
    let predicted = 0;
    let there = 0;
    for (let i = start; i < end; i++) {
      const p = input[i]!;
      const t = target[i]!;
      hits += p * t;
      predicted += p;
      there += t;
    }
    const top = hits + smooth;
    const below = alpha * predicted + beta * there + rest * hits + smooth;
    loss += 1 - top / below;
    const scale = 1 / (groups * below * below);
    const base = scale * top * alpha;
    const slope = scale * (top * rest - below);
    for (let i = start; i < end; i++) grad[i] = base + slope * target[i]!;
  }
  return loss / groups;
}
