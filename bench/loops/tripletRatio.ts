/** 2 s^2 with s = sigmoid(d(a, p) - d(a, n)), and its gradient 4 s^2 (1 - s) to the first distance. */
export function tripletRatio(
  anchor: Float32Array,
  positive: Float32Array,
  negative: Float32Array,
  width: number,
  eps: number,
  gradA: Float32Array,
  gradP: Float32Array,
  gradN: Float32Array,
): number {
  const rows = anchor.length / width;
  const scale = 1 / rows;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    const end = start + width;
    let squaresP = 0;
    let squaresN = 0;
    for (let j = start; j < end; j++) {
      const a = anchor[j]! + eps;
      const p = a - positive[j]!;
      const n = a - negative[j]!;
      squaresP += p * p;
      squaresN += n * n;
    }
    const distanceP = Math.sqrt(squaresP);
    const distanceN = Math.sqrt(squaresN);
    const u = distanceP - distanceN;
    const e = Math.exp(-Math.abs(u));
    const larger = 1 / (1 + e);
    const smaller = e * larger;
    const s = u >= 0 ? larger : smaller;
    const other = u >= 0 ? smaller : larger; // 1 - s would lose the digits of a small remainder
    loss += 2 * s * s;
    const g = 4 * s * s * other * scale;
    const factorP = distanceP > 0 ? g / distanceP : 0;
    const factorN = distanceN > 0 ? g / distanceN : 0;
    for (let j = start; j < end; j++) {
      const a = anchor[j]! + eps;
      const p = (a - positive[j]!) * factorP;
      const n = (a - negative[j]!) * factorN;
      gradA[j] = p - n;
      gradP[j] = -p;
      gradN[j] = n;
    }
  }
  return loss * scale;
}
