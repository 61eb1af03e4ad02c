/**
 * spec/semantics.md row by row: its acceptance list, the kinks, the extremes, the deliberate differences, and where NaN goes. Every entry, both dtypes.
 * The points themselves, with their answers worked out by hand, are in reference/points.ts, kinks.ts and extremes.ts.
 */
import { describe, expect, it } from "vitest";
import { type Entry, entries, functionOf } from "./entries.js";
import { type Dtype, dtypes, flat, floats, lower, lowerArgs, lowerOptions } from "./reference/call.js";
import { agree, type Tolerance } from "./reference/compare.js";
import { corners, extremes } from "./reference/extremes.js";
import { kinks } from "./reference/kinks.js";
import { acceptance, type Point } from "./reference/points.js";
import { shapes as unusual } from "./reference/points-corners.js";
import { type Args, classes, type Options, reduce, sizeOf, type Tensor, tensor } from "./reference/tensor.js";
import { draw, losses, operations, type Row } from "./table.js";

/** One float32 operation is within 6e-8; the longest chains here are some ten of them. The floor is below every subnormal that is tested. */
const near =
  (dtype: Dtype): Tolerance =>
  (largest) =>
    dtype === "float32" ? { relative: 1e-6, absolute: 2e-7 * largest + 2 ** -149 / 2 } : { relative: 1e-12, absolute: 1e-13 * largest + 1e-60 };

/** `exact`: NaN is NaN and 0 is 0, whatever the sign, and nothing is near anything. */
const exactly: Tolerance = () => ({ relative: 0, absolute: 0 });

function checkPoint(entry: Entry, dtype: Dtype, point: Point): void {
  const call = functionOf(entry, point.loss);
  const args = () => point.args.map((arg) => lower(arg, dtype));
  const options = lowerOptions(point.options ?? {}, dtype);
  if (point.throws !== undefined) {
    expect(() => call(...args(), options)).toThrow(RangeError);
    expect(() => call(...args(), options)).toThrow(point.throws);
    return;
  }
  const tolerance = point.exact ? exactly : near(dtype);
  const plain = call(...args(), options);
  if (point.value !== undefined) {
    expect(Array.isArray(point.value), "array or number").toBe(typeof plain !== "number");
    agree(flat(plain), flat(point.value as number), tolerance, () => "value");
  }
  if (point.grad === undefined) return;
  const { value, grad } = call.valueAndGrad(...args(), { ...options, wrt: Object.keys(point.grad) });
  expect(value, "value beside the gradient").toEqual(plain);
  for (const [name, want] of Object.entries(point.grad)) agree(grad[name] ?? [], want, tolerance, () => name);
}

/** Number options that mean nothing: RangeError, and its message names them. */
const refused: readonly (readonly [loss: string, option: string, ...values: number[]])[] = [
  ["smoothL1Loss", "beta", -1, Number.NaN],
  ["huberLoss", "delta", 0, -1, Number.NaN],
  ["crossEntropyLoss", "labelSmoothing", -0.1, 1.1, Number.NaN],
  ["marginRankingLoss", "margin", Number.NaN],
  ["tripletMarginLoss", "margin", 0, -1, Number.NaN],
  ["tripletMarginLoss", "p", -1, Number.NaN],
  ["tripletMarginLoss", "eps", Number.NaN],
  ["tripletRatioLoss", "eps", Number.NaN],
  ["cosineEmbeddingLoss", "margin", Number.NaN],
  ["hingeEmbeddingLoss", "margin", Number.NaN],
  ["multiMarginLoss", "p", 0, 1.5, 3, Number.NaN],
  ["multiMarginLoss", "margin", Number.NaN],
  ["poissonNllLoss", "eps", Number.NaN],
  ["gaussianNllLoss", "eps", Number.NaN],
  ["ctcLoss", "blank", -1, 5, Number.NaN],
  ["pairwiseDistance", "p", -1, Number.NaN],
  ["cdist", "p", -1, Number.NaN],
  ["softshrink", "lambda", -1, Number.NaN],
];

const zeros = (shape: readonly number[]) => tensor(new Float64Array(sizeOf(shape)), shape);
const noClasses = (shape: readonly number[]) => classes(new Float64Array(sizeOf(shape)), shape);
type Misfit = readonly [loss: string, args: readonly Tensor[], options?: Options];

/** Operands that do not fit: RangeError. */
const misfits: readonly Misfit[] = [
  ...["mseLoss", "l1Loss", "smoothL1Loss", "huberLoss", "bceLoss", "bceWithLogitsLoss"].flatMap((loss): Misfit[] => [
    [loss, [zeros([3, 1]), zeros([3])]],
    [loss, [zeros([2, 3]), zeros([3, 2])]],
    [loss, [zeros([4]), zeros([3])]],
    [loss, [zeros([1]), zeros([])]],
  ]),
  ...["mseLoss", "l1Loss", "huberLoss"].flatMap((loss): Misfit[] => [
    [loss, [zeros([2, 3]), zeros([2, 3])], { weight: zeros([3]) }],
    [loss, [zeros([3]), zeros([3])], { weight: zeros([1]) }],
  ]),
  ...["bceLoss", "bceWithLogitsLoss"].flatMap((loss): Misfit[] => [
    [loss, [zeros([3]), zeros([3])], { weight: zeros([2, 3]) }],
    [loss, [zeros([1, 3]), zeros([1, 3])], { weight: zeros([2, 1]) }],
    [loss, [zeros([2, 3]), zeros([2, 3])], { weight: zeros([2]) }],
  ]),
  ["bceWithLogitsLoss", [zeros([1, 3]), zeros([1, 3])], { posWeight: zeros([2, 3]) }],
  ...["nllLoss", "crossEntropyLoss"].flatMap((loss): Misfit[] => [
    [loss, [zeros([4, 5]), noClasses([3])]],
    [loss, [zeros([4, 5]), noClasses([])]],
    [loss, [zeros([2, 3, 4]), noClasses([2, 3])]],
    [loss, [zeros([4, 5]), noClasses([4])], { weight: zeros([4]) }],
    [loss, [zeros([4, 5]), noClasses([4])], { weight: zeros([1, 5]) }],
  ]),
  ["crossEntropyLoss", [zeros([4, 5]), zeros([4])]],
  ["klDivLoss", [zeros([3, 5]), zeros([3, 4])]],
  ["tripletMarginLoss", [zeros([1, 2]), zeros([2]), zeros([1, 2])]],
  ["tripletRatioLoss", [zeros([2, 3]), zeros([2, 4]), zeros([2, 3])]],
  ["cosineEmbeddingLoss", [zeros([2, 3]), zeros([2, 3]), zeros([3])]],
  ["cosineEmbeddingLoss", [zeros([2, 3]), zeros([2, 3]), zeros([2, 1])]],
  ["cosineEmbeddingLoss", [zeros([2, 3]), zeros([2, 3]), zeros([])]],
  ["cosineEmbeddingLoss", [zeros([3]), zeros([3]), zeros([2])]],
  ["cosineEmbeddingLoss", [zeros([2, 2, 3]), zeros([2, 2, 3]), zeros([2, 2])]],
  ["hingeEmbeddingLoss", [zeros([2, 3]), zeros([2, 4])]],
  ["poissonNllLoss", [zeros([3]), zeros([4])]],
  ...["softMarginLoss", "multiLabelSoftMarginLoss"].flatMap((loss): Misfit[] => [
    [loss, [zeros([3, 1]), zeros([3])]],
    [loss, [zeros([2, 3]), zeros([1, 3])]],
  ]),
  ["multiLabelSoftMarginLoss", [zeros([2, 3]), zeros([2, 3])], { weight: zeros([2]) }],
  ["multiLabelSoftMarginLoss", [zeros([1, 3]), zeros([1, 3])], { weight: zeros([2, 3]) }],
  ["multiMarginLoss", [zeros([2, 3]), noClasses([3])]],
  ["multiMarginLoss", [zeros([2, 3, 4]), noClasses([2, 4])]],
  ["multiMarginLoss", [zeros([2, 3]), noClasses([2])], { weight: zeros([2]) }],
  ["multiLabelMarginLoss", [zeros([2, 3]), noClasses([2])]],
  ["multiLabelMarginLoss", [zeros([2, 3]), noClasses([3, 2])]],
  ["gaussianNllLoss", [zeros([2, 3]), zeros([2, 4]), zeros([2, 3])]],
  ["gaussianNllLoss", [zeros([2, 3]), zeros([2, 3]), zeros([3])]],
  ["gaussianNllLoss", [zeros([2, 3]), zeros([2, 3]), zeros([1, 1])]],
  ["gaussianNllLoss", [zeros([2, 3]), zeros([2, 3]), zeros([2, 2])]],
  ["ctcLoss", [zeros([4, 2, 3]), noClasses([3, 2]), noClasses([2]), noClasses([2])]],
  ["ctcLoss", [zeros([4, 2, 3]), noClasses([2, 2]), noClasses([1]), noClasses([2])]],
  ["ctcLoss", [zeros([4, 2, 3]), noClasses([2, 2]), noClasses([2]), noClasses([3])]],
  ["ctcLoss", [zeros([4]), noClasses([2]), noClasses([]), noClasses([])]],
  ["cdist", [zeros([3]), zeros([2, 3])]],
  ["cdist", [zeros([2, 3, 4]), zeros([3, 3, 4])]],
];

for (const entry of entries) {
  for (const dtype of dtypes) {
    const run = (loss: string, ...args: unknown[]) => functionOf(entry, loss)(...args);
    const float = (values: number[]) => floats(dtype).from(values);

    describe(`${entry.name}, ${dtype}`, () => {
      describe("acceptance list", () => {
        for (const point of acceptance) it(point.title, () => checkPoint(entry, dtype, point));
      });
      describe("kinks", () => {
        for (const point of kinks) it(point.title, () => checkPoint(entry, dtype, point));
      });
      describe("extremes", () => {
        for (const point of extremes) it(point.title, () => checkPoint(entry, dtype, point));
      });
      describe("unusual shapes", () => {
        for (const point of unusual) it(point.title, () => checkPoint(entry, dtype, point));
      });
      describe("corners of the operations", () => {
        for (const point of corners) it(point.title, () => checkPoint(entry, dtype, point));
      });

      describe("deliberate differences", () => {
        for (const [loss, args, options = {}] of misfits) {
          const shapes = [...args, ...Object.values(options as Record<string, Tensor>)].map(({ shape }) => `[${shape}]`).join(" ");
          it(`${loss} refuses ${shapes}${Object.keys(options)}`, () => {
            const attempt = () => run(loss, ...args.map((arg) => lower(arg, dtype)), lowerOptions(options, dtype));
            expect(attempt).toThrow(RangeError);
            expect(attempt).toThrow(`${loss}: `);
          });
        }
        for (const [loss, option, ...values] of refused) {
          it(`${loss} refuses ${option} of ${values.join(", ")}`, () => {
            const row = [...losses, ...operations].find(({ name }) => name === loss) as Row;
            const { args } = draw(row, { title: "refused" }, row.shapes(3)[1] ?? [3]);
            for (const value of values) {
              const attempt = () => run(loss, ...lowerArgs(args, row.arguments, dtype), { [option]: value });
              expect(attempt, String(value)).toThrow(RangeError);
              expect(attempt, String(value)).toThrow(option);
            }
          });
        }
        it("an unknown reduction is a RangeError, batchmean is klDiv's alone", () => {
          for (const row of losses) {
            const { args } = draw(row, { title: "reduction" }, row.shapes(3)[1] ?? [3]);
            for (const reduction of ["average", "elementwise_mean", "", ...(row.reductions.includes("batchmean") ? [] : ["batchmean"])]) {
              expect(() => run(row.name, ...lowerArgs(args, row.arguments, dtype), { reduction }), `${row.name} ${reduction}`).toThrow(RangeError);
            }
          }
        });
        it("a bce target outside [0, 1], or NaN, is a RangeError with its place", () => {
          for (const wrong of [1.5, -0.5, Number.NaN]) {
            const attempt = () => run("bceLoss", float([0.5, 0.5, 0.5]), float([0, 1, wrong]));
            expect(attempt).toThrow(RangeError);
            expect(attempt).toThrow(`bceLoss: "target"[2]`);
            expect(attempt).toThrow(String(wrong));
          }
        });
        it("a probability outside [0, 1] is found wherever it stands", () => {
          for (const length of [1, 5, 37, 8193, 20000]) {
            for (const place of new Set([0, length >> 1, length - 1])) {
              const input = float(Array.from({ length }, (_, i) => (i === place ? 1.5 : 0.5)));
              expect(() => run("bceLoss", input, input.slice().fill(0)), `${place} of ${length}`).toThrow(`bceLoss: "input"[${place}]`);
            }
          }
        });
        it("number results are doubles, never rounded", () => {
          expect(run("mseLoss", float([1, 0, 0]), float([0, 0, 0]))).toBe(1 / 3);
          expect(run("l1Loss", float([2 ** 24, 1]), float([0, 0]), { reduction: "sum" })).toBe(2 ** 24 + 1);
        });
      });

      describe("classes", () => {
        const logits = { data: float([0, 1, 2, 3, 4, 5]), shape: [2, 3] };
        for (const kind of [BigInt64Array, BigUint64Array, Int32Array, Uint32Array, Int16Array, Uint16Array, Int8Array, Uint8Array, Uint8ClampedArray]) {
          it(`of ${kind.name}`, () => {
            const target = kind === BigInt64Array || kind === BigUint64Array ? kind.from([1n, 2n]) : (kind as typeof Int32Array).from([1, 2]);
            expect(run("nllLoss", logits, target)).toBe(-3);
            const ce = functionOf(entry, "crossEntropyLoss");
            expect(ce.valueAndGrad(logits, target)).toEqual(ce.valueAndGrad(logits, { data: Int32Array.of(1, 2), shape: [2] }));
          });
        }
        it("are checked before they are narrowed: 2³² + 1 is not class 1", () => {
          for (const wrong of [2n ** 32n + 1n, -(2n ** 32n) + 1n, 2n ** 63n - 1n]) {
            const attempt = () => run("nllLoss", logits, BigInt64Array.of(0n, wrong));
            expect(attempt).toThrow(RangeError);
            expect(attempt).toThrow(`"target"[1]`);
            expect(attempt).toThrow(String(wrong));
          }
          expect(() => run("crossEntropyLoss", logits, [0, 2 ** 32 + 1])).toThrow(`crossEntropyLoss: "target"[1]`);
        });
        it("any ignoreIndex is legal, huge and bigint too", () => {
          const huge = 2n ** 40n;
          expect(run("nllLoss", logits, BigInt64Array.of(huge, 2n), { ignoreIndex: huge })).toBe(-5);
          expect(run("nllLoss", logits, BigInt64Array.of(huge, 2n), { ignoreIndex: Number(huge) })).toBe(-5);
          expect(run("nllLoss", logits, BigInt64Array.of(-(2n ** 63n), 2n), { ignoreIndex: -(2n ** 63n) })).toBe(-5);
          expect(run("nllLoss", logits, Uint8Array.of(255, 2), { ignoreIndex: 255n })).toBe(-5);
          // 2⁴⁰ + 1 is 1 and 2⁴⁰ is 0 after narrowing to 32 bits: neither may be taken for the other.
          expect(() => run("nllLoss", logits, BigInt64Array.of(0n, huge), { ignoreIndex: 0 })).toThrow(RangeError);
        });
      });

      describe("NaN", () => {
        for (const row of losses.filter(({ name }) => name !== "bceLoss")) {
          for (const variant of row.variants) {
            it(`${row.name}, ${variant.title}: where the reference has it and nowhere else`, () => {
              for (const shape of row.shapes(19)) {
                const drawn = draw(row, variant, shape);
                for (const name of row.arguments.filter((own) => drawn.args[own]?.kind === "float")) {
                  for (const place of [0, 7, sizeOf(shape) - 1]) {
                    const args = withNaN(drawn.args, name, place);
                    const reference = row.reference(args, drawn.options);
                    const { terms } = reference;
                    const reduction = row.reductions.includes("none") ? "none" : "sum";
                    const want = Array.from(flat(reduce(reference, reduction).value));
                    const got = run(row.name, ...lowerArgs(args, row.arguments, dtype), lowerOptions({ ...drawn.options, reduction }, dtype));
                    const tolerance: Tolerance = (largest) => near(dtype)(Math.max(largest, terms?.value ?? 0));
                    agree(flat(got), want, tolerance, () => `[${shape}] ${name}[${place}]`);
                    if (!want.some(Number.isNaN)) continue;
                    expect(run(row.name, ...lowerArgs(args, row.arguments, dtype), lowerOptions(drawn.options, dtype)), "mean").toBeNaN();
                  }
                }
              }
            });
          }
        }
      });
    });
  }
}

function withNaN(args: Args, name: string, place: number): Args {
  const { data, shape } = args[name] as Tensor;
  return {
    ...args,
    [name]: tensor(
      data.map((v, i) => (i === place % data.length ? Number.NaN : v)),
      shape,
    ),
  };
}
