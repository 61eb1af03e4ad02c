/**
 * The golden cases, as the references and the library are asked for them.
 */
// vite reads it, for Node as for the browser
import stored from "../data/cases.json?raw";
import type { Dtype } from "./call.js";
import { difference, type Tolerance } from "./compare.js";
import { type Args, classes, type Options, type Tensor, tensor } from "./tensor.js";

type Stored = number | "nan" | "inf" | "-inf";
interface StoredTensor {
  readonly dtype: "float32" | "float64" | "int64";
  readonly shape: number[];
  readonly data: Stored[];
}
interface StoredCase {
  readonly id: string;
  readonly loss: string;
  readonly args: (StoredTensor & { name: string })[];
  readonly options: Record<string, unknown>;
  readonly expect: { throws?: string; value?: StoredTensor; grad?: Record<string, StoredTensor> };
  readonly torch32?: { value: Stored; grad?: Record<string, Stored> };
}

/** PyTorch's answer for one tensor, with the largest error of its own float32 run. */
export interface Expected {
  readonly want: Tensor;
  readonly torch32: number;
}

export interface Golden {
  readonly id: string;
  readonly loss: string;
  readonly names: readonly string[];
  readonly args: Args;
  readonly options: Options;
  readonly throws: string | undefined;
  readonly value: Expected | undefined;
  readonly grad: Readonly<Record<string, Expected>>;
}

const special: Record<string, number> = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY };
const numberOf = (stored: Stored): number => (typeof stored === "number" ? stored : (special[stored] as number));
const tensorOf = ({ dtype, shape, data }: StoredTensor): Tensor => (dtype === "int64" ? classes : tensor)(data.map(numberOf), shape);
const isStored = (value: unknown): value is StoredTensor => typeof value === "object" && value !== null && "dtype" in value;

function optionOf(name: string, value: unknown): unknown {
  if (isStored(value)) return tensorOf(value);
  return name !== "reduction" && typeof value === "string" ? numberOf(value as Stored) : value;
}

function read(stored: StoredCase): Golden {
  const { value, grad = {}, throws } = stored.expect;
  const torch32 = (name?: string) => numberOf((name === undefined ? stored.torch32?.value : stored.torch32?.grad?.[name]) ?? 0);
  return {
    id: stored.id,
    loss: stored.loss,
    names: stored.args.map(({ name }) => name),
    args: Object.fromEntries(stored.args.map((arg) => [arg.name, tensorOf(arg)])),
    options: Object.fromEntries(Object.entries(stored.options).map(([name, option]) => [name, optionOf(name, option)])),
    throws,
    value: value && { want: tensorOf(value), torch32: torch32() },
    grad: Object.fromEntries(Object.entries(grad).map(([name, own]) => [name, { want: tensorOf(own), torch32: torch32(name) }])),
  };
}

export const cases: readonly Golden[] = (JSON.parse(stored) as StoredCase[]).map(read);

/**
 * The tolerances of the golden cases' README, neither wider nor narrower. Where PyTorch's own float32 run overflowed, its error says nothing:
 * what is left of the rule is the relative part, and that a float32 overflow is right too.
 */
function tolerance(dtype: Dtype, torch32: number): Tolerance {
  const own = Number.isFinite(torch32) ? torch32 : 0;
  if (dtype === "float32") return (largest) => ({ relative: 1e-6, absolute: 1e-7 * largest, atLeast: 4 * own });
  return (largest) => ({ relative: 1e-12, absolute: 1e-13 * largest + 8 * 2 ** -29 * own + 1e-15 });
}

/** Undefined where the answer agrees with PyTorch's. `factor` scales both, for upstream gradients. */
export function disagreement(dtype: Dtype, got: ArrayLike<number>, { want, torch32 }: Expected, factor = 1): string | undefined {
  const scaled = want.data.map((v) => v * factor);
  const overflows = dtype === "float32" && !Number.isFinite(torch32);
  const forgiven = overflows ? Array.from(got, (g, i) => (Math.abs(g) === Number.POSITIVE_INFINITY ? (scaled[i] as number) : g)) : got;
  return difference(forgiven, scaled, tolerance(dtype, torch32 * Math.abs(factor)));
}
