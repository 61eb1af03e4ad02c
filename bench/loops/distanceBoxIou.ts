// As generalizedBoxIou, with the distance of the centres over the diagonal of the box around both.

export function branchy(input: Float32Array, target: Float32Array, eps: number, grad: Float32Array): number {
  const boxes = input.length / 4;
  const scale = 1 / boxes;
  let sum = 0;
  for (let at = 0; at < input.length; at += 4) {
    const x1 = input[at]!;
    const y1 = input[at + 1]!;
    const x2 = input[at + 2]!;
    const y2 = input[at + 3]!;
    const s1 = target[at]!;
    const t1 = target[at + 1]!;
    const s2 = target[at + 2]!;
    const t2 = target[at + 3]!;
    const width = x2 - x1;
    const height = y2 - y1;
    // where they meet, and the box around both
    const inX = (x2 < s2 ? x2 : s2) - (x1 > s1 ? x1 : s1);
    const inY = (y2 < t2 ? y2 : t2) - (y1 > t1 ? y1 : t1);
    const hullX = (x2 > s2 ? x2 : s2) - (x1 < s1 ? x1 : s1);
    const hullY = (y2 > t2 ? y2 : t2) - (y1 < t1 ? y1 : t1);
    const meet = inX > 0 && inY > 0;
    const common = meet ? inX * inY : 0;
    const union = width * height + (s2 - s1) * (t2 - t1) - common;
    const iou = common / (union + eps);
    const diagonal = hullX * hullX + hullY * hullY + eps;
    const dx = 0.5 * (x1 + x2 - s1 - s2);
    const dy = 0.5 * (y1 + y2 - t1 - t2);
    const apart = (dx * dx + dy * dy) / diagonal;
    sum += 1 - iou + apart;
    const byUnion = (iou / (union + eps)) * scale;
    const byHullX = ((-2 * apart * hullX) / diagonal) * scale;
    const byHullY = ((-2 * apart * hullY) / diagonal) * scale;
    const byCentreX = (dx / diagonal) * scale;
    const byCentreY = (dy / diagonal) * scale;
    const byCommon = -scale / (union + eps) - byUnion; // the union loses what the intersection gains
    grad[at] = byCentreX - byUnion * height - (meet && x1 > s1 ? byCommon * inY : 0) - (x1 < s1 ? byHullX : 0);
    grad[at + 1] = byCentreY - byUnion * width - (meet && y1 > t1 ? byCommon * inX : 0) - (y1 < t1 ? byHullY : 0);
    grad[at + 2] = byCentreX + byUnion * height + (meet && x2 < s2 ? byCommon * inY : 0) + (x2 > s2 ? byHullX : 0);
    grad[at + 3] = byCentreY + byUnion * width + (meet && y2 < t2 ? byCommon * inX : 0) + (y2 > t2 ? byHullY : 0);
  }
  return sum / boxes;
}

export function branchless(input: Float32Array, target: Float32Array, eps: number, grad: Float32Array): number {
  const boxes = input.length / 4;
  const scale = 1 / boxes;
  let sum = 0;
  for (let at = 0; at < input.length; at += 4) {
    const x1 = input[at]!;
    const y1 = input[at + 1]!;
    const x2 = input[at + 2]!;
    const y2 = input[at + 3]!;
    const s1 = target[at]!;
    const t1 = target[at + 1]!;
    const s2 = target[at + 2]!;
    const t2 = target[at + 3]!;
    const width = x2 - x1;
    const height = y2 - y1;
    // 1 where the input's edge is the inner one; the other then bounds the box around both
    const left = Number(x1 > s1);
    const top = Number(y1 > t1);
    const right = Number(x2 < s2);
    const bottom = Number(y2 < t2);
    const moreX = left * (x1 - s1);
    const moreY = top * (y1 - t1);
    const lessX = right * (s2 - x2);
    const lessY = bottom * (t2 - y2);
    const inX = s2 - lessX - (s1 + moreX);
    const inY = t2 - lessY - (t1 + moreY);
    const hullX = x2 + lessX - (x1 - moreX);
    const hullY = y2 + lessY - (y1 - moreY);
    const meet = Number(inX > 0) * Number(inY > 0);
    const common = meet * inX * inY;
    const union = width * height + (s2 - s1) * (t2 - t1) - common;
    const iou = common / (union + eps);
    const diagonal = hullX * hullX + hullY * hullY + eps;
    const dx = 0.5 * (x1 + x2 - s1 - s2);
    const dy = 0.5 * (y1 + y2 - t1 - t2);
    const apart = (dx * dx + dy * dy) / diagonal;
    sum += 1 - iou + apart;
    const byUnion = (iou / (union + eps)) * scale;
    const byHullX = ((-2 * apart * hullX) / diagonal) * scale;
    const byHullY = ((-2 * apart * hullY) / diagonal) * scale;
    const byCentreX = (dx / diagonal) * scale;
    const byCentreY = (dy / diagonal) * scale;
    const byCommon = -scale / (union + eps) - byUnion; // the union loses what the intersection gains
    const byInX = meet * byCommon * inY;
    const byInY = meet * byCommon * inX;
    grad[at] = byCentreX - byUnion * height - left * byInX - (1 - left) * byHullX;
    grad[at + 1] = byCentreY - byUnion * width - top * byInY - (1 - top) * byHullY;
    grad[at + 2] = byCentreX + byUnion * height + right * byInX + (1 - right) * byHullX;
    grad[at + 3] = byCentreY + byUnion * width + bottom * byInY + (1 - bottom) * byHullY;
  }
  return sum / boxes;
}
