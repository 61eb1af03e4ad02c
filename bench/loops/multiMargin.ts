// The target's own term is margin, whatever the input: it takes part in the loop and is taken out again.

export function branchy(input: Float32Array, classes: number, target: Int32Array, margin: number, grad: Float32Array): number {
  const rows = target.length;
  const scale = 1 / (rows * classes);
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const end = start + classes;
    const y = start + target[row]!;
    const from = margin - input[y]!;
    let count = 0;
    for (let j = start; j < end; j++) {
      const z = from + input[j]!;
      if (z > 0) {
        sum += z;
        count++;
        grad[j] = scale;
      } else grad[j] = 0;
    }
    sum -= margin;
    grad[y] = (1 - count) * scale;
  }
  return sum * scale;
}

export function branchless(input: Float32Array, classes: number, target: Int32Array, margin: number, grad: Float32Array): number {
  const rows = target.length;
  const scale = 1 / (rows * classes);
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const end = start + classes;
    const y = start + target[row]!;
    const from = margin - input[y]!;
    let count = 0;
    for (let j = start; j < end; j++) {
      const z = from + input[j]!;
      const active = Number(z > 0);
      sum += active * z;
      count += active;
      grad[j] = active * scale;
    }
    sum -= margin;
    grad[y] = (1 - count) * scale;
  }
  return sum * scale;
}
