// Losses of pairs of boxes in JavaScript.

import { BOX_COMPLETE, BOX_GENERALIZED } from "../protocol.js";
import type { BoxesCall } from "../seam.js";

/** How much of the gradient of max(u, v) is u's. */
function share(u: number, v: number): number {
  return u > v ? 1 : u === v ? 0.5 : 0;
}

/** Box by box; the slopes by the four edges are put together from those by intersection, union and the box around both. */
export function boxes(call: BoxesCall): number {
  const { a, b, kind, eps, values, grad } = call;
  let sum = 0;
  for (let row = 0, at = 0; row < call.rows; row++, at += 4) {
    const [x1, y1, x2, y2] = [a[at] as number, a[at + 1] as number, a[at + 2] as number, a[at + 3] as number];
    const [s1, t1, s2, t2] = [b[at] as number, b[at + 1] as number, b[at + 2] as number, b[at + 3] as number];
    const width = x2 - x1;
    const height = y2 - y1;
    let inX = Math.min(x2, s2) - Math.max(x1, s1);
    let inY = Math.min(y2, t2) - Math.max(y1, t1);
    if (!(inX > 0 && inY > 0)) inX = inY = 0; // they do not meet in an area
    const union = width * height + (s2 - s1) * (t2 - t1) - inX * inY;
    const iou = (inX * inY) / (union + eps);
    const hullX = Math.max(x2, s2) - Math.min(x1, s1);
    const hullY = Math.max(y2, t2) - Math.min(y1, t1);
    let value = 1 - iou;
    let byUnion = iou / (union + eps);
    let byX: number; // of the loss by the hull's width and height
    let byY: number;
    const edges = [0, 0, 0, 0] as [number, number, number, number]; // what else depends on an edge
    if (kind === BOX_GENERALIZED) {
      const area = hullX * hullY;
      const outside = (area - union) / (area + eps);
      value += outside;
      byUnion -= 1 / (area + eps);
      byX = ((1 - outside) / (area + eps)) * hullY;
      byY = ((1 - outside) / (area + eps)) * hullX;
    } else {
      const diagonal = hullX * hullX + hullY * hullY + eps;
      const dx = 0.5 * (x1 + x2 - s1 - s2);
      const dy = 0.5 * (y1 + y2 - t1 - t2);
      const apart = (dx * dx + dy * dy) / diagonal;
      value += apart;
      byX = (-2 * apart * hullX) / diagonal;
      byY = (-2 * apart * hullY) / diagonal;
      edges[0] = edges[2] = dx / diagonal;
      edges[1] = edges[3] = dy / diagonal;
      if (kind === BOX_COMPLETE) {
        const ratio = width / height;
        const angle = Math.atan((s2 - s1) / (t2 - t1)) - Math.atan(ratio);
        const v = (4 / Math.PI ** 2) * angle * angle;
        const alpha = v / (1 - iou + v + eps); // no gradient passes through it
        value += alpha * v;
        // as torchvision's graph has it, so that a box without height gives what that gives
        const slope = (-2 * alpha * (4 / Math.PI ** 2) * angle) / (1 + ratio * ratio) / height;
        edges[0] -= slope;
        edges[2] += slope;
        edges[1] += slope * ratio;
        edges[3] -= slope * ratio;
      }
    }
    sum += value;
    if (values) values[row] = value;
    if (!grad) continue;
    const upstream = call.scale * (call.gradOutput ? (call.gradOutput[row] as number) : 1);
    const byIntersection = -1 / (union + eps) - byUnion; // the union loses what the intersection gains
    grad[at] = upstream * (edges[0] - byIntersection * inY * share(x1, s1) - byUnion * height - byX * share(s1, x1));
    grad[at + 1] = upstream * (edges[1] - byIntersection * inX * share(y1, t1) - byUnion * width - byY * share(t1, y1));
    grad[at + 2] = upstream * (edges[2] + byIntersection * inY * share(s2, x2) + byUnion * height + byX * share(x2, s2));
    grad[at + 3] = upstream * (edges[3] + byIntersection * inX * share(t2, y2) + byUnion * width + byY * share(y2, t2));
  }
  return sum;
}
