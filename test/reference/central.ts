/**
 * Central differences of a reference.
 */
import type { Tolerance } from "./compare.js";
import { type Args, type Reference, sum, type Tensor } from "./tensor.js";

/**
 * ∂(Σ upstream·values)/∂args[name]. Samples are subtracted before they are summed, so that those an element does not touch
 * cancel exactly and leave no rounding behind: what remains is h² and 1e-16 / h, about 1e-10 of the values.
 */
export function centralDifference(reference: (args: Args) => Reference, args: Args, name: string, upstream: Float64Array): Float64Array {
  const moved = args[name] as Tensor;
  return moved.data.map((x, i) => {
    const h = 1e-6 * Math.max(1, Math.abs(x));
    const at = (place: number) => {
      const data = moved.data.slice();
      data[i] = place;
      return reference({ ...args, [name]: { ...moved, data } }).values;
    };
    const above = at(x + h);
    const below = at(x - h);
    return sum(upstream.map((g, n) => g * ((above[n] as number) - (below[n] as number)))) / (x + h - (x - h));
  });
}

/** Wide enough for what the difference quotient itself is off by, narrow enough that a wrong factor or sign shows. */
export const centralTolerance: Tolerance = (largest) => ({ relative: 1e-6, absolute: 1e-7 * Math.max(1, largest) });
