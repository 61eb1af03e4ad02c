// Euclidean distances of all pairs into a fresh array, as the operation returns one.

export function plain(a: Float32Array, b: Float32Array, width: number): Float32Array {
  const rows = a.length / width;
  const cols = b.length / width;
  const result = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    const start = i * width;
    for (let j = 0; j < cols; j++) {
      const other = j * width;
      let sum = 0;
      for (let k = 0; k < width; k++) {
        const d = a[start + k]! - b[other + k]!;
        sum += d * d;
      }
      result[i * cols + j] = Math.sqrt(sum);
    }
  }
  return result;
}

/** Two rows by two: half the loads, and four sums that need not wait for each other. Even numbers of rows only. */
export function blocked(a: Float32Array, b: Float32Array, width: number): Float32Array {
  const rows = a.length / width;
  const cols = b.length / width;
  const result = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i += 2) {
    const start0 = i * width;
    const start1 = start0 + width;
    for (let j = 0; j < cols; j += 2) {
      const other0 = j * width;
      const other1 = other0 + width;
      let sum00 = 0;
      let sum01 = 0;
      let sum10 = 0;
      let sum11 = 0;
      for (let k = 0; k < width; k++) {
        const x0 = a[start0 + k]!;
        const x1 = a[start1 + k]!;
        const y0 = b[other0 + k]!;
        const y1 = b[other1 + k]!;
        const d00 = x0 - y0;
        const d01 = x0 - y1;
        const d10 = x1 - y0;
        const d11 = x1 - y1;
        sum00 += d00 * d00;
        sum01 += d01 * d01;
        sum10 += d10 * d10;
        sum11 += d11 * d11;
      }
      const at = i * cols + j;
      result[at] = Math.sqrt(sum00);
      result[at + 1] = Math.sqrt(sum01);
      result[at + cols] = Math.sqrt(sum10);
      result[at + cols + 1] = Math.sqrt(sum11);
    }
  }
  return result;
}
