/**
 * Random shapes, dtypes, options, special values and garbage at every loss and operation: the WebAssembly backends against the JavaScript one.
 * Same values, or the same error to the letter. FC_RUNS sets the number of calls in all, FC_SEED repeats a run.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entries, functionOf } from "./entries.js";
import { Random } from "./reference/random.js";

// a page has no process
const env: Record<string, string | undefined> = globalThis.process?.env ?? {};
const RUNS = Number(env.FC_RUNS ?? 10_000);
const SEED = Number(env.FC_SEED ?? Date.now() & 0x7fffffff);
console.log(`property test: ${RUNS} calls in all, seed ${SEED} (FC_SEED repeats it)`);

type Floats = typeof Float32Array | typeof Float64Array;
interface Call {
  readonly args: unknown[];
  readonly options: Record<string, unknown>;
}

/** What a call is drawn from. */
class Draw extends Random {
  constructor(
    seed: number,
    readonly floats: Floats,
    readonly special: boolean,
  ) {
    super(seed);
  }

  pick<T>(...of: T[]): T {
    return of[this.integer(of.length)] as T;
  }

  maybe<T>(value: () => T): T | undefined {
    return this.next() < 0.5 ? value() : undefined;
  }

  shape(axes = this.integer(4)): number[] {
    return Array.from({ length: axes }, () => this.pick(1, 2, 3, 4, 5, 7, 8, 9, 17, 33, this.next() < 0.1 ? 0 : 6));
  }

  numbers(shape: readonly number[], one: () => number, specials = true): { data: Float32Array | Float64Array; shape: readonly number[] } {
    const data = new this.floats(shape.reduce((size, axis) => size * axis, 1));
    for (let i = 0; i < data.length; i++) data[i] = one();
    // none so large that a difference of two such numbers is all rounding, or that squares overflow float32: there either backend may be right
    if (this.special && specials)
      for (let i = 0; i < data.length; i++) if (this.next() < 0.1) data[i] = this.pick(Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, 50, -50);
    return { data, shape };
  }

  gaussian(shape: readonly number[]): unknown {
    return this.numbers(shape, () => 6 * (this.next() + this.next() - 1));
  }

  unit(shape: readonly number[]): unknown {
    return this.numbers(shape, () => this.pick(0, 1, this.next(), this.next()));
  }

  /** Away from 0: the gradient of a cosine cancels, and its rounding grows with the inverse of the vector. */
  apart(shape: readonly number[]): unknown {
    return this.numbers(shape, () => this.pick(-1, 1) * (0.5 + 3 * this.next()), false);
  }

  positive(shape: readonly number[]): unknown {
    return this.numbers(shape, () => 0.05 + 3 * this.next());
  }

  sign(shape: readonly number[]): unknown {
    return this.numbers(shape, () => this.pick(1, -1, 1, -1, 0));
  }

  labels(shape: readonly number[], below: number): unknown {
    const size = shape.reduce((product, axis) => product * axis, 1);
    const values = Array.from({ length: size }, () => (this.next() < 0.05 ? this.pick(-100, -1, below) : this.integer(Math.max(below, 1))));
    const kind = this.integer(3);
    if (kind === 0) return { data: BigInt64Array.from(values, BigInt), dims: shape };
    return { data: kind === 1 ? Int32Array.from(values) : Int16Array.from(values), shape };
  }

  /** A shape that broadcasts to the given one. */
  part(shape: readonly number[]): number[] {
    return shape.map((axis) => (this.next() < 0.25 ? 1 : axis));
  }
}

const pair = (d: Draw, make: (shape: number[]) => unknown, other = make): unknown[] => {
  const shape = d.shape();
  return [make(shape), other(shape)];
};
const plain = (d: Draw) => pair(d, (s) => d.gaussian(s));
// weights without special values: infinity times a loss that float32 rounds to 0 and doubles do not is NaN in one of them
const weight = (d: Draw, shape: readonly number[]) => d.maybe(() => d.numbers(shape, () => 0.05 + 3 * d.next(), false));
const shapeOf = (value: unknown) => (value as { shape: number[] }).shape;
const logits = (d: Draw): [unknown, number[], number] => {
  const shape = d.pick([5], [3, 5], [3, 4, 2], [2, 3, 2, 3], [17, 33], [1, 130], d.shape(2));
  return [d.gaussian(shape), shape.filter((_, axis) => axis !== (shape.length > 1 ? 1 : 0)), shape[shape.length > 1 ? 1 : 0] as number];
};

const LOSSES: Record<string, (d: Draw) => Call> = {
  mseLoss: (d) => {
    const args = plain(d);
    return { args, options: { weight: weight(d, shapeOf(args[0])), wrt: d.pick(undefined, ["target"], ["target", "input"]) } };
  },
  l1Loss: (d) => {
    const args = plain(d);
    return { args, options: { weight: weight(d, shapeOf(args[0])), wrt: d.pick(undefined, ["input", "target"]) } };
  },
  smoothL1Loss: (d) => ({ args: plain(d), options: { beta: d.pick(undefined, 0, 0.5, 2), wrt: d.pick(undefined, ["target"]) } }),
  huberLoss: (d) => {
    const args = plain(d);
    return { args, options: { delta: d.pick(undefined, 0.5, 3), weight: weight(d, shapeOf(args[0])) } };
  },
  bceLoss: (d) => {
    const args = pair(d, (s) => d.unit(s));
    return { args, options: { weight: weight(d, d.part(shapeOf(args[0]))) } };
  },
  bceWithLogitsLoss: (d) => {
    const args = pair(
      d,
      (s) => d.gaussian(s),
      (s) => d.unit(s),
    );
    return {
      args,
      options: { weight: weight(d, d.part(shapeOf(args[0]))), posWeight: weight(d, d.part(shapeOf(args[0]))), wrt: d.pick(undefined, ["target"]) },
    };
  },
  klDivLoss: (d) => {
    const shape = d.shape();
    return {
      args: [d.gaussian(d.part(shape)), d.unit(d.part(shape))],
      options: { logTarget: d.pick(undefined, true), wrt: d.pick(undefined, ["target", "input"]) },
    };
  },
  marginRankingLoss: (d) => {
    const s = d.shape();
    return { args: [d.gaussian(d.part(s)), d.gaussian(d.part(s)), d.sign(d.part(s))], options: { margin: d.pick(undefined, 0.5) } };
  },
  hingeEmbeddingLoss: (d) => {
    const s = d.shape();
    return { args: [d.gaussian(d.part(s)), d.sign(d.part(s))], options: { margin: d.pick(undefined, 2) } };
  },
  softMarginLoss: (d) => ({
    args: pair(
      d,
      (s) => d.gaussian(s),
      (s) => d.sign(s),
    ),
    options: {},
  }),
  poissonNllLoss: (d) => {
    const s = d.shape();
    return { args: [d.positive(d.part(s)), d.positive(d.part(s))], options: { logInput: d.pick(undefined, false), full: d.pick(undefined, true) } };
  },
  gaussianNllLoss: (d) => {
    const s = d.shape(2);
    return {
      args: [d.gaussian(s), d.gaussian(d.part(s)), d.pick(d.positive(s), d.positive([s[0] as number, 1]), 0.7)],
      options: { full: d.pick(undefined, true), wrt: d.pick(undefined, ["target"]) },
    };
  },
  nllLoss: (d) => {
    const [x, t, c] = logits(d);
    return { args: [x, d.labels(t, c)], options: { weight: weight(d, [c]) } };
  },
  crossEntropyLoss: (d) => {
    const [x, t, c] = logits(d);
    const soft = d.next() < 0.3;
    const options = { weight: weight(d, [c]), labelSmoothing: d.pick(undefined, 0.1, 1), ignoreIndex: soft ? undefined : d.pick(undefined, 1, -1) };
    return { args: [x, soft ? d.numbers(shapeOf(x), () => d.next(), false) : d.labels(t, c)], options };
  },
  multiMarginLoss: (d) => {
    const s = d.pick([5], [3, 7], [9, 33]);
    const c = s[s.length - 1] as number;
    return { args: [d.gaussian(s), d.labels(s.slice(0, -1), c)], options: { p: d.pick(undefined, 2), margin: d.pick(undefined, 0.3), weight: weight(d, [c]) } };
  },
  multiLabelMarginLoss: (d) => {
    const s = d.pick([5], [3, 7], [9, 13]);
    return { args: [d.gaussian(s), d.labels(s, s[s.length - 1] as number)], options: {} };
  },
  multiLabelSoftMarginLoss: (d) => {
    const s = d.shape(2);
    return { args: [d.gaussian(s), d.unit(s)], options: { weight: weight(d, d.part(s)) } };
  },
  tripletMarginLoss: (d) => {
    const s = d.shape(2);
    return {
      args: [d.gaussian(d.part(s)), d.gaussian(d.part(s)), d.gaussian(d.part(s))],
      options: {
        p: d.special ? d.pick(undefined, 1, 3) : d.pick(undefined, 1, Infinity, 0, 3, 1.5),
        swap: d.pick(undefined, true),
        margin: d.pick(undefined, 3),
      },
    };
  },
  tripletRatioLoss: (d) => {
    const s = d.shape(2);
    return { args: [d.gaussian(d.part(s)), d.gaussian(s), d.gaussian(d.part(s))], options: { swap: d.pick(undefined, true) } };
  },
  cosineEmbeddingLoss: (d) => {
    const s = d.shape(2);
    return { args: [d.apart(s), d.apart(s), d.sign([s[0] as number])], options: { margin: d.pick(undefined, 0.3) } };
  },
  ctcLoss: (d) => {
    const [t, n, c] = [1 + d.integer(8), 1 + d.integer(3), 2 + d.integer(5)];
    const s = d.integer(5);
    return {
      args: [
        d.numbers([t, n, c], () => d.pick(-3 * d.next(), -3 * d.next(), -1e4, d.special ? Number.NEGATIVE_INFINITY : -1), false),
        d.labels([n, s], c),
        d.labels([n], t + 1),
        d.labels([n], s + 1),
      ],
      options: { zeroInfinity: d.pick(undefined, true) },
    };
  },
};

const OPERATIONS: Record<string, (d: Draw) => Call> = {
  softmax: (d) => ({ args: [d.gaussian(d.shape())], options: { dim: d.integer(5) - 2 } }),
  logSoftmax: (d) => ({ args: [d.gaussian(d.shape())], options: { dim: d.integer(5) - 2 } }),
  logSumExp: (d) => ({ args: [d.gaussian(d.shape())], options: { dim: d.pick<unknown>(d.integer(4) - 2, [0, -1], [0, 2], []) } }),
  pairwiseDistance: (d) => {
    const s = d.shape(2);
    return { args: [d.gaussian(d.part(s)), d.gaussian(d.part(s))], options: { p: d.pick(undefined, 1, Infinity, 0, 2.5) } };
  },
  cosineSimilarity: (d) => {
    const s = d.shape();
    return { args: [d.gaussian(d.part(s)), d.gaussian(s)], options: { dim: d.pick(undefined, 0, -1) } };
  },
  cdist: (d) => {
    const k = 1 + d.integer(20);
    return { args: [d.gaussian([d.integer(7), k]), d.gaussian([2, d.integer(6), k])], options: { p: d.pick(undefined, 1, Infinity, 0, 3) } };
  },
  softshrink: (d) => ({ args: [d.gaussian(d.shape())], options: { lambda: d.pick(undefined, 0, 2) } }),
};

const GARBAGE: unknown[] = [
  null,
  undefined,
  "x",
  true,
  3n,
  {},
  [],
  [[1]],
  [1, "2"],
  () => 1,
  Symbol("s"),
  new Date(0),
  new Uint16Array(3),
  { data: [1, 2], shape: [3] },
  { data: 1, dims: [] },
];
const OPTION_GARBAGE: Record<string, unknown>[] = [
  { reduction: "x" },
  { reduction: 1 },
  { wrt: ["x"] },
  { gradOutput: "x" },
  { out: 1 },
  { out: { input: [] } },
  { weight: "x" },
  { p: Number.NaN },
  { x: 1 },
];

/** Everything one call gave, or the error's class and text. */
function outcome(api: (name: string) => unknown, name: string, call: Call): { error?: string; parts?: Record<string, ArrayLike<number>> } {
  const loss = api(name) as {
    (...args: unknown[]): unknown;
    valueAndGrad?: (...args: unknown[]) => { value: unknown; grad: Record<string, ArrayLike<number>> };
  };
  const list = (value: unknown) => (typeof value === "number" ? [value] : (value as ArrayLike<number>));
  try {
    if (!loss.valueAndGrad) return { parts: { value: list(loss(...call.args, call.options)) } };
    const { value, grad } = loss.valueAndGrad(...call.args, call.options);
    const { wrt: _, gradOutput: __, ...rest } = call.options;
    return { parts: { ...grad, value: list(value), plain: list(loss(...call.args, rest)) } };
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    return { error: `${error.name}: ${error.message}` };
  }
}

/**
 * float32 lanes against doubles rounded once: a few roundings of the largest term, which cancelling may leave as the whole result; float64 likewise.
 * A difference of logarithms near e^-|x| = 0 or of gradients that jump at a kink is not drawn: the random numbers are not that close to one.
 */
function differs(got: ArrayLike<number>, want: ArrayLike<number>, floats: Floats): string | undefined {
  if (got.length !== want.length) return `length ${got.length}, not ${want.length}`;
  const unit = floats === Float32Array ? 1e-5 : 1e-11;
  let largest = 1;
  for (let i = 0; i < want.length; i++) if (Number.isFinite(want[i])) largest = Math.max(largest, Math.abs(want[i] as number));
  for (let i = 0; i < want.length; i++) {
    const [g, w] = [got[i] as number, want[i] as number];
    if (Object.is(g, w) || g === w || Math.abs(g - w) <= unit * largest) continue;
    return `[${i}] is ${g}, not ${w}`;
  }
  return undefined;
}

const js = entries.find(({ name }) => name === "losskit/js") as (typeof entries)[number];
const others = entries.filter(({ name }) => name === "losskit/wasm" || name === "losskit/deterministic");
const makers = Object.entries({ ...LOSSES, ...OPERATIONS });

describe("both backends give the same", () => {
  for (const [name, maker] of makers) {
    it(name, () => {
      fc.assert(
        fc.property(fc.integer(), fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, double, chance) => {
          const draw = new Draw(seed, double ? Float64Array : Float32Array, chance < 0.2);
          const call = maker(draw);
          const options: Record<string, unknown> = { ...call.options };
          if (name in LOSSES) {
            options.reduction = draw.pick("mean", "sum", "none", undefined);
            if (options.reduction !== "none") options.gradOutput = draw.maybe(() => draw.next() * 4 - 2);
          }
          let args = call.args;
          if (chance > 0.9) args = args.map((value) => (draw.next() < 0.4 ? draw.pick(...GARBAGE) : value));
          else if (chance > 0.85) Object.assign(options, draw.pick(...OPTION_GARBAGE));
          for (const key of Object.keys(options)) if (options[key] === undefined) delete options[key];
          const want = outcome((n) => functionOf(js, n), name, { args, options });
          for (const entry of others) {
            const got = outcome((n) => functionOf(entry, n), name, { args, options });
            expect(got.error, entry.name).toBe(want.error);
            for (const part of Object.keys(want.parts ?? {})) {
              const found = differs(got.parts?.[part] ?? [], want.parts?.[part] ?? [], draw.floats);
              if (found)
                throw new Error(
                  `${entry.name} ${part}${found}; options ${JSON.stringify(options, (_, v) => (ArrayBuffer.isView(v) ? Array.from(v as Float32Array) : v))}`,
                );
            }
          }
        }),
        { numRuns: Math.ceil(RUNS / makers.length), seed: SEED },
      );
    });
  }
});
