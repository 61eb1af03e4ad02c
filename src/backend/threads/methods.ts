// What threads know of each method of a backend, in one place: its arrays, what it costs, and whether plain arrays of it are copied for others.

import type { Backend, CtcCall, HardestCall, InBatchCall, VectorsCall } from "../seam.js";
import type { Crew } from "../wasm/crew.js";
import { tallOf } from "../wasm/vectors.js";

interface Rule<Call> {
  /** The arrays of a call, or what has them as its data: those that are read, and those that are written. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** ns that a call of a module takes one thread: rather too little than too much. */
  readonly ns: (call: Call, module: string) => number;
  /**
   * Where a call says how many rows it has, and how many elements each of them, if that is not one: rows of plain arrays come through slots (relay.ts).
   * Without it plain arrays are copied as a whole.
   */
  readonly rows?: readonly [rows: string, width?: string];
  /** Whether a call of so many ns takes longer than such copies. */
  readonly isWorthCopies?: (call: Call, ns: number) => boolean;
  /** Outputs stay as they were where a position does not count. */
  readonly isKept?: boolean;
  /** A batch is one row for the kernel, of one position each. */
  readonly isFlat?: boolean;
}

type Calls = Omit<Backend & Crew, "ctcLimit" | "sums" | keyof typeof batches>;
/** Calls that are split. */
export type Method = keyof Calls;
type Rules = { readonly [M in Method]: Rule<Parameters<Calls[M]>[0]> };

/** ns of a dimension of a pair. */
const PAIR = 0.03;
/** Calls that the caller works through alone but for the tiles of all pairs: what they take one thread, as above. */
export const batches = {
  inBatch: ({ rows, cols, dims }: InBatchCall): number => PAIR * rows * cols * dims,
  hardest: ({ rows, dims }: HardestCall): number => (PAIR / 2) * rows * rows * dims,
} as const;

/** ns of a position, by module. */
const POSITION: Readonly<Record<string, number>> = { pointwise: 0.15, likelihoods: 0.7, logistic: 0.7 };
/** ns of the copies of a position: a transcendental function takes longer. */
const POSITION_COPIES = 0.5;
/** ns of a power. */
const POWER = 20;
const isPower = (p: number): boolean => p !== 1 && p !== 2 && p !== 0 && p !== Number.POSITIVE_INFINITY;
/** ns of a state at a step, and of the copies of an element, with what they keep others from doing meanwhile. */
const STATE = 6;
const CTC_COPIES = 2;
/** Vectors on each side and numbers in each of them from which all distances cost more than the copies of plain arrays. */
const SIDE = 64;
const DIMS = 16;

/** States of a CTC call, at all steps of all samples. */
function states({ batch, times, lengths }: CtcCall): number {
  let sum = 0;
  for (let n = 0; n < batch; n++) sum += (times[n] as number) * (2 * (lengths[n] as number) + 1);
  return sum;
}

const always = (): boolean => true;
const VECTORS = { inputs: ["a", "b", "c", "sign", "gradOutput"], outputs: ["values", "gradA", "gradB", "gradC"] } as const;
const numbers = ({ rows, dims }: VectorsCall): number => rows * dims;

const rules: Rules = {
  pointwise: {
    inputs: ["a", "b", "c", "weight", "gradOutput"],
    outputs: ["values", "gradA", "gradB", "gradC"],
    ns: ({ n }, module) => n * (POSITION[module] ?? 0),
    rows: ["n"],
    isWorthCopies: ({ n }, ns) => ns > n * POSITION_COPIES,
    isFlat: true,
  },
  crossEntropy: {
    inputs: ["x", "index", "rowWeight", "target", "classWeight", "gradOutput"],
    outputs: ["values", "grad", "gradTarget"],
    ns: ({ x }) => 0.7 * x.length,
    rows: ["outer", "classes"],
    isWorthCopies: always,
  },
  distillation: {
    inputs: ["student", "teacher", "gradOutput"],
    outputs: ["values", "grad"],
    ns: ({ rows, width }) => 4 * rows * width,
    rows: ["rows", "width"],
    isWorthCopies: always,
  },
  scores: {
    inputs: ["x", "index"],
    outputs: ["logprob", "entropy", "logSumExp", "max", "rank", "argmax", "token", "tokenLogprob"],
    ns: ({ positions, vocabulary }) => 0.7 * positions * vocabulary,
    rows: ["positions", "vocabulary"],
    isWorthCopies: always,
    isKept: true,
  },
  margins: { inputs: ["x", "index", "rowWeight", "gradOutput"], outputs: ["values", "grad"], ns: ({ x }) => x.length },
  distances: { ...VECTORS, ns: (call) => numbers(call) * (isPower(call.p) ? POWER : 1) },
  cosine: { ...VECTORS, ns: numbers },
  contrastive: { ...VECTORS, ns: numbers },
  cdist: {
    inputs: ["a", "b"],
    outputs: ["into"],
    ns: ({ rows, cols, dims, p }) => rows * cols * dims * (isPower(p) ? POWER : 0.06),
    isWorthCopies: (call) => call.dims >= DIMS && call.cols >= SIDE && call.rows >= SIDE && call.rows > tallOf(call),
  },
  boxes: { inputs: ["a", "b", "gradOutput"], outputs: ["values", "grad"], ns: ({ rows }) => 20 * rows },
  overlap: { inputs: ["x", "t", "gradOutput"], outputs: ["values", "grad"], ns: ({ groups, length }) => 0.5 * groups * length },
  ctc: {
    inputs: ["x", "labels", "starts", "lengths", "times", "factors"],
    outputs: ["losses", "grad"],
    ns: (call) => STATE * states(call),
    isWorthCopies: ({ x }, ns) => ns > CTC_COPIES * x.length,
  },
  tiles: { inputs: [], outputs: [], ns: () => 0 }, // their arrays are in the window: batches says what they take
  outside: { inputs: ["data"], outputs: [], ns: ({ n }) => 0.15 * n },
};

export const METHODS = Object.keys(rules) as Method[];

export function ruleOf(method: Method): Rule<object> {
  return rules[method] as unknown as Rule<object>;
}
