// A row of the target lists classes and ends with the first -1.

/** Label by label over the whole row. The mask must be of zeros, as long as a row; it is again when this returns. */
export function branchy(input: Float32Array, classes: number, target: Int32Array, mask: Uint8Array, grad: Float32Array): number {
  const rows = input.length / classes;
  const scale = 1 / input.length;
  let sum = 0;
  grad.fill(0);
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    let labels = 0;
    for (; labels < classes && target[start + labels]! >= 0; labels++) mask[target[start + labels]!] = 1;
    for (let k = 0; k < labels; k++) {
      const y = start + target[start + k]!;
      const from = 1 - input[y]!;
      let count = 0;
      for (let j = 0; j < classes; j++) {
        const z = from + input[start + j]!;
        if (z > 0 && mask[j] === 0) {
          sum += z;
          count++;
          grad[start + j] = grad[start + j]! + scale;
        }
      }
      grad[y] = -count * scale;
    }
    for (let k = 0; k < labels; k++) mask[target[start + k]!] = 0;
  }
  return sum * scale;
}

/** The same with flags; `weights` is 1 where `mask` is 0: all ones, as long as a row. */
export function branchless(input: Float32Array, classes: number, target: Int32Array, weights: Float64Array, grad: Float32Array): number {
  const rows = input.length / classes;
  const scale = 1 / input.length;
  let sum = 0;
  grad.fill(0);
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    let labels = 0;
    for (; labels < classes && target[start + labels]! >= 0; labels++) weights[target[start + labels]!] = 0;
    for (let k = 0; k < labels; k++) {
      const y = start + target[start + k]!;
      const from = 1 - input[y]!;
      let count = 0;
      for (let j = 0; j < classes; j++) {
        const z = from + input[start + j]!;
        const active = Number(z > 0) * weights[j]!;
        sum += active * z;
        count += active;
        grad[start + j] = grad[start + j]! + active * scale;
      }
      grad[y] = -count * scale;
    }
    for (let k = 0; k < labels; k++) weights[target[start + k]!] = 1;
  }
  return sum * scale;
}

/**
 * One pass over the row whatever the number of labels: with the labels' thresholds x_y - 1 in order, an element needs only the number of those below it.
 * What the labels themselves add is taken out again afterwards.
 */
export function sorted(input: Float32Array, classes: number, target: Int32Array, work: Sorting, grad: Float32Array): number {
  const { thresholds, sums, counts } = work;
  const rows = input.length / classes;
  const scale = 1 / input.length;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    let labels = 0;
    for (; labels < classes && target[start + labels]! >= 0; labels++) {
      const threshold = input[start + target[start + labels]!]! - 1;
      let at = labels;
      for (; at > 0 && thresholds[at - 1]! > threshold; at--) thresholds[at] = thresholds[at - 1]!;
      thresholds[at] = threshold;
    }
    sums[0] = 0;
    counts[0] = 0;
    for (let k = 0; k < labels; k++) {
      sums[k + 1] = sums[k]! + thresholds[k]!;
      counts[k + 1] = 0;
    }
    for (let j = start; j < start + classes; j++) {
      const x = input[j]!;
      let below = 0;
      for (let k = 0; k < labels; k++) below += Number(x > thresholds[k]!); // for a few labels faster than a bisection
      sum += below * x - sums[below]!;
      counts[below] = counts[below]! + 1;
      grad[j] = below * scale;
    }
    for (let k = 0; k < labels; k++) {
      const x = input[start + target[start + k]!]!;
      let below = 0;
      while (below < labels && x > thresholds[below]!) below++;
      sum -= below * x - sums[below]!;
      counts[below] = counts[below]! - 1;
    }
    // counts becomes the number of elements above each threshold
    for (let k = labels; k > 0; k--) counts[k - 1] = counts[k - 1]! + counts[k]!;
    for (let k = 0; k < labels; k++) {
      const y = start + target[start + k]!;
      const threshold = input[y]! - 1;
      let at = 0;
      while (thresholds[at]! < threshold) at++;
      grad[y] = -counts[at + 1]! * scale;
    }
  }
  return sum * scale;
}

export interface Sorting {
  thresholds: Float64Array;
  sums: Float64Array;
  counts: Int32Array;
}

/** For rows of that many labels at most. */
export function sorting(labels: number): Sorting {
  return { thresholds: new Float64Array(labels), sums: new Float64Array(labels + 1), counts: new Int32Array(labels + 1) };
}
