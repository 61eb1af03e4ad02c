/**
 * Arguments that are right by themselves and do not fit each other or their call, on every entry point: dtypes, shapes without elements and others, axes,
 * classes and data out of range (every `out` untouched), rows beyond the memory's window.
 */
import { describe, expect, it } from "vitest";
import { tensor } from "../src/tensor.js";
import { type Callable, entries, functionOf } from "./entries.js";
import { check } from "./thrown.js";

const f32 = (...values: number[]) => Float32Array.from(values);
const SENTINEL = 123.25;

for (const entry of entries) {
  describe(entry.name, () => {
    const each = (name: string): Callable => functionOf(entry, name);

    it("mixed dtypes", () => {
      check(() => each("mseLoss")(f32(1), Float64Array.of(1)), TypeError, '"target"');
      check(() => each("mseLoss")(f32(1), f32(1), { weight: Float64Array.of(1) }), TypeError, '"weight"');
    });

    it("operands of unequal shape where nothing broadcasts", () => {
      for (const name of ["mseLoss", "l1Loss", "smoothL1Loss", "huberLoss", "bceLoss", "bceWithLogitsLoss", "softMarginLoss", "multiLabelSoftMarginLoss"]) {
        check(() => each(name)({ data: f32(0, 1), shape: [2, 1] }, f32(0, 1)), RangeError, name, '"target"');
      }
    });

    it("classes out of range, named with their place", () => {
      for (const name of ["nllLoss", "crossEntropyLoss", "multiMarginLoss"]) {
        for (const target of [
          [0, 3],
          [0, -1],
          [0, 1.5],
          [0, Number.NaN],
          Float64Array.of(0, 2 ** 32 + 1) && [0, 2 ** 32 + 1],
          BigInt64Array.of(0n, 2n ** 40n),
        ]) {
          check(() => each(name)(new Float32Array(6), target), RangeError, name, '"target"[1]', "[0, 3)");
        }
      }
      check(() => each("nllLoss")(new Float32Array(6), f32(0, 1)), TypeError, '"target"');
    });

    it("checks that depend on data come before the first write, in the last tile too", () => {
      const n = 100_000;
      const out = new Float32Array(n).fill(SENTINEL);
      const half = new Float32Array(n).fill(0.5);
      const bad = Float32Array.from(half);
      bad[n - 1] = 1.5;
      check(() => each("bceLoss").valueAndGrad(bad, half, { out: { input: out } }), RangeError, `"input"[${n - 1}]`, "1.5");
      check(() => each("bceLoss").valueAndGrad(half, bad, { out: { input: out } }), RangeError, `"target"[${n - 1}]`);
      bad[n - 1] = Number.NaN;
      check(() => each("bceLoss").valueAndGrad(bad, half, { out: { input: out } }), RangeError, "NaN");
      bad[n - 1] = -0.5;
      check(() => each("gaussianNllLoss").valueAndGrad(half, half, bad, { out: { input: out } }), RangeError, `"var"[${n - 1}]`);
      const target = new Int32Array(n / 10);
      target[n / 10 - 1] = 10;
      for (const name of ["crossEntropyLoss", "nllLoss", "multiMarginLoss"])
        check(() => each(name).valueAndGrad(half, target, { out: { input: out } }), RangeError, "9999");
      expect(out.every((value) => value === SENTINEL)).toBe(true);
    });

    it("ctcLoss with more classes than fit in the fixed memory at once", () => {
      // one slot of the window holds 1 Mi floats: the row must go through it in pieces and leave what lies behind it alone
      const classes = (1 << 20) + 5;
      const data = new Float32Array(classes).fill(-Math.log(classes));
      const last = classes - 1;
      const { value, grad } = each("ctcLoss").valueAndGrad({ data, shape: [1, 1, classes] }, Int32Array.of(last), [1], [1], { reduction: "sum" });
      expect(value).toBeCloseTo(Math.log(classes), 5);
      const gradient = grad.logProbs as Float32Array;
      expect(gradient[last]).toBeCloseTo(1 / classes - 1, 6);
      for (const c of [0, 1, (1 << 20) - 1, 1 << 20, last - 1]) expect((gradient[c] as number) * classes).toBeCloseTo(1, 4);
    });

    it("shapes without elements, of axes as long as can be: our own errors, and at once", () => {
      const long = Number.MAX_SAFE_INTEGER;
      const none = (...shape: number[]) => ({ data: new Float64Array(0), shape });
      const noClasses = (...shape: number[]) => ({ data: new Int32Array(0), shape });
      const one = (...shape: number[]) => ({ data: new Float64Array(1), shape });
      /** Either works or says what is wrong itself. */
      const fair = (name: string, args: unknown[], options: object): void => {
        for (const act of [() => each(name)(...args, options), () => each(name).valueAndGrad?.(...args, options)]) {
          try {
            act();
          } catch (error) {
            expect((error as Error).message, `${name} ${JSON.stringify(args)}`).toMatch(new RegExp(`^${name}: .* expected .*, got `));
            expect(error).toBeInstanceOf(RangeError);
          }
        }
      };
      for (const shape of [
        [long, 0],
        [0, long],
        [2 ** 50, 0],
        [long, 0, 2],
        [2, 0, long],
        [0, long, long],
        [long, long, 0],
        [2 ** 27, 2 ** 27, 0],
      ]) {
        const x = none(...shape);
        const unit = one(...shape.map(() => 1));
        for (const name of ["softmax", "logSoftmax", "logSumExp", "cosineSimilarity"]) {
          const args = name === "cosineSimilarity" ? [x, x] : [x];
          for (let dim = 0; dim < shape.length; dim++) fair(name, args, { dim });
        }
        fair("logSumExp", [x], { dim: [0, 1] });
        fair("softshrink", [x], {});
        for (const args of [
          [x, x],
          [x, unit],
          [unit, x],
        ])
          for (const name of ["pairwiseDistance", "cdist"]) fair(name, args, {});
        fair("cdist", [none(shape[0] as number, 0), none(shape[1] as number, 0)], {});
        for (const reduction of ["none", "mean", "sum"]) {
          for (const name of ["mseLoss", "l1Loss", "smoothL1Loss", "huberLoss", "bceLoss", "bceWithLogitsLoss", "klDivLoss", "hingeEmbeddingLoss"])
            fair(name, [x, x], { reduction });
          for (const name of ["softMarginLoss", "poissonNllLoss", "multiLabelSoftMarginLoss", "crossEntropyLoss"]) fair(name, [x, x], { reduction });
          for (const name of ["marginRankingLoss", "gaussianNllLoss"]) fair(name, [x, x, x], { reduction });
          for (const name of ["tripletMarginLoss", "tripletRatioLoss"]) {
            for (const args of [
              [x, x, x],
              [unit, x, x],
              [x, unit, unit],
            ])
              for (const swap of [false, true]) fair(name, args, { reduction, swap });
          }
          for (const name of ["nllLoss", "crossEntropyLoss"]) fair(name, [x, noClasses(...shape.filter((_, axis) => axis !== 1))], { reduction });
          fair("multiMarginLoss", [x, noClasses(shape[0] as number)], { reduction });
          fair("multiLabelMarginLoss", [x, noClasses(...shape)], { reduction });
          fair("cosineEmbeddingLoss", [x, x, none(shape[0] as number)], { reduction });
          fair("ctcLoss", [x, noClasses(0), 0, 0], { reduction });
          fair("ctcLoss", [x, noClasses(shape[1] as number, 0), noClasses(0), noClasses(0)], { reduction });
        }
      }
      // products that no typed array is long enough for
      check(() => each("cdist")(none(long, 0), none(3, 0)), RangeError, "cdist", "the result");
      check(() => each("cdist")(none(2 ** 30, 0), none(2 ** 30, 0)), RangeError, "cdist", "the result");
      check(() => each("logSumExp")(none(long, 0), { dim: 1 }), RangeError, "logSumExp", "the result");
      check(() => each("pairwiseDistance")(none(long, 0), none(long, 0)), RangeError, "pairwiseDistance", "the result");
      check(() => each("cosineSimilarity")(none(long, 0), none(long, 0)), RangeError, "cosineSimilarity", "the result");
      check(() => each("tripletMarginLoss")(none(long, 0), none(long, 0), none(long, 0), { reduction: "none" }), RangeError, "tripletMarginLoss", "the result");
      expect(each("tripletMarginLoss")(none(long, 0), none(long, 0), none(long, 0))).toBe(1);
    });

    it("axes", () => {
      for (const name of ["softmax", "logSoftmax", "logSumExp"]) {
        check(() => each(name)(f32(1, 2), {}), TypeError, name, '"dim"');
        check(() => each(name)(f32(1, 2), { dim: 1 }), RangeError, name, '"dim"');
        check(() => each(name)(f32(1, 2), { dim: 0.5 }), RangeError, name, '"dim"');
        check(() => each(name)(f32(1, 2), { dim: "0" }), TypeError, name, '"dim"');
      }
      check(() => each("cosineSimilarity")(f32(1), f32(1), { dim: 2 }), RangeError, '"dim"');
      check(() => each("cosineSimilarity")(1, 1), RangeError, '"dim"');
      check(() => each("cdist")(f32(1), f32(1)), RangeError, '"input1"');
      check(() => each("softshrink")(f32(1), { lambda: -1 }), RangeError, '"lambda"');
      check(() => each("pairwiseDistance")(f32(1), f32(1), { p: Number.NaN }), RangeError, '"p"');
    });
  });
}

it("tensor names its argument in one pair of quotes", () => {
  expect(() => tensor([1, 2], [3])).toThrow('tensor: "data" expected');
});
