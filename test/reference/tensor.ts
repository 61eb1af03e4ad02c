/**
 * What the references speak: tensors of doubles. Nothing here knows the library, so that a mistake in it cannot hide a mistake there.
 */

/** A row-major tensor of doubles. `kind` tells classes, which the library takes in integer arrays, from numbers. */
export interface Tensor {
  readonly data: Float64Array;
  readonly shape: readonly number[];
  readonly kind: "float" | "class";
}

export type Args = Readonly<Record<string, Tensor>>;
export type Options = Readonly<Record<string, unknown>>;
export type Grads = Record<string, Float64Array>;

/** The answer of a reference: one loss a sample, what `mean` divides by, and the gradient of Σ upstream·values. */
export interface Reference {
  readonly values: Float64Array;
  readonly denominators: Readonly<Record<string, number>>;
  /** What a reduction multiplies each sample by before it sums: CTC's mean divides by the targets' lengths. Absent: nothing. */
  readonly shares?: Readonly<Record<string, Float64Array>>;
  /**
   * The size of the largest terms that may cancel in a value, and in a slope (a gradient before its upstream factor). Rounding is measured by
   * them where a tensor has nothing larger: the tolerances' business alone.
   */
  readonly terms?: {
    readonly value: number;
    readonly slope: number;
    /** What thousands of roundings that follow one another, all of doubles, may come to in a slope. */
    readonly chain?: number;
  };
  /** One array for each argument that has a gradient under these arguments and options: its keys are what `wrt` accepts. */
  grads(upstream: Float64Array): Grads;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, axis) => size * axis, 1);

export function tensor(data: Iterable<number>, shape?: readonly number[], kind: Tensor["kind"] = "float"): Tensor {
  const copy = Float64Array.from(data);
  const result = { data: copy, shape: shape ?? [copy.length], kind };
  if (sizeOf(result.shape) !== copy.length) throw new Error(`${copy.length} numbers do not fill [${result.shape}]`);
  return result;
}

export const classes = (data: Iterable<number>, shape?: readonly number[]): Tensor => tensor(data, shape, "class");

export function argument(args: Args, name: string): Tensor {
  const found = args[name];
  if (!found) throw new Error(`no argument "${name}"`);
  return found;
}

export const numberOption = (options: Options, name: string, fallback: number): number => (options[name] as number | undefined) ?? fallback;
export const tensorOption = (options: Options, name: string): Tensor | undefined => options[name] as Tensor | undefined;

/** The largest magnitude that is finite; 0 if there is none. */
export function largestFinite(numbers: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < numbers.length; i++) {
    const size = Math.abs(numbers[i] as number);
    if (size > largest && size < Number.POSITIVE_INFINITY) largest = size;
  }
  return largest;
}

/** Neumaier's sum: the references must not be the less precise side, whatever the number of terms. NaN and infinities go through. */
export function sum(terms: ArrayLike<number>): number {
  let total = 0;
  let lost = 0;
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i] as number;
    const next = total + term;
    lost += Math.abs(total) >= Math.abs(term) ? total - next + term : term - next + total;
    total = next;
  }
  return Number.isFinite(lost) ? total + lost : total;
}

/** For every element of `shape`, the place in an operand of shape `from` that trailing-axis broadcasting reads. */
export function broadcastIndex(from: readonly number[], shape: readonly number[]): (index: number) => number {
  const lead = shape.length - from.length;
  return (index) => {
    let rest = index;
    let place = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis] as number;
      const own = axis >= lead ? (from[axis - lead] as number) : 1;
      place += own === 1 ? 0 : (rest % extent) * stride;
      stride *= own;
      rest = Math.floor(rest / extent);
    }
    return place;
  };
}

export interface Reduced {
  readonly value: number | Float64Array;
  readonly grads: Grads;
  /** What each sample's slope is multiplied by. */
  readonly upstream: Float64Array;
}

/** Value and gradients under a reduction; `gradOutput` is a number, or for "none" one number a sample. */
export function reduce(reference: Reference, reduction: string, gradOutput: number | Float64Array = 1): Reduced {
  const { values } = reference;
  const share = reference.shares?.[reduction];
  if (reduction === "none") {
    const upstream = typeof gradOutput === "number" ? new Float64Array(values.length).fill(gradOutput) : gradOutput;
    return { value: values, grads: reference.grads(upstream), upstream };
  }
  const denominator = reduction === "sum" ? 1 : reference.denominators[reduction];
  if (denominator === undefined) throw new Error(`no reduction "${reduction}"`);
  // The scale is formed first (spec/semantics.md 2.5): with a denominator of 0 it is infinite, and only a gradient of exactly 0 times it is NaN.
  const upstream = new Float64Array(values.length).fill((gradOutput as number) / denominator).map((g, n) => g * (share?.[n] ?? 1));
  return { value: sum(values.map((v, n) => v * (share?.[n] ?? 1))) / denominator, grads: reference.grads(upstream), upstream };
}
