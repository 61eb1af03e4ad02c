// A straight line fitted by any loss of the residuals. All that is asked of the loss is its gradient.

export interface Line {
  /** At the middle of x. */
  readonly level: number;
  readonly slope: number;
}

export interface Fit extends Line {
  /** The gradient of the sum of losses by each prediction. */
  readonly pulls: Float64Array;
}

/** The gradient of the sum of the losses by each prediction. */
export type Gradient = (predictions: Float64Array, targets: Float64Array) => Float64Array;

const ROUNDS = 60;
/** A residual of 0 has no weight; what is nearer than this counts as this far away. */
const LEAST = 1e-7;
/** A point on the line, but for rounding: it is on the line, where L1's gradient is 0. */
const ON = 1e-5;

/**
 * Iteratively reweighted least squares: a point weighs what the loss's gradient is, divided by its residual; the weighted least squares line is the next guess.
 * For mseLoss all weights are equal, and the first guess is the answer. (Holland and Welsch, Robust regression using iteratively reweighted least squares, 1977.)
 */
export function fit(x: Float64Array, y: Float64Array, gradient: Gradient, start: Line = { level: 0, slope: 0 }): Fit {
  const centre = x.reduce((sum, at) => sum + at, 0) / x.length;
  let { level, slope } = start;
  const predict = (least: number, instead: number) =>
    x.map((at, i) => {
      const prediction = level + slope * (at - centre);
      return Math.abs(prediction - y[i]!) < least ? y[i]! + instead : prediction;
    });
  for (let round = 0; round < ROUNDS; round++) {
    const predictions = predict(LEAST, LEAST);
    const pulls = gradient(predictions, y);
    let [w, wx, wxx, wy, wxy] = [0, 0, 0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      const weight = pulls[i]! / (predictions[i]! - y[i]!);
      const at = x[i]! - centre;
      w += weight;
      wx += weight * at;
      wxx += weight * at * at;
      wy += weight * y[i]!;
      wxy += weight * at * y[i]!;
    }
    const determinant = w * wxx - wx * wx;
    if (!(determinant > 0)) break;
    const next = { level: (wxx * wy - wx * wxy) / determinant, slope: (w * wxy - wx * wy) / determinant };
    const moved = Math.abs(next.level - level) + Math.abs(next.slope - slope);
    ({ level, slope } = next);
    if (moved < 1e-10) break;
  }
  return { level, slope, pulls: gradient(predict(ON, 0), y) };
}
