/** Three passes over a row: largest logit, exponentials and their sum, gradient. */
export function branchy(input: Float32Array, classes: number, target: Int32Array, grad: Float32Array): number {
  const rows = target.length;
  const scale = 1 / rows;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const end = start + classes;
    let max = -Infinity;
    for (let j = start; j < end; j++) {
      const x = input[j]!;
      if (x > max) max = x;
    }
    let sum = 0;
    for (let j = start; j < end; j++) {
      const e = Math.exp(input[j]! - max);
      sum += e;
      grad[j] = e;
    }
    const y = start + target[row]!;
    loss += max - input[y]! + Math.log(sum);
    const factor = scale / sum;
    for (let j = start; j < end; j++) grad[j] = grad[j]! * factor;
    grad[y] = grad[y]! - scale;
  }
  return loss * scale;
}

/** The same without a branch, and with two sums, so that an addition need not wait for the one before it. */
export function branchless(input: Float32Array, classes: number, target: Int32Array, grad: Float32Array): number {
  const rows = target.length;
  const scale = 1 / rows;
  const even = classes & ~1;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const end = start + classes;
    const pairs = start + even;
    let max = input[start]!;
    for (let j = start + 1; j < end; j++) max = Math.max(max, input[j]!);
    let sum = 0;
    let sum2 = 0;
    for (let j = start; j < pairs; j += 2) {
      const e = Math.exp(input[j]! - max);
      const e2 = Math.exp(input[j + 1]! - max);
      sum += e;
      sum2 += e2;
      grad[j] = e;
      grad[j + 1] = e2;
    }
    if (pairs < end) {
      const e = Math.exp(input[pairs]! - max);
      sum += e;
      grad[pairs] = e;
    }
    sum += sum2;
    const y = start + target[row]!;
    loss += max - input[y]! + Math.log(sum);
    const factor = scale / sum;
    for (let j = start; j < end; j++) grad[j] = grad[j]! * factor;
    grad[y] = grad[y]! - scale;
  }
  return loss * scale;
}

export function value(input: Float32Array, classes: number, target: Int32Array): number {
  const rows = target.length;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const end = start + classes;
    let max = -Infinity;
    for (let j = start; j < end; j++) {
      const x = input[j]!;
      if (x > max) max = x;
    }
    let sum = 0;
    for (let j = start; j < end; j++) sum += Math.exp(input[j]! - max);
    loss += max - input[start + target[row]!]! + Math.log(sum);
  }
  return loss / rows;
}

/** One pass: the sum is rescaled whenever a larger logit comes, which gets rare soon. */
export function valueOnline(input: Float32Array, classes: number, target: Int32Array): number {
  const rows = target.length;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const end = start + classes;
    let max = input[start]!;
    let sum = 1;
    for (let j = start + 1; j < end; j++) {
      const x = input[j]!;
      if (x > max) {
        sum = sum * Math.exp(max - x) + 1;
        max = x;
      } else sum += Math.exp(x - max);
    }
    loss += max - input[start + target[row]!]! + Math.log(sum);
  }
  return loss / rows;
}
