/** What was found of each anchor so far. */
export interface Work {
  far: Float64Array;
  near: Float64Array;
  positive: Int32Array;
  negative: Int32Array;
}

export function workspace(rows: number): Work {
  return { far: new Float64Array(rows), near: new Float64Array(rows), positive: new Int32Array(rows), negative: new Int32Array(rows) };
}

/** upstream times the gradient of the distance of two rows. */
function pull(x: Float32Array, grad: Float32Array, i: number, j: number, width: number, distance: number, upstream: number): void {
  if (distance === 0) return;
  const factor = upstream / distance;
  for (let k = 0; k < width; k++) {
    const part = factor * (x[i + k]! - x[j + k]!);
    grad[i + k] = grad[i + k]! + part;
    grad[j + k] = grad[j + k]! - part;
  }
}

/** Squared distances of each pair once; only those that were chosen are pulled. */
export function batchHardTriplet(x: Float32Array, labels: Int32Array, width: number, margin: number, work: Work, grad: Float32Array): number {
  const { far, near, positive, negative } = work;
  const rows = labels.length;
  far.fill(-1);
  near.fill(Infinity);
  for (let i = 0; i < rows; i++) {
    const a = i * width;
    for (let j = 0; j < i; j++) {
      const b = j * width;
      let even = 0;
      let odd = 0;
      for (let k = 0; k < width; k += 2) {
        const d = x[a + k]! - x[b + k]!;
        const e = x[a + k + 1]! - x[b + k + 1]!;
        even += d * d;
        odd += e * e;
      }
      const square = even + odd;
      if (labels[i] === labels[j]) {
        if (square > far[i]!) {
          far[i] = square;
          positive[i] = j;
        }
        if (square > far[j]!) {
          far[j] = square;
          positive[j] = i;
        }
      } else {
        if (square < near[i]!) {
          near[i] = square;
          negative[i] = j;
        }
        if (square < near[j]!) {
          near[j] = square;
          negative[j] = i;
        }
      }
    }
  }
  let anchors = 0;
  for (let i = 0; i < rows; i++) anchors += Number(far[i]! >= 0 && near[i]! < Infinity);
  const scale = 1 / anchors;
  grad.fill(0);
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    if (far[i]! < 0 || near[i] === Infinity) continue;
    const distanceP = Math.sqrt(far[i]!);
    const distanceN = Math.sqrt(near[i]!);
    const z = distanceP - distanceN + margin;
    if (z < 0) continue;
    loss += z;
    pull(x, grad, i * width, positive[i]! * width, width, distanceP, scale);
    pull(x, grad, i * width, negative[i]! * width, width, distanceN, -scale);
  }
  return loss * scale;
}
