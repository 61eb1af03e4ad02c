// Each returns a fresh array, as the operation does.

export function branchy(input: Float32Array, lambda: number): Float32Array {
  const n = input.length;
  const result = new Float32Array(n); // of zeros
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    if (x > lambda) result[i] = x - lambda;
    else if (x < -lambda) result[i] = x + lambda;
  }
  return result;
}

/** |x + lambda| and |x - lambda| differ by twice what x is clamped to. */
export function branchless(input: Float32Array, lambda: number): Float32Array {
  const n = input.length;
  const result = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const x = input[i]!;
    result[i] = x - 0.5 * (Math.abs(x + lambda) - Math.abs(x - lambda));
  }
  return result;
}
