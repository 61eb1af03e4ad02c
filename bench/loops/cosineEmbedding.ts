// Added to the squared norms: 1e-12 rounded to float32, as PyTorch has it.
const EPS = 9.999999960041972e-13;

/** Rows without a gradient get zeros and no second pass. */
export function branchy(
  input1: Float32Array,
  input2: Float32Array,
  target: Float32Array,
  width: number,
  margin: number,
  grad1: Float32Array,
  grad2: Float32Array,
): number {
  const rows = target.length;
  const scale = 1 / rows;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    const end = start + width;
    let squares1 = EPS;
    let squares2 = EPS;
    let dot = 0;
    for (let j = start; j < end; j++) {
      const x1 = input1[j]!;
      const x2 = input2[j]!;
      squares1 += x1 * x1;
      squares2 += x2 * x2;
      dot += x1 * x2;
    }
    const norms = 1 / Math.sqrt(squares1 * squares2);
    const cosine = dot * norms;
    const y = target[row]!;
    let g = 0;
    if (y === 1) {
      loss += 1 - cosine;
      g = -scale;
    } else if (y === -1 && cosine - margin >= 0) {
      loss += cosine - margin;
      g = scale;
    }
    if (g === 0) {
      grad1.fill(0, start, end);
      grad2.fill(0, start, end);
    } else {
      const across = g * norms;
      const along1 = (g * cosine) / squares1;
      const along2 = (g * cosine) / squares2;
      for (let j = start; j < end; j++) {
        const x1 = input1[j]!;
        const x2 = input2[j]!;
        grad1[j] = across * x2 - along1 * x1;
        grad2[j] = across * x1 - along2 * x2;
      }
    }
  }
  return loss * scale;
}

export function branchless(
  input1: Float32Array,
  input2: Float32Array,
  target: Float32Array,
  width: number,
  margin: number,
  grad1: Float32Array,
  grad2: Float32Array,
): number {
  const rows = target.length;
  const scale = 1 / rows;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    const end = start + width;
    let squares1 = EPS;
    let squares2 = EPS;
    let dot = 0;
    for (let j = start; j < end; j++) {
      const x1 = input1[j]!;
      const x2 = input2[j]!;
      squares1 += x1 * x1;
      squares2 += x2 * x2;
      dot += x1 * x2;
    }
    const norms = 1 / Math.sqrt(squares1 * squares2);
    const cosine = dot * norms;
    const y = target[row]!;
    const similar = Number(y === 1);
    const different = Number(y === -1);
    const z = cosine - margin;
    loss += similar * (1 - cosine) + different * Math.max(0, z);
    const g = (different * Number(z >= 0) - similar) * scale;
    const across = g * norms;
    const along1 = (g * cosine) / squares1;
    const along2 = (g * cosine) / squares2;
    for (let j = start; j < end; j++) {
      const x1 = input1[j]!;
      const x2 = input2[j]!;
      grad1[j] = across * x2 - along1 * x1;
      grad2[j] = across * x1 - along2 * x2;
    }
  }
  return loss * scale;
}
