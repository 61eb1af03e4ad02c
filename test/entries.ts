/**
 * The backends under test. Whole suites run for each of them: what one entry answers, every entry answers.
 * Node 20 has no relaxed SIMD, so there "losskit/wasm" is the baseline build; `backend()` of the entry says which one ran.
 */
import * as deterministic from "../src/deterministic.js";
import * as index from "../src/index.js";
import * as js from "../src/js.js";
import * as wasm from "../src/wasm.js";

export type FloatArray = Float32Array | Float64Array;

/** A loss as the tests call it: by name and without its static types, which have tests of their own. */
export interface Callable {
  (...args: unknown[]): number | FloatArray;
  valueAndGrad(...args: unknown[]): { value: number | FloatArray; grad: Record<string, FloatArray> };
}

export interface Entry {
  readonly name: string;
  readonly api: Readonly<Record<string, Callable>>;
}

const entry = (name: string, api: object): Entry => ({ name, api: api as Entry["api"] });

export const entries: readonly Entry[] = [
  entry("losskit", index),
  entry("losskit/wasm", wasm),
  entry("losskit/deterministic", deterministic),
  entry("losskit/js", js),
];

/** The function of that name, or an error that tells an unfinished entry from a failing one. */
export function functionOf({ name, api }: Entry, loss: string): Callable {
  const found = api[loss];
  if (typeof found !== "function") throw new Error(`${name} has no ${loss}`);
  return found;
}
