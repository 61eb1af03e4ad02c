// Batch-hard triplets in JavaScript: the search, and the gradients, which only ever touch three rows of an anchor.

import { copyOf, type FloatArray, fillElements, overlap } from "../../array/typed.js";
import type { HardestCall } from "../seam.js";
import { euclidean } from "./euclidean.js";
import { sigmoid, softplus } from "./inBatch.js";

/** What was found of each anchor: the farthest of its label and the nearest of another, -1 where there is none, and how far they are. */
export interface Found {
  readonly positive: Int32Array;
  readonly negative: Int32Array;
  readonly far: Float64Array;
  readonly near: Float64Array;
}

export function foundOf(rows: number): Found {
  return {
    positive: new Int32Array(rows).fill(-1),
    negative: new Int32Array(rows).fill(-1),
    far: new Float64Array(rows).fill(Number.NEGATIVE_INFINITY),
    near: new Float64Array(rows).fill(Number.POSITIVE_INFINITY),
  };
}

export function hardest(call: HardestCall): number {
  const { rows, dims, x, labels, soft } = call;
  const found = foundOf(rows);
  const { positive, negative, far, near } = found;
  // the first of equals stays; so does a NaN
  const farther = (i: number, j: number, distance: number): void => {
    if (distance <= (far[i] as number) || Number.isNaN(far[i])) return;
    far[i] = distance;
    positive[i] = j;
  };
  const nearer = (i: number, j: number, distance: number): void => {
    if (distance >= (near[i] as number) || Number.isNaN(near[i])) return;
    near[i] = distance;
    negative[i] = j;
  };
  // each pair once: every anchor meets the others in ascending order, those before it in its own turn, the others in theirs
  const row = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    euclidean(x, i * dims, x, 0, i, dims, row, 0);
    for (let j = 0; j < i; j++) {
      const distance = row[j] as number;
      const choose = labels[i] === labels[j] ? farther : nearer;
      choose(i, j, distance);
      choose(j, i, distance);
    }
  }
  const losses = new Float64Array(rows);
  const slopes = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    if ((positive[i] as number) < 0 || (negative[i] as number) < 0) continue;
    const difference = (far[i] as number) - (near[i] as number);
    if (soft) {
      losses[i] = softplus(difference);
      slopes[i] = sigmoid(difference);
    } else {
      losses[i] = Math.max(0, difference + call.margin);
      slopes[i] = difference + call.margin >= 0 ? 1 : 0;
    }
  }
  return settle(call, found, losses, slopes);
}

/** The losses of all anchors given out, their gradients pulled; returns their sum. */
export function settle(call: HardestCall, { positive, negative, far, near }: Found, losses: Float64Array, slopes: Float64Array): number {
  const { rows, dims, values, grad, gradOutput, scale } = call;
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    sum += losses[i] as number;
    if (values) values[i] = losses[i] as number;
  }
  if (!grad) return sum;
  const x = overlap(grad, call.x) !== 0 ? copyOf(call.x) : call.x;
  fillElements.call(grad, 0);
  for (let i = 0; i < rows; i++) {
    const upstream = scale * (gradOutput ? (gradOutput[i] as number) : 1) * (slopes[i] as number);
    if (slopes[i] === 0) continue;
    pull(x, grad, i * dims, (positive[i] as number) * dims, dims, far[i] as number, upstream);
    pull(x, grad, i * dims, (negative[i] as number) * dims, dims, near[i] as number, -upstream);
  }
  return sum;
}

/** upstream times the gradient of the distance of two rows; that of a distance of 0 is 0. */
function pull(x: FloatArray, grad: FloatArray, at: number, to: number, dims: number, distance: number, upstream: number): void {
  if (distance === 0) return;
  const factor = upstream / distance;
  for (let d = 0; d < dims; d++) {
    const part = factor * ((x[at + d] as number) - (x[to + d] as number));
    grad[at + d] = (grad[at + d] as number) + part;
    grad[to + d] = (grad[to + d] as number) - part;
  }
}
