export function branchy(input1: Float32Array, input2: Float32Array, target: Float32Array, margin: number, grad1: Float32Array, grad2: Float32Array): number {
  const n = input1.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const y = target[i]!;
    const z = margin - y * (input1[i]! - input2[i]!);
    if (z >= 0) {
      const g = y * scale;
      sum += z;
      grad1[i] = -g;
      grad2[i] = g;
    } else {
      grad1[i] = 0;
      grad2[i] = 0;
    }
  }
  return sum / n;
}

export function branchless(input1: Float32Array, input2: Float32Array, target: Float32Array, margin: number, grad1: Float32Array, grad2: Float32Array): number {
  const n = input1.length;
  const scale = 1 / n;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const y = target[i]!;
    const z = margin - y * (input1[i]! - input2[i]!);
    const g = Number(z >= 0) * y * scale;
    sum += Math.max(0, z);
    grad1[i] = -g;
    grad2[i] = g;
  }
  return sum / n;
}
