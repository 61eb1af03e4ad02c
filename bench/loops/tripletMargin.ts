/** Rows beyond the margin get zeros and no second pass. */
export function branchy(
  anchor: Float32Array,
  positive: Float32Array,
  negative: Float32Array,
  width: number,
  margin: number,
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
    const z = margin + distanceP - distanceN;
    if (z >= 0) {
      loss += z;
      const factorP = distanceP > 0 ? scale / distanceP : 0;
      const factorN = distanceN > 0 ? scale / distanceN : 0;
      for (let j = start; j < end; j++) {
        const a = anchor[j]! + eps;
        const p = (a - positive[j]!) * factorP;
        const n = (a - negative[j]!) * factorN;
        gradA[j] = p - n;
        gradP[j] = -p;
        gradN[j] = n;
      }
    } else {
      gradA.fill(0, start, end);
      gradP.fill(0, start, end);
      gradN.fill(0, start, end);
    }
  }
  return loss * scale;
}

export function branchless(
  anchor: Float32Array,
  positive: Float32Array,
  negative: Float32Array,
  width: number,
  margin: number,
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
    const z = margin + distanceP - distanceN;
    loss += Math.max(0, z);
    const active = z >= 0 ? scale : 0;
    const factorP = distanceP > 0 ? active / distanceP : 0;
    const factorN = distanceN > 0 ? active / distanceN : 0;
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
