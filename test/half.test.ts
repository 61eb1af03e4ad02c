/**
 * Half precision: every pattern of both types means what its bits say, in every way that it can be handed over; from there it is a float32 tensor.
 */
import { describe, expect, it } from "vitest";
import { type Half, tensor } from "../src/index.js";
import { type Callable, entries } from "./entries.js";

const PATTERNS = Uint16Array.from({ length: 1 << 16 }, (_, pattern) => pattern);
const TYPES = ["float16", "bfloat16"] as const;
type Storage = (typeof TYPES)[number];

/** What a pattern means, from the definition: sign, exponent with its bias, fraction. */
function meaning(pattern: number, storage: Storage): number {
  const [bits, bias] = storage === "float16" ? [10, 15] : [7, 127];
  const sign = pattern >> 15 ? -1 : 1;
  const exponent = (pattern & 0x7fff) >> bits;
  const fraction = (pattern & ((1 << bits) - 1)) / 2 ** bits;
  if (exponent === 2 ** (15 - bits) - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

const Float16 = (globalThis as { Float16Array?: new (buffer: ArrayBuffer, offset: number, length: number) => object }).Float16Array;

/** The ways to hand over some patterns. */
function ways(patterns: Uint16Array<ArrayBuffer>, shape: readonly number[], storage: Storage): [string, unknown][] {
  const shifted = new Uint16Array(patterns.length + 1);
  shifted.set(patterns, 1);
  const found: [string, unknown][] = [
    ["dtype", { data: patterns, shape, dtype: storage }],
    ["type and dims", { data: patterns, dims: shape, type: storage }],
    ["a view at an odd place", { data: shifted.subarray(1), shape, dtype: storage }],
    ["tensor", tensor(patterns, shape, storage)],
  ];
  if (Float16 && storage === "float16") {
    found.push(["Float16Array", { data: new Float16(shifted.buffer, 2, patterns.length), shape }]);
    found.push(["Float16Array with its type", { data: new Float16(patterns.buffer, 0, patterns.length), dims: shape, type: "float16" }]);
  }
  return found;
}

/** Where two arrays differ first, or -1; the shorter one differs at its end. */
function firstOther(got: Float32Array, want: Float32Array): number {
  return got.length === want.length ? got.findIndex((value, i) => !Object.is(value, want[i])) : Math.min(got.length, want.length);
}

const call = (api: Readonly<Record<string, Callable>>, name: string) => api[name] as Callable;

for (const entry of entries) {
  describe(entry.name, () => {
    for (const storage of TYPES) {
      it(`${storage}: all 65 536 patterns, by themselves and in rows`, () => {
        const want = Array.from(PATTERNS, (pattern) => -meaning(pattern, storage));
        for (const [way, input] of ways(PATTERNS, [1 << 16, 1], storage)) {
          const got = call(entry.api, "nllLoss")(input, new Uint8Array(1 << 16), { reduction: "none" });
          expect(got, way).toBeInstanceOf(Float32Array);
          expect(
            (got as Float32Array).findIndex((value, i) => !Object.is(value, want[i])),
            way,
          ).toBe(-1);
        }
        // a row of one logit is its own log-sum-exp, through the kernels of rows
        const lse = call(entry.api, "logSumExp")({ data: PATTERNS, shape: [1 << 16, 1], dtype: storage }, { dim: 1 }) as Float32Array;
        expect(lse.findIndex((value, i) => !(Number.isNaN(value) ? Number.isNaN(want[i]) : value === -(want[i] as number)))).toBe(-1);
      });

      it(`${storage}: a loss of it is that of the float32 it stands for, whatever its length`, () => {
        for (const classes of [1, 3, 4, 17, 1000, 40_000, 2_200_000]) {
          const rows = classes > 100_000 ? 1 : 3;
          // finite patterns of usual size
          const patterns = Uint16Array.from(
            { length: rows * classes },
            (_, i) => ((i * 2654435761) % 0x600) + (storage === "float16" ? 0x3c00 : 0x3f00) + (i % 3 === 0 ? 0x8000 : 0),
          );
          const wide = Float32Array.from(patterns, (pattern) => meaning(pattern, storage));
          const shape = [rows, classes];
          const target = Int32Array.from({ length: rows }, (_, row) => (row * 7) % classes);
          const loss = call(entry.api, "crossEntropyLoss");
          const half = loss.valueAndGrad({ data: patterns, shape, dtype: storage }, target);
          const full = loss.valueAndGrad({ data: wide, shape }, target);
          expect(half.value, String(classes)).toBe(full.value);
          // number by number: toEqual takes seconds for millions of them
          expect(firstOther(half.grad.input as Float32Array, full.grad.input as Float32Array), String(classes)).toBe(-1);
          expect(loss({ data: patterns, shape, dtype: storage }, target), String(classes)).toBe(loss({ data: wide, shape }, target));
        }
      });
    }

    it("counts as float32, beside numbers and among the options", () => {
      const mse = call(entry.api, "mseLoss");
      const ones = { data: Uint16Array.of(0x3c00, 0x3c00), shape: [2], dtype: "float16" };
      expect(mse(ones, [0, 3], { reduction: "none" })).toEqual(Float32Array.of(1, 4));
      expect(mse(Float32Array.of(2, 2), ones, { weight: { data: Uint16Array.of(0x4000, 0x3f80), dims: [2], type: "float16" } })).toBe(1);
      const { grad } = mse.valueAndGrad(Float32Array.of(2, 2), ones, { reduction: "none", gradOutput: ones });
      expect(grad.input).toEqual(Float32Array.of(2, 2));
      expect(mse([2, 2], [1, 1], { weight: ones, reduction: "none" })).toEqual(Float64Array.of(1, 1));
    });

    it("is refused beside float64, without a name, and where its array is another one", () => {
      const mse = call(entry.api, "mseLoss");
      const bits = Uint16Array.of(0x3c00);
      const half = { data: bits, shape: [1], dtype: "bfloat16" };
      const refused: [unknown[], string][] = [
        [[half, Float64Array.of(1)], '"target" expected float32 elements like the other tensors, got a Float64Array'],
        [[Float64Array.of(1), half], '"target" expected float64 elements like the other tensors, got bfloat16'],
        [[Float64Array.of(1), Float64Array.of(1), { weight: half }], '"weight" expected float64 elements like the other tensors, got bfloat16'],
        [
          [bits, Float32Array.of(1)],
          '"input" expected a tensor of floats (half precision as { data, shape, dtype: "float16" } or "bfloat16"), got a Uint16Array',
        ],
        [[Float32Array.of(1), { data: bits, shape: [1] }], '"target" expected a tensor of floats (half precision as'],
        [[{ data: Float32Array.of(1), shape: [1], dtype: "float16" }, [1]], '"input" expected a Uint16Array for float16, got a Float32Array'],
        [[{ data: [1], shape: [1], dtype: "bfloat16" }, [1]], '"input" expected a Uint16Array for bfloat16, got an array of length 1'],
      ];
      for (const [args, text] of refused) {
        expect(() => mse(...args)).toThrow(TypeError);
        expect(() => mse(...args)).toThrow(text);
      }
      expect(() => call(entry.api, "nllLoss")([[1]][0], half)).toThrow('"target" expected class indices (integers), got bfloat16');
      // a gradient is wider than what it would be written over
      const buffer = new ArrayBuffer(16);
      const input = { data: new Uint16Array(buffer, 0, 4), shape: [4], dtype: "float16" };
      expect(() => mse.valueAndGrad(input, [1, 2, 3, 4], { out: { input: new Float32Array(buffer) } })).toThrow(RangeError);
    });
  });
}

describe("tensor", () => {
  it("keeps the dtype that it was given, and checks it", () => {
    const data = Uint16Array.of(1);
    const half: Half = tensor(data, [1], "bfloat16");
    expect(half).toEqual({ data, shape: [1], dtype: "bfloat16" });
    expect(tensor(Float32Array.of(1), [1], "float32")).toEqual({ data: Float32Array.of(1), shape: [1], dtype: "float32" });
    expect(() => tensor(Float32Array.of(1) as never, [1], "float16")).toThrow(
      'tensor: "data" expected a Uint16Array or Float16Array for float16, got a Float32Array',
    );
    expect(() => tensor(data, [1], "int8" as never)).toThrow(RangeError);
    expect(() => tensor(data, [1], 16 as never)).toThrow(TypeError);
    expect(() => tensor(data, [2], "float16")).toThrow(RangeError);
  });
});
