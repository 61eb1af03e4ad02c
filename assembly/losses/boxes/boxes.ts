import { BOX_COMPLETE, BOX_GENERALIZED } from "../../../src/backend/protocol";
import { Block, Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Atan } from "../../math/atan";

// 4 / pi^2
const SQUARE: f64 = 0.4052847345693511;

/** Rows of four numbers, x1 y1 x2 y2, at a and b. g: f64 per row or 0, factor of the gradient; value, grad: outputs or 0. */
@unmanaged
class BoxesBlock extends Block {
  kind: i32 = 0;
  rows: i32 = 0;
  a: usize = 0;
  b: usize = 0;
  g: usize = 0;
  value: usize = 0;
  grad: usize = 0;
  eps: f64 = 0;
  scale: f64 = 0;

  // Of the present row: what the loss is made of, then the slopes by intersection, own area, hull and so on that an edge is multiplied with.
  edge0: f64 = 0;
  edge1: f64 = 0;
  edge2: f64 = 0;
  edge3: f64 = 0;
}

/**
 * Intersection over union I / (U + eps) and a penalty by the smallest box that holds both: its share outside the union (generalized), or the distance of
 * the centres by its diagonal (distance), and the difference of the angles w / h, too (complete). A row is one box: a few dozen operations in doubles,
 * whatever the dtype, so that differences of large coordinates lose nothing.
 */
@unmanaged
class Boxes extends Kernel {
  @inline static run<T extends number>(call: BoxesBlock): f64 {
    const size: i32 = sizeof<T>();
    const rows = call.rows;
    const g = call.g;
    const value = call.value;
    let a = call.a;
    let b = call.b;
    let grad = call.grad;
    let total: f64 = 0;
    for (let row = 0; row < rows; row++) {
      const loss = Boxes.box<T>(call, a, b, call.kind, call.eps, g ? call.scale * load<f64>(g + 8 * row) : call.scale);
      total += loss;
      if (value) Lanes.store<T>(value + row * size, loss);
      if (grad) {
        Lanes.store<T>(grad, call.edge0);
        Lanes.store<T>(grad + size, call.edge1);
        Lanes.store<T>(grad + 2 * size, call.edge2);
        Lanes.store<T>(grad + 3 * size, call.edge3);
        grad += 4 * size;
      }
      a += 4 * size;
      b += 4 * size;
    }
    return total;
  }

  /** How much of the gradient of max(u, v) is u's. */
  @inline static share(u: f64, v: f64): f64 {
    return u > v ? 1 : u == v ? 0.5 : 0;
  }

  @inline static box<T extends number>(call: BoxesBlock, a: usize, b: usize, kind: i32, eps: f64, upstream: f64): f64 {
    const size: i32 = sizeof<T>();
    const x1 = Lanes.load<T>(a);
    const y1 = Lanes.load<T>(a + size);
    const x2 = Lanes.load<T>(a + 2 * size);
    const y2 = Lanes.load<T>(a + 3 * size);
    const s1 = Lanes.load<T>(b);
    const t1 = Lanes.load<T>(b + size);
    const s2 = Lanes.load<T>(b + 2 * size);
    const t2 = Lanes.load<T>(b + 3 * size);
    const width = x2 - x1;
    const height = y2 - y1;
    // the intersection, nothing where the boxes do not meet in an area
    let inX = min(x2, s2) - max(x1, s1);
    let inY = min(y2, t2) - max(y1, t1);
    if (!(inX > 0 && inY > 0)) {
      inX = 0;
      inY = 0;
    }
    const intersection = inX * inY;
    const union = width * height + (s2 - s1) * (t2 - t1) - intersection;
    const below = union + eps;
    const iou = intersection / below;
    // slopes by the edges: of the intersection (the negative for x1, y1), of the hull
    const i0 = -inY * Boxes.share(x1, s1);
    const i1 = -inX * Boxes.share(y1, t1);
    const i2 = inY * Boxes.share(s2, x2);
    const i3 = inX * Boxes.share(t2, y2);
    const hullX = max(x2, s2) - min(x1, s1);
    const hullY = max(y2, t2) - min(y1, t1);
    const h0 = -Boxes.share(s1, x1);
    const h1 = -Boxes.share(t1, y1);
    const h2 = Boxes.share(x2, s2);
    const h3 = Boxes.share(y2, t2);
    let loss = 1 - iou;
    // of the loss by the intersection and by the union
    let byIntersection = -1 / below;
    let byUnion = iou / below;
    let byX: f64; // by the hull's width and height
    let byY: f64;
    let e0: f64 = 0;
    let e1: f64 = 0;
    let e2: f64 = 0;
    let e3: f64 = 0;
    if (kind == BOX_GENERALIZED) {
      const area = hullX * hullY;
      const outside = (area - union) / (area + eps);
      loss += outside;
      byUnion -= 1 / (area + eps);
      const byArea = (1 - outside) / (area + eps);
      byX = byArea * hullY;
      byY = byArea * hullX;
    } else {
      const diagonal = hullX * hullX + hullY * hullY + eps;
      const dx = 0.5 * (x1 + x2 - s1 - s2);
      const dy = 0.5 * (y1 + y2 - t1 - t2);
      const apart = (dx * dx + dy * dy) / diagonal;
      loss += apart;
      byX = (-2 * apart * hullX) / diagonal;
      byY = (-2 * apart * hullY) / diagonal;
      e0 = dx / diagonal;
      e1 = dy / diagonal;
      e2 = e0;
      e3 = e1;
      if (kind == BOX_COMPLETE) {
        const ratio = width / height;
        const angle = Atan.positive((s2 - s1) / (t2 - t1)) - Atan.positive(ratio);
        const v = SQUARE * angle * angle;
        const alpha = v / (1 - iou + v + eps); // no gradient passes through it
        loss += alpha * v;
        // as torchvision's graph has it, so that a box without height gives what that gives
        const slope = (-2 * alpha * SQUARE * angle) / (1 + ratio * ratio) / height;
        e0 -= slope;
        e2 += slope;
        e1 += slope * ratio;
        e3 -= slope * ratio;
      }
    }
    byIntersection -= byUnion; // the union loses what the intersection gains
    call.edge0 = upstream * (e0 + byIntersection * i0 - byUnion * height + byX * h0);
    call.edge1 = upstream * (e1 + byIntersection * i1 - byUnion * width + byY * h1);
    call.edge2 = upstream * (e2 + byIntersection * i2 + byUnion * height + byX * h2);
    call.edge3 = upstream * (e3 + byIntersection * i3 + byUnion * width + byY * h3);
    return loss;
  }
}
