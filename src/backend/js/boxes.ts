// Losses of pairs of boxes in JavaScript: a loop for each, without branches on data, since those are mispredicted, and without any that a loss does not
// take, since V8 keeps much alive for what it has never seen. The slopes by the four edges are put together from those by intersection, union and the
// box around both.

import { type FloatArray, make } from "../../array/typed.js";
import type { BoxesCall } from "../seam.js";

/** 1 where u is above v, a half where they tie: which of two edges is the inner one, and how much of a gradient is that edge's. */
function above(u: number, v: number): number {
  return 0.5 * (Number(u > v) + Number(u >= v));
}

/** u where the factor is 1, v where it is 0. */
function either(factor: number, u: number, v: number): number {
  return factor * u + (1 - factor) * v;
}

/** Values that nobody wants go nowhere; one factor stands for all rows. */
function outputs({ dtype, values, gradOutput }: BoxesCall): { values: FloatArray; gradOutput: FloatArray; step: number } {
  return { values: values ?? make(dtype, 0), gradOutput: gradOutput ?? make(dtype, 1).fill(1), step: Number(gradOutput !== null) };
}

/** 1 − iou, and how much of the box around both is outside of them. */
export function generalized(call: BoxesCall): number {
  const { rows, a, b, eps, scale, grad } = call;
  const { values, gradOutput, step } = outputs(call);
  let sum = 0;
  for (let row = 0, at = 0; row < rows; row++, at += 4) {
    const x1 = a[at] as number;
    const y1 = a[at + 1] as number;
    const x2 = a[at + 2] as number;
    const y2 = a[at + 3] as number;
    const s1 = b[at] as number;
    const t1 = b[at + 1] as number;
    const s2 = b[at + 2] as number;
    const t2 = b[at + 3] as number;
    const width = x2 - x1;
    const height = y2 - y1;
    const left = above(x1, s1);
    const top = above(y1, t1);
    const right = above(s2, x2);
    const bottom = above(t2, y2);
    const gapX = either(right, x2, s2) - either(left, x1, s1);
    const gapY = either(bottom, y2, t2) - either(top, y1, t1);
    const meet = Number(gapX > 0) * Number(gapY > 0); // in an area
    const inX = meet * gapX;
    const inY = meet * gapY;
    const hullX = either(right, s2, x2) - either(left, s1, x1);
    const hullY = either(bottom, t2, y2) - either(top, t1, y1);
    const union = width * height + (s2 - s1) * (t2 - t1) - inX * inY;
    const perUnion = 1 / (union + eps);
    const iou = (inX * inY) / (union + eps);
    const area = hullX * hullY;
    const perArea = 1 / (area + eps);
    const outside = (area - union) / (area + eps);
    const value = 1 - iou + outside;
    sum += value;
    values[row] = value;
    if (!grad) continue;
    const upstream = scale * (gradOutput[row * step] as number);
    const byUnion = iou * perUnion - perArea;
    const byIntersection = -perUnion - byUnion; // the union loses what the intersection gains
    const byX = (1 - outside) * perArea * hullY; // of the loss by the sides of the box around both
    const byY = (1 - outside) * perArea * hullX;
    grad[at] = upstream * (-byIntersection * inY * left - byUnion * height - byX * (1 - left));
    grad[at + 1] = upstream * (-byIntersection * inX * top - byUnion * width - byY * (1 - top));
    grad[at + 2] = upstream * (byIntersection * inY * right + byUnion * height + byX * (1 - right));
    grad[at + 3] = upstream * (byIntersection * inX * bottom + byUnion * width + byY * (1 - bottom));
  }
  return sum;
}

/** 1 − iou, and the squared distance of the centres over the squared diagonal of the box around both. */
export function distance(call: BoxesCall): number {
  const { rows, a, b, eps, scale, grad } = call;
  const { values, gradOutput, step } = outputs(call);
  let sum = 0;
  for (let row = 0, at = 0; row < rows; row++, at += 4) {
    const x1 = a[at] as number;
    const y1 = a[at + 1] as number;
    const x2 = a[at + 2] as number;
    const y2 = a[at + 3] as number;
    const s1 = b[at] as number;
    const t1 = b[at + 1] as number;
    const s2 = b[at + 2] as number;
    const t2 = b[at + 3] as number;
    const width = x2 - x1;
    const height = y2 - y1;
    const left = above(x1, s1);
    const top = above(y1, t1);
    const right = above(s2, x2);
    const bottom = above(t2, y2);
    const gapX = either(right, x2, s2) - either(left, x1, s1);
    const gapY = either(bottom, y2, t2) - either(top, y1, t1);
    const meet = Number(gapX > 0) * Number(gapY > 0); // in an area
    const inX = meet * gapX;
    const inY = meet * gapY;
    const hullX = either(right, s2, x2) - either(left, s1, x1);
    const hullY = either(bottom, t2, y2) - either(top, t1, y1);
    const union = width * height + (s2 - s1) * (t2 - t1) - inX * inY;
    const perUnion = 1 / (union + eps);
    const iou = (inX * inY) / (union + eps);
    const diagonal = hullX * hullX + hullY * hullY + eps;
    const perDiagonal = 1 / diagonal;
    const dx = 0.5 * (x1 + x2 - s1 - s2);
    const dy = 0.5 * (y1 + y2 - t1 - t2);
    const apart = (dx * dx + dy * dy) / diagonal;
    const value = 1 - iou + apart;
    sum += value;
    values[row] = value;
    if (!grad) continue;
    const upstream = scale * (gradOutput[row * step] as number);
    const byUnion = iou * perUnion;
    const byIntersection = -perUnion - byUnion; // the union loses what the intersection gains
    const byX = -2 * apart * hullX * perDiagonal; // of the loss by the sides of the box around both
    const byY = -2 * apart * hullY * perDiagonal;
    grad[at] = upstream * (dx * perDiagonal - byIntersection * inY * left - byUnion * height - byX * (1 - left));
    grad[at + 1] = upstream * (dy * perDiagonal - byIntersection * inX * top - byUnion * width - byY * (1 - top));
    grad[at + 2] = upstream * (dx * perDiagonal + byIntersection * inY * right + byUnion * height + byX * (1 - right));
    grad[at + 3] = upstream * (dy * perDiagonal + byIntersection * inX * bottom + byUnion * width + byY * (1 - bottom));
  }
  return sum;
}

/** Of a squared angle, so that a quarter turn's is 1. */
const ANGLES = 4 / Math.PI ** 2;

/** The same and α v, v the difference of the shapes. */
export function complete(call: BoxesCall): number {
  const { rows, a, b, eps, scale, grad } = call;
  const { values, gradOutput, step } = outputs(call);
  let sum = 0;
  for (let row = 0, at = 0; row < rows; row++, at += 4) {
    const x1 = a[at] as number;
    const y1 = a[at + 1] as number;
    const x2 = a[at + 2] as number;
    const y2 = a[at + 3] as number;
    const s1 = b[at] as number;
    const t1 = b[at + 1] as number;
    const s2 = b[at + 2] as number;
    const t2 = b[at + 3] as number;
    const width = x2 - x1;
    const height = y2 - y1;
    const ratio = width / height;
    const angle = Math.atan((s2 - s1) / (t2 - t1)) - Math.atan(ratio);
    const left = above(x1, s1);
    const top = above(y1, t1);
    const right = above(s2, x2);
    const bottom = above(t2, y2);
    const gapX = either(right, x2, s2) - either(left, x1, s1);
    const gapY = either(bottom, y2, t2) - either(top, y1, t1);
    const meet = Number(gapX > 0) * Number(gapY > 0); // in an area
    const inX = meet * gapX;
    const inY = meet * gapY;
    const hullX = either(right, s2, x2) - either(left, s1, x1);
    const hullY = either(bottom, t2, y2) - either(top, t1, y1);
    const union = width * height + (s2 - s1) * (t2 - t1) - inX * inY;
    const perUnion = 1 / (union + eps);
    const iou = (inX * inY) / (union + eps);
    const diagonal = hullX * hullX + hullY * hullY + eps;
    const perDiagonal = 1 / diagonal;
    const dx = 0.5 * (x1 + x2 - s1 - s2);
    const dy = 0.5 * (y1 + y2 - t1 - t2);
    const apart = (dx * dx + dy * dy) / diagonal;
    const v = ANGLES * angle * angle;
    const alpha = v / (1 - iou + v + eps); // no gradient passes through it
    const value = 1 - iou + apart + alpha * v;
    sum += value;
    values[row] = value;
    if (!grad) continue;
    const upstream = scale * (gradOutput[row * step] as number);
    const byUnion = iou * perUnion;
    const byIntersection = -perUnion - byUnion; // the union loses what the intersection gains
    const byX = -2 * apart * hullX * perDiagonal; // of the loss by the sides of the box around both
    const byY = -2 * apart * hullY * perDiagonal;
    // as torchvision's graph has it, so that a box without height gives what that gives
    const byWidth = (-2 * alpha * ANGLES * angle) / (1 + ratio * ratio) / height;
    const byHeight = -byWidth * ratio;
    grad[at] = upstream * (dx * perDiagonal - byWidth - byIntersection * inY * left - byUnion * height - byX * (1 - left));
    grad[at + 1] = upstream * (dy * perDiagonal - byHeight - byIntersection * inX * top - byUnion * width - byY * (1 - top));
    grad[at + 2] = upstream * (dx * perDiagonal + byWidth + byIntersection * inY * right + byUnion * height + byX * (1 - right));
    grad[at + 3] = upstream * (dy * perDiagonal + byHeight + byIntersection * inX * bottom + byUnion * width + byY * (1 - bottom));
  }
  return sum;
}
