/**
 * The golden cases beyond PyTorch's own losses, cases2.json and cases2b.json: as the library is called with them, and what is then expected.
 */
import second from "../data/cases2.json?raw";
import alsoSecond from "../data/cases2b.json?raw";
import { type Dtype, floats } from "./call.js";

type Stored = number | "nan" | "inf" | "-inf";
export interface StoredTensor {
  readonly name?: string;
  readonly dtype?: string;
  readonly shape: number[];
  readonly data: Stored[] | Stored;
}
export interface StoredTotals {
  readonly mean: Stored;
  readonly weight: number;
  readonly count: number;
  readonly nan: number;
  readonly infinite: [number, number];
  readonly perplexity?: Stored;
  readonly bytes?: number;
  readonly bitsPerByte?: Stored;
}
export interface Beyond {
  readonly id: string;
  readonly loss: string;
  readonly args: readonly StoredTensor[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly call?: "totals" | "valueAndGrad";
  /** Cases of one group are parts of a batch; part 0 is the whole. */
  readonly group?: string;
  readonly part?: number;
  readonly expect: {
    readonly throws?: string;
    readonly error?: "RangeError" | "TypeError";
    readonly value?: StoredTensor;
    readonly grad?: Readonly<Record<string, StoredTensor>>;
    readonly totals?: StoredTotals;
    readonly outputs?: Readonly<Record<string, StoredTensor | { token: StoredTensor; logprob: StoredTensor }>>;
    readonly mean?: Stored;
    readonly count?: number;
    readonly perplexity?: Stored;
  };
  readonly torch32?: { value?: Stored; grad?: Record<string, Stored>; totals?: Stored; outputs?: Record<string, Stored> };
}

const special: Record<string, number> = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY };
export const numberOf = (stored: Stored | undefined): number => (typeof stored === "number" ? stored : (special[stored as string] ?? 0));
export const numbersOf = ({ data }: StoredTensor): number[] => (Array.isArray(data) ? data : [data]).map(numberOf);

/** How classes and half-precision tensors are handed over. */
export interface Handed {
  readonly classes: "BigInt64Array" | "Int32Array";
  /** `{ data, shape, dtype }`, `{ data, dims, type }`, or a Float16Array where the engine has one. */
  readonly half: "dtype" | "type" | "array";
}

const HALF = /^b?float16$/;
export const isHalf = ({ args }: Beyond): boolean => args.some(({ dtype }) => HALF.test(dtype ?? ""));
export const hasClasses = ({ args }: Beyond): boolean => args.some(({ dtype }) => dtype === "int64");
/** The dtypes that a case is computed in: its own where it says one, both where its float32 numbers can be given as either. */
export function dtypesOf(golden: Beyond): readonly Dtype[] {
  const named = golden.args.map(({ dtype }) => dtype);
  if (named.includes("float64")) return ["float64"];
  return isHalf(golden) || named.includes("uint16") ? ["float32"] : ["float32", "float64"];
}

const Float16 = (globalThis as { Float16Array?: { new (buffer: ArrayBuffer): ArrayLike<number> } }).Float16Array;

function lowered(stored: StoredTensor, dtype: Dtype, { classes, half }: Handed): unknown {
  const { shape } = stored;
  const numbers = numbersOf(stored);
  if (stored.dtype === "number") return numbers[0];
  if (stored.dtype === "uint16") return { data: Uint16Array.from(numbers), shape };
  if (stored.dtype === "int64") return { data: classes === "Int32Array" ? Int32Array.from(numbers) : BigInt64Array.from(numbers, BigInt), shape };
  if (HALF.test(stored.dtype ?? "")) {
    const data = Uint16Array.from(numbers);
    if (half === "array" && Float16 && stored.dtype === "float16") return { data: new Float16(data.buffer), shape };
    return half === "type" ? { data, dims: shape, type: stored.dtype } : { data, shape, dtype: stored.dtype };
  }
  return { data: floats(stored.dtype === "float64" ? "float64" : dtype).from(numbers), shape };
}

/** Arguments and options of a case. A reduction or an output is a word, other strings are numbers that JSON has no name for. */
export function callOf(golden: Beyond, dtype: Dtype, handed: Handed): { args: unknown[]; options: Record<string, unknown> } {
  const args = golden.args.map((stored) => lowered(stored, dtype, handed));
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(golden.options)) {
    if (typeof value === "object" && value !== null && "data" in value) options[name] = lowered(value as StoredTensor, dtype, handed);
    else options[name] = typeof value === "string" && value in special ? special[value] : value;
  }
  return { args, options };
}

export const beyond: readonly Beyond[] = [second, alsoSecond].flatMap((text, file) =>
  (JSON.parse(text) as Beyond[]).map((golden) => ({ ...golden, id: `${file === 0 ? "cases2" : "cases2b"} ${golden.id}` })),
);
