/**
 * Calls that no row of the table says: the same numbers in another form, and samples longer than a tile, a window or what single precision can count.
 */
import { describe, expect, it } from "vitest";
import { entries, functionOf } from "./entries.js";
import { type Dtype, dtypes, type FloatArray, flat, floats, lower, lowerArgs, lowerOptions } from "./reference/call.js";
import { agree, type Tolerance } from "./reference/compare.js";
import { ctcMaker } from "./reference/draw.js";
import { Random } from "./reference/random.js";
import { type Args, classes, type Options, reduce, sum, type Tensor, tensor } from "./reference/tensor.js";
import { type LossRow, losses } from "./table.js";

const rowOf = (name: string) => losses.find((row) => row.name === name) as LossRow;
/** A float32 result is rounded once or accumulated wide; see lengths.test.ts. */
const tolerances: Record<Dtype, Tolerance> = {
  float32: (largest) => ({ relative: 1e-6, absolute: 2e-7 * largest }),
  float64: (largest) => ({ relative: 1e-12, absolute: 1e-13 * largest }),
};

/** Every entry and dtype against the reference, the mean and the samples. */
function check(name: string, args: Args, options: Options, slack: Partial<Record<Dtype, Tolerance>> = {}): void {
  const row = rowOf(name);
  const reference = row.reference(args, options);
  for (const reduction of ["mean", "none"]) {
    const { value, grads } = reduce(reference, reduction);
    for (const entry of entries) {
      for (const dtype of dtypes) {
        const label = (what: string) => () => `${entry.name} ${dtype} ${reduction} ${what}`;
        const wrt = Object.keys(grads);
        const got = functionOf(entry, name).valueAndGrad(...lowerArgs(args, row.arguments, dtype), { ...lowerOptions(options, dtype), reduction, wrt });
        agree(flat(got.value), flat(value), tolerances[dtype], label("value"));
        for (const own of wrt) agree(got.grad[own] as FloatArray, grads[own] as Float64Array, slack[dtype] ?? tolerances[dtype], label(own));
      }
    }
  }
}

/** What both calls give is the same to the last bit. */
function same(name: string, one: unknown[], other: unknown[]): void {
  for (const entry of entries) {
    const call = functionOf(entry, name);
    expect(call(...other), entry.name).toEqual(call(...one));
    expect(call.valueAndGrad(...other), entry.name).toEqual(call.valueAndGrad(...one));
  }
}

describe("the same in another form", () => {
  for (const dtype of dtypes) {
    const float = (...values: number[]) => floats(dtype).from(values);

    it(`gaussianNllLoss, ${dtype}: a number is one variance for all`, () => {
      const [input, target] = [float(1, 2, -3), float(0, 0.5, 1)];
      same("gaussianNllLoss", [input, target, { data: float(0.75), shape: [] }], [input, target, 0.75]);
      for (const entry of entries) {
        const each = functionOf(entry, "gaussianNllLoss").valueAndGrad(input, target, float(0.75, 0.75, 0.75));
        const one = functionOf(entry, "gaussianNllLoss").valueAndGrad(input, target, 0.75);
        agree(flat(one.value), flat(each.value), tolerances[dtype], () => entry.name);
        agree(one.grad.var as FloatArray, [sum(each.grad.var as FloatArray)], tolerances[dtype], () => `${entry.name} var`);
      }
    });

    it(`gaussianNllLoss, ${dtype}: a negative number is refused`, () => {
      for (const entry of entries) expect(() => functionOf(entry, "gaussianNllLoss")(float(1), float(0), -0.5), entry.name).toThrow(RangeError);
    });

    it(`ctcLoss, ${dtype}: without a batch axis, with it, lengths as numbers, labels of any integer kind`, () => {
      const { logProbs, targets, inputLengths, targetLengths } = ctcMaker({ short: true })(new Random(3), [9, 5]) as Record<string, Tensor> as {
        [name in "logProbs" | "targets" | "inputLengths" | "targetLengths"]: Tensor;
      };
      const own = lower(logProbs, dtype) as { data: FloatArray };
      const batched = [
        { data: own.data, shape: [9, 1, 5] },
        { data: Int32Array.from(targets.data), shape: [1, targets.data.length] },
      ];
      const [times, length] = [inputLengths.data[0] as number, targetLengths.data[0] as number];
      const alone = [own, BigInt64Array.from([...targets.data].map(BigInt)), times, length];
      same("ctcLoss", [...batched, Int32Array.of(times), Int32Array.of(length)], alone);
      same("ctcLoss", alone, [own, [...targets.data], Uint8Array.of(times), [length]]);
      for (const entry of entries) {
        const call = functionOf(entry, "ctcLoss");
        const [one, many] = [alone, [...batched, [times], [length]]].map((args) => call(...args, { reduction: "none" })) as [FloatArray, FloatArray];
        expect(one.length, entry.name).toBe(1);
        expect([...one], entry.name).toEqual([...many]);
      }
    });

    it(`ctcLoss, ${dtype}: labels in padded rows and one after the other`, () => {
      const seed = 5;
      const [padded, joined] = [ctcMaker({ short: true }), ctcMaker({ short: true, concatenated: true })].map((make) =>
        lowerArgs(make(new Random(seed), [12, 4, 6]), rowOf("ctcLoss").arguments, dtype),
      ) as [unknown[], unknown[]];
      same("ctcLoss", padded, joined);
    });

    it(`multiMarginLoss, ${dtype}: without a shape, one sample and many`, () => {
      const data = float(0.5, 1, -2, 0.25, 3, 1);
      same("multiMarginLoss", [{ data, shape: [2, 3] }, Int32Array.of(2, 0)], [data, [2, 0]]);
      same(
        "multiMarginLoss",
        [
          { data, shape: [6] },
          { data: Int32Array.of(4), shape: [] },
        ],
        [data, 4],
      );
    });

    it(`triplets, ${dtype}, whose pairs broadcast by themselves: gradOutput, wrt, out, in place, reductions`, () => {
      const tensors = (anchor: number[]) => [
        { data: float(...anchor), shape: [anchor.length, 1] },
        { data: float(0, 5, 1, 2), shape: [1, 4] },
        { data: float(3), shape: [1, 1] },
      ];
      for (const entry of entries) {
        for (const [name, options] of [
          ["tripletMarginLoss", { margin: 20 }],
          ["tripletMarginLoss", { margin: 20, swap: true, p: 3 }],
          ["tripletRatioLoss", { swap: true }],
        ] as const) {
          const call = functionOf(entry, name);
          const label = () => `${entry.name} ${name}`;
          const factors = float(0.5, -3);
          const both = call.valueAndGrad(...tensors([1, 9]), { ...options, reduction: "none", gradOutput: factors });
          const singles = [1, 9].map((own) => call.valueAndGrad(...tensors([own]), { ...options, reduction: "sum" }));
          agree(
            both.value as FloatArray,
            singles.map(({ value }) => value as number),
            tolerances[dtype],
            label,
          );
          const [first, second] = singles.map(({ grad }, i) =>
            Object.fromEntries(Object.entries(grad).map(([key, own]) => [key, [...own].map((v) => v * (factors[i] as number))])),
          );
          for (const key of ["positive", "negative"]) {
            const want = first?.[key]?.map((v, i) => v + (second?.[key]?.[i] as number)) as number[];
            agree(both.grad[key] as FloatArray, want, tolerances[dtype], label);
          }
          agree(both.grad.anchor as FloatArray, [...(first?.anchor ?? []), ...(second?.anchor ?? [])], tolerances[dtype], label);

          const total = sum(singles.map(({ value }) => value as number));
          agree([call(...tensors([1, 9]), options) as number], [total / 2], tolerances[dtype], label);
          const args = tensors([1, 9]);
          const anchor = (args[0] as { data: FloatArray }).data;
          const value = floats(dtype).from([0, 0]);
          const inPlace = call.valueAndGrad(...args, { ...options, reduction: "none", gradOutput: factors, wrt: ["anchor"], out: { anchor, value } });
          expect(Object.keys(inPlace.grad)).toEqual(["anchor"]);
          expect([inPlace.grad.anchor, inPlace.value], label()).toEqual([both.grad.anchor, both.value]);
          expect([inPlace.grad.anchor === anchor, inPlace.value === value]).toEqual([true, true]);
        }
      }
    });

    it(`crossEntropyLoss, ${dtype}: of one class value and gradient are exactly 0, whatever they are scaled with; what is left is zLoss's`, () => {
      const input = { data: float(0.3, 7), shape: [2, 1] };
      for (const entry of entries) {
        // 1/3 is no float32: what is subtracted has to be rounded as what it is subtracted from
        for (const options of [{}, { denominator: 3 }, { labelSmoothing: 0.1 }, { labelSmoothing: 1 }, { labelSmoothing: 0.3, weight: [0.7] }]) {
          const call = functionOf(entry, "crossEntropyLoss");
          const got = call.valueAndGrad(input, [0, 0], options) as { value: number; grad: { input: FloatArray } };
          expect([got.value, ...got.grad.input], entry.name).toEqual([0, 0, 0]);
          const target = { data: float(0.7, 1 / 3), shape: [2, 1] };
          const both = { ...options, wrt: ["input", "target"] };
          const soft = call.valueAndGrad(input, target, both) as { value: number; grad: Record<"input" | "target", FloatArray> };
          expect([soft.value, ...soft.grad.input, ...soft.grad.target], entry.name).toEqual([0, 0, 0, 0, 0]);
          // log sum e^x is x: 0.01 x^2 each, of slope 0.02 x, to the last digits
          const denominator = (options as { denominator?: number }).denominator ?? 2;
          const expected = Array.from(input.data, (x) => (0.02 * x) / denominator);
          for (const labels of [[0, 0], target]) {
            const { grad } = call.valueAndGrad(input, labels, { ...options, zLoss: 0.01 }) as { value: number; grad: { input: FloatArray } };
            const ulp = dtype === "float32" ? 2 ** -23 : 2 ** -52;
            agree(
              grad.input,
              expected,
              () => ({ relative: 2 * ulp, absolute: 0 }),
              () => entry.name,
            );
          }
        }
      }
    });

    it(`multiLabelMarginLoss, ${dtype}: a class that a list names twice counts twice, as in PyTorch's loop over the list`, () => {
      const input = float(0, 1, 0.5);
      for (const entry of entries) {
        const call = functionOf(entry, "multiLabelMarginLoss");
        const once = call.valueAndGrad(input, Int32Array.of(1, -1, 0)) as { value: number; grad: { input: FloatArray } };
        const twice = call.valueAndGrad(input, Int32Array.of(1, 1, -1)) as { value: number; grad: { input: FloatArray } };
        expect(twice.value, entry.name).toBeCloseTo(2 * once.value, 6);
        agree(
          twice.grad.input,
          once.grad.input.map((v) => 2 * v),
          tolerances[dtype],
          () => entry.name,
        );
      }
    });
  }
});

/** 2000 times of small probabilities: e^-4000 is no double. Log space in JavaScript rounds logarithms of 4000, once a time; that much is allowed. */
describe("long samples", () => {
  const chain: Partial<Record<Dtype, Tolerance>> = { float64: () => ({ relative: 1e-12, absolute: 1e-10 }) };
  for (const form of [{}, { short: true, concatenated: true }, { infeasible: true }]) {
    it(`ctcLoss of 2000 times, ${JSON.stringify(form)}`, () => {
      const args = ctcMaker(form)(new Random(11), [2000, 2, 40]);
      const { values } = rowOf("ctcLoss").reference(args, {});
      expect(values.some((value) => value > 2000 && value < Number.POSITIVE_INFINITY)).toBe(true);
      check("ctcLoss", args, {}, chain);
    });
  }

  /** About as many as the window takes: T (2 S + 7) doubles. */
  it("ctcLoss of 2000 times and 250 labels", () => {
    const random = new Random(12);
    const { logProbs } = ctcMaker()(random, [2000, 1, 30]) as { logProbs: Tensor };
    const labels = Array.from({ length: 250 }, () => 1 + random.integer(29));
    check("ctcLoss", { logProbs, targets: classes(labels, [1, 250]), inputLengths: classes([2000]), targetLengths: classes([250]) }, {}, chain);
  });

  /** From where every double is far from the smallest to where the states of one step are further apart than doubles reach: the kernel has a way for each. */
  for (const [times, count, scale] of [
    [50, 10, 1],
    [50, 10, 30],
    [50, 10, 300],
    [50, 20, 800],
    [600, 100, 60],
  ] as const) {
    it(`ctcLoss of ${times} times and ${count} labels, log-probabilities down to -${scale}`, () => {
      const random = new Random(13);
      const logProbs = random.uniform([times, 1, 12], -scale, 0);
      const labels = Array.from({ length: count }, () => 1 + random.integer(11));
      check("ctcLoss", { logProbs, targets: classes(labels, [1, count]), inputLengths: classes([times]), targetLengths: classes([count]) }, {}, chain);
    });
  }

  for (const count of [131_072, 2 ** 20 + 5]) {
    const input = new Random(count).normal([1, count], 2);
    // A sum of as many slopes as there are classes is collected wide and rounded once.
    it(`multiMarginLoss of ${count} classes`, () => {
      check("multiMarginLoss", { input, target: classes([count - 1]) }, {});
      check("multiMarginLoss", { input, target: classes([17]) }, { p: 2, weight: tensor(new Float64Array(count).fill(0.5)) });
    });
    it(`multiLabelMarginLoss of ${count} classes`, () => {
      const list = new Float64Array(count).fill(-1);
      list.set([count - 1, 0, 16_384]);
      check("multiLabelMarginLoss", { input, target: classes(list, [1, count]) }, {});
    });
  }
});
