import { BOX_COMPLETE, BOX_GENERALIZED } from "../../../src/backend/protocol";
import { Block, Kernel } from "../../core/kernel";
import { Lanes } from "../../core/lanes";
import { Atan } from "../../math/atan";

// 4 / pi^2
const SQUARE: f64 = 0.4052847345693511;

/** Rows of four numbers, x1 y1 x2 y2, at a and b. g: f64 per row or 0, factor of the gradient; value, grad: outputs or 0. angles: room for a double a row. */
@unmanaged
class BoxesBlock extends Block {
  kind: i32 = 0;
  rows: i32 = 0;
  a: usize = 0;
  b: usize = 0;
  g: usize = 0;
  value: usize = 0;
  grad: usize = 0;
  angles: usize = 0;
  eps: f64 = 0;
  scale: f64 = 0;
}

/**
 * Intersection over union I / (U + eps) and a penalty by the smallest box that holds both: its share outside the union (generalized), or the distance of
 * the centres by its diagonal (distance), and the difference of the angles w / h, too (complete). In doubles, whatever the dtype, so that differences of large
 * coordinates lose nothing, and without a branch on them: a vector is a corner, x and y, or a number of the box in both lanes.
 */
@unmanaged
class Boxes extends Kernel {
  @inline static run<T extends number>(call: BoxesBlock): f64 {
    const size: i32 = sizeof<T>();
    const rows = call.rows;
    const kind = call.kind;
    const g = call.g;
    const value = call.value;
    const eps = f64x2.splat(call.eps);
    const angles = call.angles;
    let a = call.a;
    let b = call.b;
    let grad = call.grad;
    // before the rest: each is a chain so long that of both together hardly one box would fit into the processor's scheduler
    if (kind == BOX_COMPLETE) for (let row = 0; row < rows; row++) store<f64>(angles + 8 * row, Boxes.angle<T>(a + 4 * row * size, b + 4 * row * size));
    let total = f64x2.splat(0);
    for (let row = 0; row < rows; row++) {
      const first = Boxes.first<T>(a);
      const last = Boxes.last<T>(a);
      const targetFirst = Boxes.first<T>(b);
      const targetLast = Boxes.last<T>(b);
      const side = f64x2.sub(last, first);
      const targetSide = f64x2.sub(targetLast, targetFirst);
      // the intersection, nothing where the boxes do not meet in an area
      let common = f64x2.sub(f64x2.pmin(last, targetLast), f64x2.pmax(first, targetFirst));
      const meets = f64x2.gt(common, f64x2.splat(0));
      common = v128.and(common, v128.and(meets, Boxes.swap(meets)));
      const intersection = Boxes.area(common);
      const union = f64x2.sub(f64x2.add(Boxes.area(side), Boxes.area(targetSide)), intersection);
      const below = f64x2.add(union, eps);
      const iou = f64x2.div(intersection, below);
      const hull = f64x2.sub(f64x2.pmax(last, targetLast), f64x2.pmin(first, targetFirst));
      let loss = f64x2.sub(f64x2.splat(1), iou);
      let byUnion = f64x2.div(iou, below);
      let byHull: v128;
      // by the corners themselves
      let byFirst = f64x2.splat(0);
      let byLast = f64x2.splat(0);
      if (kind == BOX_GENERALIZED) {
        const area = Boxes.area(hull);
        const all = f64x2.add(area, eps);
        const outside = f64x2.div(f64x2.sub(area, union), all);
        loss = f64x2.add(loss, outside);
        byUnion = f64x2.sub(byUnion, f64x2.div(f64x2.splat(1), all));
        byHull = f64x2.mul(f64x2.div(f64x2.sub(f64x2.splat(1), outside), all), Boxes.swap(hull));
      } else {
        const diagonal = f64x2.add(Boxes.norm(hull), eps);
        const between = f64x2.mul(f64x2.splat(0.5), f64x2.sub(f64x2.sub(f64x2.add(first, last), targetFirst), targetLast));
        const apart = f64x2.div(Boxes.norm(between), diagonal);
        loss = f64x2.add(loss, apart);
        byHull = f64x2.div(f64x2.mul(f64x2.mul(f64x2.splat(-2), apart), hull), diagonal);
        byFirst = f64x2.div(between, diagonal);
        byLast = byFirst;
        if (kind == BOX_COMPLETE) {
          const height = f64x2.extract_lane(side, 1);
          const ratio = f64x2.extract_lane(side, 0) / height;
          const angle = load<f64>(angles + 8 * row);
          const v = SQUARE * angle * angle;
          const alpha = v / (1 - f64x2.extract_lane(iou, 0) + v + call.eps); // no gradient passes through it
          loss = f64x2.add(loss, f64x2.splat(alpha * v));
          // as torchvision's graph has it, so that a box without height gives what that gives
          const slope = (-2 * alpha * SQUARE * angle) / (1 + ratio * ratio) / height;
          const turn = f64x2(-slope, slope * ratio);
          byFirst = f64x2.add(byFirst, turn);
          byLast = f64x2.sub(byLast, turn);
        }
      }
      total = f64x2.add(total, loss);
      if (value) Lanes.store<T>(value + row * size, f64x2.extract_lane(loss, 0));
      if (grad) {
        const upstream = f64x2.splat(g ? call.scale * load<f64>(g + 8 * row) : call.scale);
        // the union loses what the intersection gains
        const byCommon = f64x2.mul(f64x2.sub(f64x2.div(f64x2.splat(-1), below), byUnion), Boxes.swap(common));
        const bySide = f64x2.mul(byUnion, Boxes.swap(side));
        // what moves a first corner on shrinks the intersection, the area and the hull
        let g0 = f64x2.sub(byFirst, f64x2.mul(byCommon, Boxes.share(first, targetFirst)));
        g0 = f64x2.sub(f64x2.sub(g0, bySide), f64x2.mul(byHull, Boxes.share(targetFirst, first)));
        let g1 = f64x2.add(byLast, f64x2.mul(byCommon, Boxes.share(targetLast, last)));
        g1 = f64x2.add(f64x2.add(g1, bySide), f64x2.mul(byHull, Boxes.share(last, targetLast)));
        Boxes.store<T>(grad, f64x2.mul(upstream, g0), f64x2.mul(upstream, g1));
        grad += 4 * size;
      }
      a += 4 * size;
      b += 4 * size;
    }
    return f64x2.extract_lane(total, 0);
  }

  /** The difference of the angles of width and height, the target's first. */
  @inline static angle<T extends number>(a: usize, b: usize): f64 {
    const side = f64x2.sub(Boxes.last<T>(a), Boxes.first<T>(a));
    const target = f64x2.sub(Boxes.last<T>(b), Boxes.first<T>(b));
    const both = Atan.positive(f64x2.div(v128.shuffle<i64>(target, side, 0, 2), v128.shuffle<i64>(target, side, 1, 3)));
    return f64x2.extract_lane(both, 0) - f64x2.extract_lane(both, 1);
  }

  @inline static first<T extends number>(at: usize): v128 {
    if (sizeof<T>() == 4) return f64x2.promote_low_f32x4(v128.load64_zero(at));
    return v128.load(at);
  }

  @inline static last<T extends number>(at: usize): v128 {
    if (sizeof<T>() == 4) return f64x2.promote_low_f32x4(v128.load64_zero(at, 8));
    return v128.load(at, 16);
  }

  @inline static store<T extends number>(to: usize, first: v128, last: v128): void {
    if (sizeof<T>() == 4) v128.store(to, Lanes.join(first, last));
    else {
      v128.store(to, first);
      v128.store(to, last, 16);
    }
  }

  @inline static swap(x: v128): v128 {
    return v128.shuffle<i64>(x, x, 1, 0);
  }

  @inline static area(sides: v128): v128 {
    return f64x2.mul(sides, Boxes.swap(sides));
  }

  @inline static norm(x: v128): v128 {
    const square = f64x2.mul(x, x);
    return f64x2.add(square, Boxes.swap(square));
  }

  /** How much of the gradient of max(u, v) is u's: a half where they are equal. */
  @inline static share(u: v128, v: v128): v128 {
    const half = f64x2.splat(0.5);
    return f64x2.add(v128.and(f64x2.gt(u, v), half), v128.and(f64x2.ge(u, v), half));
  }
}
