// What a row of the table is: its data, how losskit is called, the hand-written loops, and how many times faster than those it should be.

import type * as wasm from "losskit/wasm";
import type { Contest } from "../contest.js";
import { classIndices, type Random, seeded, uniform } from "../data.js";

export type Kit = typeof wasm;
export type Size = readonly number[];

export interface Row {
  loss: string;
  size: string;
  /** losskit/wasm against the fastest loop, at least; none where nothing was promised. */
  target?: number;
  loops: readonly string[];
  /** JavaScript takes seconds: its backend is left out, and there are few rounds. */
  slow: boolean;
  contest(kits: Record<string, Kit>): Contest;
}

export interface Entry<P extends { grads: readonly Float32Array[] }> {
  loss: string;
  sizes: readonly Size[];
  targets?: readonly (number | undefined)[];
  slow?: boolean;
  problem(random: Random, size: Size): P;
  /** A call of losskit with everything prepared that a training loop prepares once. */
  losskit(kit: Kit, problem: P): () => number;
  loops: Record<string, (problem: P) => number>;
}

export function sizeText(size: Size): string {
  const one = (n: number) => (n >= 1 << 20 && size.length === 1 ? `${n >> 20} Mi` : n >= 1 << 16 && size.length === 1 ? `${n >> 10} Ki` : `${n}`);
  return size.map(one).join(" x ");
}

export function entry<P extends { grads: readonly Float32Array[] }>({ loss, sizes, targets, slow = false, problem, losskit, loops }: Entry<P>): Row[] {
  return sizes.map((size, i) => {
    const target = targets?.[i];
    return {
      loss,
      size: sizeText(size),
      ...(target === undefined ? {} : { target }),
      loops: Object.keys(loops),
      slow,
      contest(kits) {
        const made = problem(seeded(1 + i), size);
        const contestants: Contest["contestants"] = {};
        for (const [name, loop] of Object.entries(loops)) contestants[name] = () => loop(made);
        for (const [name, kit] of Object.entries(kits)) if (!slow || name !== "losskit/js") contestants[name] = losskit(kit, made);
        return { grads: made.grads, contestants };
      },
    };
  });
}

export const POINTWISE: readonly Size[] = [[1 << 16], [1 << 20]];
export const VALUE_ALONE: readonly Size[] = [[1 << 16]];

export type Maker = (random: Random, n: number) => Float32Array<ArrayBuffer>;

/** input, target -> gradient of the input */
export function pair(makeInput: Maker, makeTarget: Maker) {
  return (random: Random, [n = 0]: Size) => {
    const g = new Float32Array(n);
    return { x: makeInput(random, n), t: makeTarget(random, n), g, grads: [g], options: { out: { input: g } } };
  };
}

/** Logits or log-probabilities in rows, a class per row. */
export function rows(random: Random, [count = 0, classes = 0]: Size) {
  const x = uniform(random, count * classes, -8, 8);
  const g = new Float32Array(count * classes);
  const y = classIndices(random, count, classes);
  return { x, g, y, classes, grads: [g], input: { data: x, shape: [count, classes] }, options: { out: { input: g } } };
}

/** The same for the value alone. */
export function valueOnly<P extends { grads: readonly Float32Array[] }>({ problem, ...rest }: Entry<P>): Row[] {
  return entry({ ...rest, problem: (random, size) => ({ ...problem(random, size), grads: [] }) });
}

type Pair = ReturnType<ReturnType<typeof pair>>;

/** A loss of an input and a target at each position. */
export interface PairLoss {
  name: keyof Kit & `${string}Loss`;
  /** Beside the name in the tables. */
  kind?: string;
  options?: object;
  targets?: Entry<Pair>["targets"];
  problem(random: Random, size: Size): Pair;
  loops: Record<string, (problem: Pair) => number>;
  value(problem: Pair): number;
}

/** As all of them are called. */
interface Called {
  (x: Float32Array, t: Float32Array, options: object): number;
  valueAndGrad(x: Float32Array, t: Float32Array, options: object): { value: number };
}

const titleOf = ({ name, kind }: PairLoss) => (kind === undefined ? name : `${name}, ${kind}`);

/** Value and gradient. */
export function pairRows(one: PairLoss): Row[] {
  const { name, options: own, targets, problem, loops } = one;
  return entry({
    loss: titleOf(one),
    sizes: POINTWISE,
    ...(targets === undefined ? {} : { targets }),
    problem,
    losskit: (kit, { x, t, options }) => {
      const loss = kit[name] as Called;
      const all = { ...options, ...own };
      return () => loss.valueAndGrad(x, t, all).value;
    },
    loops,
  });
}

/** The value alone. */
export function pairValueRows(one: PairLoss): Row[] {
  const { name, options = {}, problem, value } = one;
  return valueOnly({
    loss: `${titleOf(one)}, value`,
    sizes: VALUE_ALONE,
    problem,
    losskit: (kit, { x, t }) => {
      const loss = kit[name] as Called;
      return () => loss(x, t, options);
    },
    loops: { loop: value },
  });
}
