// Shapes: lists of axis lengths, row-major.

/** Product of a shape, or -1 where it is beyond the safe integers. */
export function product(shape: readonly number[]): number {
  let size = 1;
  let zero = false;
  for (let i = 0; i < shape.length; i++) {
    const axis = shape[i] as number;
    if (axis === 0) zero = true;
    else size *= axis;
    if (size > Number.MAX_SAFE_INTEGER) return -1;
  }
  return zero ? 0 : size;
}

export function equalShapes(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** (..., D) as rows of D: how many rows, and D. A single vector (D) is one row. */
export function rowsOf(shape: readonly number[]): { rows: number; dims: number } {
  let rows = 1;
  for (let axis = 0; axis < shape.length - 1; axis++) rows *= shape[axis] as number;
  return { rows, dims: shape[shape.length - 1] as number };
}

/** A shape seen along some neighbouring axes, `from` to before `to`: what lies before them, in them and behind them. */
export interface Layout {
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
}

export function along(shape: readonly number[], from: number, to: number = from + 1): Layout {
  const part = (first: number, end: number): number => {
    let size = 1;
    for (let axis = first; axis < end; axis++) size *= shape[axis] as number;
    return size;
  };
  return { outer: part(0, from), classes: part(from, to), inner: part(to, shape.length) };
}
