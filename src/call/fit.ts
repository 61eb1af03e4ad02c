// How the operands of a call fit together: which of them broadcast, and to what.

import { Broadcast } from "../array/broadcast.js";
import { equalShapes, product } from "../array/shape.js";
import { rangeError, shapeText } from "./errors.js";
import type { Frame } from "./frame.js";
import type { Operand } from "./operand.js";

/**
 * The shape that the first `count` arguments broadcast to. Those of another shape get their `broadcast`; where all shapes are equal none does, and
 * nothing is paid.
 */
export function broadcastShapes(frame: Frame, count: number, sameRank: boolean): readonly number[] {
  const { loss } = frame;
  const first = frame.operands[0] as Operand;
  let equal = true;
  for (let i = 1; i < count; i++) equal &&= equalShapes(first.shape, (frame.operands[i] as Operand).shape);
  if (equal) return first.shape;
  const operands = frame.operands.slice(0, count);
  for (const other of operands) {
    const together = Broadcast.together([first.shape, other.shape]);
    if (!together || (sameRank && other.shape.length !== first.shape.length)) {
      const expected = `a shape${sameRank ? " of as many axes" : ""} that broadcasts with that of ${first.place}, ${shapeText(first.shape)}`;
      throw rangeError(loss, other.place, expected, shapeText(other.shape));
    }
  }
  const shapes = operands.map((operand) => operand.shape);
  const shape = Broadcast.together(shapes);
  if (!shape || product(shape) < 0) throw rangeError(loss, "the arguments", "shapes that broadcast together", shapes.map(shapeText).join(" and "));
  for (const operand of operands) if (!equalShapes(operand.shape, shape)) operand.broadcast = new Broadcast(operand.shape, shape);
  return shape;
}

/** A factor of every element: of the shape of the first argument, or repeated to it. */
export function broadcastWeight(frame: Frame, operand: Operand): void {
  const { shape, place } = frame.operands[0] as Operand;
  if (!operand.given || equalShapes(operand.shape, shape)) return;
  if (operand.size === 1) operand.broadcast = new Broadcast([], shape);
  else if (Broadcast.fits(operand.shape, shape)) operand.broadcast = new Broadcast(operand.shape, shape);
  else throw rangeError(frame.loss, operand.place, `the shape of ${place}, ${shapeText(shape)}, or one that broadcasts to it`, shapeText(operand.shape));
}

// How the arguments of a pointwise loss fit together, where it is not simply that all shapes are equal (families/pointwise.ts).

/** Arguments broadcast, whatever their ranks. */
export function anyRank(frame: Frame): readonly number[] {
  return broadcastShapes(frame, frame.spec.arguments.length, false);
}
/** Arguments broadcast if they have as many axes. */
export function sameRank(frame: Frame): readonly number[] {
  return broadcastShapes(frame, frame.spec.arguments.length, true);
}
/** Arguments of one shape, and tensors among the options that broadcast to it. */
export function broadcastOptions(frame: Frame): readonly number[] {
  frame.sameShapes();
  for (let i = frame.spec.arguments.length; i < frame.operands.length; i++) broadcastWeight(frame, frame.operands[i] as Operand);
  return (frame.operands[0] as Operand).shape;
}
