/** Dissimilar pairs beyond the margin get zeros and no second pass. */
export function branchy(
  input1: Float32Array,
  input2: Float32Array,
  target: Float32Array,
  width: number,
  margin: number,
  eps: number,
  grad1: Float32Array,
  grad2: Float32Array,
): number {
  const rows = target.length;
  const scale = 2 / rows;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    const end = start + width;
    let squares = 0;
    for (let j = start; j < end; j++) {
      const d = input1[j]! - input2[j]! + eps;
      squares += d * d;
    }
    const y = target[row]!;
    let factor = 0;
    if (y === 1) {
      loss += squares;
      factor = scale;
    } else if (y === -1) {
      const distance = Math.sqrt(squares);
      const short = margin - distance;
      if (short > 0) {
        loss += short * short;
        if (distance > 0) factor = (-scale * short) / distance;
      }
    }
    if (factor === 0) {
      grad1.fill(0, start, end);
      grad2.fill(0, start, end);
    } else {
      for (let j = start; j < end; j++) {
        const g = factor * (input1[j]! - input2[j]! + eps);
        grad1[j] = g;
        grad2[j] = -g;
      }
    }
  }
  return loss / rows;
}

export function branchless(
  input1: Float32Array,
  input2: Float32Array,
  target: Float32Array,
  width: number,
  margin: number,
  eps: number,
  grad1: Float32Array,
  grad2: Float32Array,
): number {
  const rows = target.length;
  const scale = 2 / rows;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    const end = start + width;
    let squares = 0;
    for (let j = start; j < end; j++) {
      const d = input1[j]! - input2[j]! + eps;
      squares += d * d;
    }
    const y = target[row]!;
    const similar = Number(y === 1);
    const different = Number(y === -1);
    const distance = Math.sqrt(squares);
    const short = different * Math.max(0, margin - distance);
    loss += similar * squares + short * short;
    const factor = scale * (similar - (distance > 0 ? short / distance : 0));
    for (let j = start; j < end; j++) {
      const g = factor * (input1[j]! - input2[j]! + eps);
      grad1[j] = g;
      grad2[j] = -g;
    }
  }
  return loss / rows;
}
