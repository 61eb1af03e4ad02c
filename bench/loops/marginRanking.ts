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
    const active = Number(z >= 0); // a flag, where Math.max would be a jump
    const g = active * y * scale;
    sum += active * z;
    grad1[i] = -g;
    grad2[i] = g;
  }
  return sum / n;
}

export function value(input1: Float32Array, input2: Float32Array, target: Float32Array, margin: number): number {
  const n = input1.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const z = margin - target[i]! * (input1[i]! - input2[i]!);
    sum += z + Math.abs(z); // twice max(0, z); alone, the flag of above would be compiled to a jump
  }
  return (0.5 * sum) / n;
}
