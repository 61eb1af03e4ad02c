/**
 * Where loops end: every row at every length around one and two vectors and around the tiles, in every layout of the bytes, against the reference.
 */
import { describe, expect, it, vi } from "vitest";
import { type Entry, entries, functionOf } from "./entries.js";
import { arrayOf, type Dtype, dtypes, type FloatArray, flat, floats, type Layout, lowerArgs, lowerOptions } from "./reference/call.js";
import { agree, type Tolerance } from "./reference/compare.js";
import { Random } from "./reference/random.js";
import { type Args, classes, type Grads, largestFinite, type Options, reduce, type Tensor, tensor } from "./reference/tensor.js";
import { draw, type LossRow, losses, type OperationRow, operations, type Variant } from "./table.js";

vi.setConfig({ testTimeout: 60_000 });

/** Every WebAssembly memory made from here on, and how often one grew: entries make theirs at the first call, not at import. */
const memories: WebAssembly.Memory[] = [];
let grown = 0;
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }

  override grow(pages: number): number {
    grown++;
    return super.grow(pages);
  }
};

/** Long calls take their time, and "losskit" runs the code of one of the others. */
const backends = entries.filter(({ name }) => name !== "losskit");
const entriesFor = (length: number) => (length < 1000 ? entries : backends);

/** Two vectors of two accumulators, and one more: 16 lanes of float32. */
const SHORT = [...Array(18).keys(), 31, 32, 33, 63, 64, 65];
/** Tiles are powers of two. Each variant but the first takes one length of each triple, in turn. */
const TILES = [
  [4095, 4096, 4097],
  [8191, 8192, 8193],
  [16383, 16384, 16385],
];
/** A page that is not isolated from other origins has no SharedArrayBuffer. */
const shared = typeof SharedArrayBuffer !== "undefined";
const LAYOUTS: readonly Layout[] = [
  {},
  { misaligned: true, classes: "BigInt64Array" },
  { shared, dims: true },
  { misaligned: true, shared, classes: "Int16Array" },
];
it.runIf(shared)("some layouts are in a SharedArrayBuffer (skipped where there is none: on a page that is not isolated from other origins)", () => {
  expect(LAYOUTS.filter((layout) => layout.shared).length).toBe(2);
});

/**
 * Both get the same float32-representable numbers, so all that differs is rounding. A float32 result is a chain of some ten operations, each within
 * 2⁻²⁴ = 6e-8 of its operands: 1e-6 of the result, and 2e-7 of the largest term where terms cancel (p − 1, lse − x, 1 − cos). Sums are
 * accumulated wide and add nothing. In float64 the same, at 2⁻⁵³, but that the reference's own rounding counts as well.
 */
const tolerances: Record<Dtype, Tolerance> = {
  float32: (largest) => ({ relative: 1e-6, absolute: 2e-7 * largest }),
  float64: (largest) => ({ relative: 1e-12, absolute: 1e-13 * largest }),
};

interface Task {
  readonly title: string;
  readonly args: Args;
  readonly options: Options;
  readonly value: number | Float64Array;
  readonly grads: Grads;
  /** The size of the terms of the value and of the gradients: what a sum that cancels is measured by. */
  readonly terms: { readonly value: number; readonly grad: number; readonly chain: number };
}

/** One call of a row: its reduction and whether it has an upstream gradient are drawn too, so that all meet all shapes. */
function taskOf(row: LossRow, variant: Variant, shape: readonly number[], random: Random): Task {
  const { args, options } = draw(row, variant, shape);
  const reference = row.reference(args, options);
  const reduction = row.reductions[random.integer(row.reductions.length)] as string;
  const perSample = reference.values.map((_, n) => [0.5, 2, -1][n % 3] as number);
  const gradOutput = random.integer(2) === 0 ? undefined : reduction === "none" ? perSample : -2.5;
  const { value, grads, upstream } = reduce(reference, reduction, gradOutput);
  const { values, terms = { value: 0, slope: 0, chain: 0 } } = reference;
  const sizes = values.map((v) => Math.max(Math.abs(v), terms.value));
  const size = reduction === "none" ? largestFinite(sizes) : (reduce({ ...reference, values: sizes }, reduction).value as number);
  return {
    title: `[${shape}] ${reduction}${gradOutput === undefined ? "" : ", gradOutput"}`,
    args,
    options: { ...options, reduction, ...(gradOutput === undefined ? {} : { gradOutput }) },
    value,
    grads,
    terms: { value: size, grad: terms.slope * largestFinite(upstream), chain: (terms.chain ?? 0) * largestFinite(upstream) },
  };
}

function checkTask(entry: Entry, row: LossRow, dtype: Dtype, layout: Layout, task: Task): void {
  const call = functionOf(entry, row.name);
  const label = (what: string) => () => `${entry.name} ${dtype} ${task.title} ${JSON.stringify(layout)} ${what}`;
  const arrays = row.arguments.map((name) => arrayOf(task.args[name] as Tensor, dtype, layout));
  const args = row.arguments.map((name, k) => ({ data: arrays[k], [layout.dims ? "dims" : "shape"]: (task.args[name] as Tensor).shape }));
  const { gradOutput, ...options } = lowerOptions(task.options, dtype, layout);
  const upstream = gradOutput instanceof Float64Array ? { gradOutput: floats(dtype).from(gradOutput) } : gradOutput === undefined ? {} : { gradOutput };
  const value: Tolerance = () => tolerances[dtype](task.terms.value);
  const slope: Tolerance = (largest) => {
    const { relative, absolute } = tolerances[dtype](Math.max(largest, task.terms.grad));
    return { relative, absolute: absolute + task.terms.chain };
  };
  const wrt = Object.keys(task.grads);
  const check = (result: { value: number | FloatArray; grad: Record<string, FloatArray> }, how: string) => {
    agree(flat(result.value), flat(task.value), value, label(`${how} value`));
    for (const name of wrt) agree(result.grad[name] ?? [], task.grads[name] as Float64Array, slope, label(`${how} ${name}`));
  };
  agree(flat(call(...args, options)), flat(task.value), value, label("value alone"));
  check(call.valueAndGrad(...args, { ...options, ...upstream, wrt }), "new");
  // Each gradient over its own argument, last, for it is gone then: a tile must be read before it is written.
  const out = Object.fromEntries(wrt.map((name) => [name, arrays[row.arguments.indexOf(name)]]));
  check(call.valueAndGrad(...args, { ...options, ...upstream, wrt, out }), "in place");
}

const lengthsOf = (variant: number) => [...SHORT, ...TILES.flatMap((three) => (variant === 0 ? three : [three[variant % 3] as number]))];

/** All shapes of short lengths. Of long ones the first variant takes the longest run and one shape more, the others one, in turn. */
const shapesOf = (row: LossRow | OperationRow, variant: number, length: number) => {
  const [first, ...others] = row.shapes(length) as [readonly number[], ...(readonly number[])[]];
  if (length < 1000 || others.length === 0) return [first, ...others];
  return variant === 0
    ? [first, others[length % others.length] as readonly number[]]
    : [[first, ...others][(variant + length) % (1 + others.length)] as readonly number[]];
};

/** Every length around one and two vectors in every layout, the longer ones in one each. */
const layoutsOf = (length: number, random: Random) => (length <= 17 ? LAYOUTS : [LAYOUTS[random.integer(LAYOUTS.length)] as Layout]);

for (const row of losses) {
  describe(row.name, () => {
    row.variants.forEach((variant, v) => {
      it(variant.title, () => {
        const random = new Random(v);
        for (const length of lengthsOf(v)) {
          for (const shape of shapesOf(row, v, length)) {
            const task = taskOf(row, variant, shape, random);
            for (const entry of entriesFor(length)) {
              for (const dtype of dtypes) {
                for (const layout of layoutsOf(length, random)) checkTask(entry, row, dtype, layout, task);
              }
            }
          }
        }
      });
    });
  });
}

function checkOperation(entry: Entry, row: OperationRow, dtype: Dtype, layout: Layout, args: Args, options: Options, want: Float64Array, title: string): void {
  const got = functionOf(entry, row.name)(...lowerArgs(args, row.arguments, dtype, layout), lowerOptions(options, dtype, layout));
  agree(flat(got), want, tolerances[dtype], () => `${entry.name} ${dtype} ${title} ${JSON.stringify(layout)}`);
}

for (const row of operations) {
  describe(row.name, () => {
    row.variants.forEach((variant, v) => {
      it(variant.title, () => {
        const random = new Random(v);
        for (const length of lengthsOf(v)) {
          for (const shape of shapesOf(row, v, length)) {
            const { args, options, title } = draw(row, variant, shape);
            const want = row.reference(args, options);
            for (const entry of entriesFor(length)) {
              for (const dtype of dtypes) {
                for (const layout of layoutsOf(length, random)) checkOperation(entry, row, dtype, layout, args, options, want, title);
              }
            }
          }
        }
      });
    });
  });
}

/** Vocabularies: rows that no window holds. */
describe("rows longer than the tile", () => {
  const [crossEntropy, nll] = ["crossEntropyLoss", "nllLoss"].map((name) => losses.find((row) => row.name === name) as LossRow) as [LossRow, LossRow];
  const logitsOf: Record<string, (random: Random, samples: number, count: number) => Tensor> = {
    "random logits": (random, samples, count) => random.normal([samples, count], 3),
    // A running maximum that moves with every tile.
    "ascending logits": (_, samples, count) =>
      tensor(
        Float64Array.from({ length: samples * count }, (_v, i) => Math.fround(((i % count) * 30) / count)),
        [samples, count],
      ),
    // Everything masked but one class at the start, one in the middle, one at the end.
    "masked logits": (random, samples, count) => {
      const { data } = random.normal([samples, count]);
      const open = new Set([0, (count >> 1) + 1, count - 1]);
      return tensor(
        data.map((x, i) => (open.has(i % count) ? x : Number.NEGATIVE_INFINITY)),
        [samples, count],
      );
    },
    // Tiles of nothing but −inf before the first number.
    "masked logits but for the end": (random, samples, count) => {
      const { data, shape } = random.normal([samples, count]);
      return tensor(
        data.map((x, i) => (i % count === count - 1 || i % count === count - 4 ? x : Number.NEGATIVE_INFINITY)),
        shape,
      );
    },
    // The maximum is far above the rest and comes last: everything before it must vanish, not overflow.
    "one logit of 1e4, the last": (random, samples, count) =>
      tensor(
        random.normal([samples, count]).data.map((x, i) => (i % count === count - 1 ? 1e4 : x)),
        [samples, count],
      ),
  };
  /** A softmax entry is an exponential of |x − lse| <= 40, rounded to 2⁻²⁴: 2.4e-6 of itself, and a few roundings more. That, and not a share of the largest. */
  const relative: Record<Dtype, Tolerance> = {
    float32: () => ({ relative: 4e-6, absolute: 2 ** -126 }),
    float64: () => ({ relative: 1e-13, absolute: 1e-300 }),
  };

  const simdOf = ({ api }: Entry) => (api as unknown as { backend(): { simd: string | null } }).backend().simd;

  function checkRows(row: LossRow, args: Args, options: Options, tolerance = tolerances): void {
    const reference = row.reference(args, options);
    const { value, grads } = reduce(reference, "mean");
    const wrt = Object.keys(grads);
    for (const entry of backends) {
      for (const dtype of dtypes) {
        const call = functionOf(entry, row.name);
        const label = (what: string) => () => `${entry.name} ${dtype} ${what}`;
        const arrays = row.arguments.map((name) => arrayOf(args[name] as Tensor, dtype));
        const lowered = row.arguments.map((name, k) => ({ data: arrays[k], shape: (args[name] as Tensor).shape }));
        const alone = call(...lowered, lowerOptions(options, dtype));
        agree(flat(alone), flat(value), (largest) => tolerances[dtype](Math.max(largest, reference.terms?.value ?? 0)), label("value"));
        const out = Object.fromEntries(wrt.map((name) => [name, arrays[row.arguments.indexOf(name)]]));
        for (const where of [{}, { out }]) {
          const got = call.valueAndGrad(...lowered, { ...lowerOptions(options, dtype), wrt, ...where });
          // The relaxed build sums long rows of float32 as powers of 2 where no gradient needs e^x itself (assembly/losses/classes/crossEntropy.ts):
          // another rounding of the same terms, far below half a unit of float32. Everywhere else the same bits.
          const apart = dtype === "float32" && row.name === "crossEntropyLoss" && simdOf(entry) === "relaxed";
          if (apart) agree(flat(got.value), flat(alone), () => ({ relative: 2 ** -25, absolute: 0 }), label("value beside the gradient"));
          else expect(got.value, "value beside the gradient").toBe(alone);
          for (const name of wrt) agree(got.grad[name] ?? [], grads[name] as Float64Array, tolerance[dtype], label(`${name} ${Object.keys(where)}`));
        }
      }
    }
  }

  /** Longer than a tile; the longest that a window of 4 MiB holds in float32; and longer than that, with an odd end. */
  const rowsOf: readonly (readonly [samples: number, count: number, kinds: RegExp])[] = [
    [2, 131072, /./],
    [1, 2 ** 20, /random/],
    [1, 2 ** 20 + 5, /ascending|masked|last/],
  ];
  for (const [samples, count, kinds] of rowsOf) {
    const target = classes([count - 1, 17].slice(0, samples));
    for (const [title, make] of Object.entries(logitsOf).filter(([own]) => kinds.test(own))) {
      it(`crossEntropyLoss and nllLoss, ${samples} x ${count}, ${title}`, () => {
        const input = make(new Random(count), samples, count);
        const open = classes([count - 1, title.endsWith("the end") ? count - 4 : 0].slice(0, samples));
        checkRows(crossEntropy, { input, target: open }, {}, relative);
        if (!title.startsWith("masked")) checkRows(nll, { input, target: open }, {});
      });
    }
    if (count === 2 ** 20) continue;
    it(`crossEntropyLoss, ${samples} x ${count}: extremes of weight 0 under smoothing`, () => {
      const random = new Random(count + 1);
      const dead = (c: number) => c % 4099 === 17;
      const weight = tensor(random.uniform([count], 0.5, 2).data.map((w, c) => (dead(c) ? 0 : w)));
      const { data, shape } = random.normal([samples, count]);
      const input = tensor(
        data.map((x, i) => (dead(i % count) ? -1e4 : x)),
        shape,
      );
      const options = { weight, labelSmoothing: 0.125 };
      checkRows(crossEntropy, { input, target }, options);
      checkRows(crossEntropy, { input, target: random.probabilities(shape) }, options);
    });
    for (const row of operations.filter(({ variants }) => variants.some(({ title }) => title === "dim −1"))) {
      it(`${row.name}, ${samples} x ${count}`, () => {
        const args = { input: new Random(count).normal([samples, count], 3) };
        const want = row.reference(args, { dim: -1 });
        for (const entry of backends) for (const dtype of dtypes) checkOperation(entry, row, dtype, {}, args, { dim: -1 }, want, `${samples} x ${count}`);
      });
    }
  }
  it("crossEntropyLoss, 1 x 524291 x 2: classes apart", () => {
    const input = new Random(3).normal([1, 524291, 2], 3);
    checkRows(crossEntropy, { input, target: classes([524290, 16384], [1, 2]) }, {}, relative);
  });

  /** The last three share their loops with the first, so they are not repeated in the longest vectors; p = 1.5 is computed in float64. */
  const longVectors: readonly (readonly [loss: string, options: Options])[] = [
    ["tripletMarginLoss", { swap: true, margin: 50 }],
    ["tripletMarginLoss", { p: Number.POSITIVE_INFINITY, margin: 50 }],
    ["cosineEmbeddingLoss", {}],
    ["tripletMarginLoss", { p: 1.5, margin: 1e5 }],
    ["tripletRatioLoss", { swap: true }],
    ["tripletMarginLoss", { p: 1, margin: 1e5 }],
  ];
  for (const shape of [
    [2, 131072],
    [1, 2 ** 19 + 3],
    [1, 2 ** 20 + 5],
  ]) {
    const some = shape[0] === 2 ? longVectors : (shape[1] as number) > 2 ** 20 ? longVectors.slice(0, 3) : longVectors.slice(3, 4);
    for (const [name, options] of some) {
      const row = losses.find((own) => own.name === name) as LossRow;
      it(`${name} ${Object.entries(options).join(" ")}, ${shape.join(" x ")}`, () => {
        // Components of 0.1, so that the distances, hundreds of them, do not saturate the ratio; the signs of cosineEmbedding stay.
        const args = Object.entries(row.make(new Random(7), shape)).map(([own, { data, shape: its }]) => [
          own,
          tensor(its.length > 1 ? data.map((v) => Math.fround(v / 10)) : data, its),
        ]);
        checkRows(row, Object.fromEntries(args), options);
      });
    }
  }
});

/** 16 Mi float32 elements: the sum is off by at most 1e-6 of the sum of magnitudes, which a float32 accumulator misses by far. */
describe("sums over 16 Mi float32 elements", () => {
  const length = 2 ** 24;
  const nothing = new Float32Array(length);
  const data: Record<string, Float32Array> = { "0.1 everywhere": new Float32Array(length).fill(0.1), "random data": randomFloats(length) };
  for (const [title, input] of Object.entries(data)) {
    it(`mseLoss and l1Loss, ${title}`, () => {
      const magnitudes = sumOf(length, (i) => Math.abs(input[i] as number));
      const squares = sumOf(length, (i) => (input[i] as number) ** 2);
      for (const entry of entries) {
        expect(Math.abs((functionOf(entry, "l1Loss")(input, nothing, { reduction: "sum" }) as number) / magnitudes - 1), `${entry.name} l1`).toBeLessThan(1e-6);
        expect(Math.abs((functionOf(entry, "mseLoss")(input, nothing, { reduction: "sum" }) as number) / squares - 1), `${entry.name} mse`).toBeLessThan(1e-6);
      }
    });
    for (const count of [1024, length]) {
      it(`crossEntropyLoss, rows of ${count}, ${title}`, () => {
        const samples = length / count;
        const target = new Int32Array(samples).map((_, n) => (n * 17) % count);
        const want = sumOf(
          samples,
          (n) => Math.log(sumOf(count, (c) => Math.exp(input[n * count + c] as number))) - (input[n * count + (target[n] as number)] as number),
        );
        for (const entry of entries) {
          const got = functionOf(entry, "crossEntropyLoss")({ data: input, shape: [samples, count] }, target, { reduction: "sum" }) as number;
          // A sum of exponentials that is 1e-6 off moves its logarithm by 1e-6, in each sample.
          expect(Math.abs(got - want) / samples, entry.name).toBeLessThan(1e-6);
        }
      });
    }
  }
});

/** Inputs of any length stream through a window: nothing that WebAssembly holds grows with them. */
describe("100 million elements in plain arrays", () => {
  it("mseLoss, value alone, without the WebAssembly memory growing", () => {
    const wasm = entries.find(({ name }) => name === "losskit/wasm") as Entry;
    const mse = functionOf(wasm, "mseLoss");
    const length = 100_000_000;
    // One buffer, read twice and one element apart: half the memory, and the target is misaligned.
    const all = randomFloats(length + 1);
    const [input, target] = [all.subarray(0, length), all.subarray(1)];
    expect(mse(all.subarray(0, 10), all.subarray(1, 11))).toBeGreaterThan(0);
    const before = memories.map(({ buffer }) => buffer.byteLength);
    expect(before.length, "WebAssembly memories seen").toBeGreaterThan(0);
    const got = mse(input, target) as number;
    expect(memories.map(({ buffer }) => buffer.byteLength)).toEqual(before);
    const want = sumOf(length, (i) => ((all[i] as number) - (all[i + 1] as number)) ** 2) / length;
    expect(Math.abs(got / want - 1)).toBeLessThan(1e-6);
  });

  it("each entry has made one memory at most, and none has grown", () => {
    expect(memories.length).toBeLessThanOrEqual(entries.length - 1);
    expect(grown).toBe(0);
  });
});

/** Uniform in [−1, 1), from a linear congruence: a hundred million of them take a third of a second. */
function randomFloats(length: number): Float32Array {
  const floats = new Float32Array(length);
  let state = 12345;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    floats[i] = state / 2 ** 31;
  }
  return floats;
}

/** Sums blocks of 4096 first, so that the error of the test's own float64 sum stays near 1e-13. */
function sumOf(length: number, term: (i: number) => number): number {
  let total = 0;
  for (let start = 0; start < length; start += 4096) {
    let block = 0;
    for (let i = start; i < Math.min(length, start + 4096); i++) block += term(i);
    total += block;
  }
  return total;
}
