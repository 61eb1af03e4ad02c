/**
 * Every kind of error that the contract words, of every loss on every entry point: the class, the names in the message, the next call right; and objects with
 * methods, getters and prototypes that lie. test/misfits.test.ts: arguments that do not fit each other.
 */
import { describe, expect, it } from "vitest";
import { type Callable, entries, functionOf } from "./entries.js";
import { type LossRow, losses } from "./table.js";
import { check, thrown } from "./thrown.js";

const f32 = (...values: number[]) => Float32Array.from(values);

const twoSides = () => [
  { data: f32(1, 2, 3, 4), shape: [2, 2] },
  { data: f32(0, 2, 5, 1), shape: [2, 2] },
];

/** Arguments that every loss accepts, in float32. */
const GOOD: Record<string, () => unknown[]> = {
  mseLoss: () => [f32(1, 2, 3), f32(0, 2, 5)],
  l1Loss: () => [f32(1, 2, 3), f32(0, 2, 5)],
  smoothL1Loss: () => [f32(1, 2, 3), f32(0, 2, 5)],
  huberLoss: () => [f32(1, 2, 3), f32(0, 2, 5)],
  nllLoss: () => [f32(-1, -2, -3, -1, -2, -3), [0, 2]],
  crossEntropyLoss: () => [f32(1, 2, 3, 1, 2, 3), [0, 2]],
  bceLoss: () => [f32(0.5, 0.2, 0.9), f32(0, 1, 0.5)],
  bceWithLogitsLoss: () => [f32(1, -2, 3), f32(0, 1, 0.5)],
  klDivLoss: () => [f32(-1, -2, -3), f32(0.5, 0.2, 0.3)],
  marginRankingLoss: () => [f32(1, 2, 3), f32(0, 2, 5), f32(1, -1, 1)],
  tripletMarginLoss: () => [f32(1, 2, 3), f32(0, 2, 5), f32(4, 1, 1)],
  tripletRatioLoss: () => [f32(1, 2, 3), f32(0, 2, 5), f32(4, 1, 1)],
  cosineEmbeddingLoss: () => [f32(1, 2, 3), f32(0, 2, 5), 1],
  hingeEmbeddingLoss: () => [f32(1, 2, 3), f32(1, -1, 1)],
  softMarginLoss: () => [f32(1, 2, 3), f32(1, -1, 1)],
  multiMarginLoss: () => [f32(1, 2, 3, 1, 2, 3), [0, 2]],
  multiLabelMarginLoss: () => [f32(1, 2, 3), Int32Array.of(2, -1, 0)],
  multiLabelSoftMarginLoss: () => [f32(1, 2, 3), f32(1, 0, 1)],
  poissonNllLoss: () => [f32(1, 2, 3), f32(1, 0, 2)],
  gaussianNllLoss: () => [f32(1, 2, 3), f32(1, 0, 2), f32(1, 0.5, 2)],
  ctcLoss: () => [{ data: f32(-1, -2, -3, -1, -2, -3), shape: [2, 3] }, [1], 2, 1],
  contrastiveLoss: () => [f32(1, 2, 3), f32(0, 2, 5), 1],
  sigmoidFocalLoss: () => [f32(1, -2, 3), f32(0, 1, 0.5)],
  pinballLoss: () => [f32(1, 2, 3), f32(0, 2, 5)],
  logCoshLoss: () => [f32(1, 2, 3), f32(0, 2, 5)],
  diceLoss: () => [
    { data: f32(0.5, 0.2, 0.9), shape: [1, 3] },
    { data: f32(0, 1, 0.5), shape: [1, 3] },
  ],
  tverskyLoss: () => [
    { data: f32(0.5, 0.2, 0.9), shape: [1, 3] },
    { data: f32(0, 1, 0.5), shape: [1, 3] },
  ],
  generalizedBoxIouLoss: () => [f32(0, 0, 2, 1), f32(1, 0, 3, 1)],
  distanceBoxIouLoss: () => [f32(0, 0, 2, 1), f32(1, 0, 3, 1)],
  completeBoxIouLoss: () => [f32(0, 0, 2, 1), f32(1, 0, 3, 1)],
  distillationLoss: () => [f32(1, 2, 3), f32(0, 2, 5)],
  dpoLoss: () => [f32(-1, -2), f32(-2, -1), f32(-1, -1), f32(-2, -3)],
  infoNceLoss: () => twoSides(),
  clipLoss: () => [...twoSides(), 2],
  sigLipLoss: () => [...twoSides(), 2, -1],
  ntXentLoss: () => [{ data: f32(1, 2, 3, 4, 5, 7), shape: [3, 2] }, [1, 1, 2]],
  supConLoss: () => [{ data: f32(1, 2, 3, 4, 5, 7), shape: [3, 2] }, [1, 1, 2]],
  batchHardTripletLoss: () => [{ data: f32(1, 2, 3, 4, 5, 7), shape: [3, 2] }, [1, 1, 2]],
};

/** Number options with values that are out of range; NaN is added to each. */
const OPTIONS: Record<string, Record<string, number[]>> = {
  smoothL1Loss: { beta: [-1] },
  huberLoss: { delta: [0, -1] },
  crossEntropyLoss: { labelSmoothing: [-0.1, 1.5], ignoreIndex: [0.5] },
  nllLoss: { ignoreIndex: [0.5] },
  marginRankingLoss: { margin: [] },
  tripletMarginLoss: { margin: [0, -1], p: [-1], eps: [] },
  tripletRatioLoss: { eps: [] },
  cosineEmbeddingLoss: { margin: [] },
  hingeEmbeddingLoss: { margin: [] },
  multiMarginLoss: { p: [3, 1.5, 0], margin: [] },
  poissonNllLoss: { eps: [] },
  gaussianNllLoss: { eps: [0, -1] },
  ctcLoss: { blank: [-1, 3, 0.5] },
  infoNceLoss: { temperature: [0, -1] },
  ntXentLoss: { temperature: [0, -1] },
  supConLoss: { temperature: [0, -1] },
  batchHardTripletLoss: { margin: [] },
};

// a row of the table without arguments here is a loss that nobody tried to misuse
for (const { name } of losses) if (!(name in GOOD)) throw new Error(`test/misuse.test.ts has no arguments for ${name}`);
const names = Object.keys(GOOD);

for (const entry of entries) {
  describe(entry.name, () => {
    for (const name of names) {
      const loss = functionOf(entry, name);
      const good = () => (GOOD[name] as () => unknown[])();
      /** The shape of the first argument of a loss that needs one, and another array in it. */
      const shapeOf = () => (good()[0] as { shape?: number[] }).shape;
      const shaped = (data: unknown) => (shapeOf() ? { data, shape: shapeOf() } : data);
      const first = (args: unknown[]): Float32Array => ((args[0] as { data?: Float32Array }).data ?? args[0]) as Float32Array;
      const { arguments: names, reductions } = losses.find((row) => row.name === name) as LossRow;
      const argument = names[0] as string;

      describe(name, () => {
        const right = loss(...good());
        const next = () => expect(loss(...good())).toEqual(right);

        it("number of arguments", () => {
          check(() => loss(), TypeError, name);
          check(() => loss(first(good())), TypeError, name);
          check(() => loss(...good(), {}, {}), TypeError, name);
          next();
        });

        it("arguments of a wrong kind", () => {
          const wrong = [
            null,
            undefined,
            "1",
            true,
            1n,
            () => 1,
            Symbol.iterator,
            new ArrayBuffer(8),
            new DataView(new ArrayBuffer(8)),
            {},
            [[1]],
            ["1"],
            [undefined, 1],
          ];
          for (const value of [...wrong, new Uint16Array(3), { data: f32(1, 2, 3) }]) {
            const args = good();
            args[0] = value;
            check(() => loss(...args), TypeError, name, `"${argument}"`);
          }
          next();
        });

        it("tensors that are not what they seem", () => {
          const data = first(good());
          for (const extra of [{ location: "gpu-buffer" }, { strides: [2] }, { stride: [0] }, { offset: 1 }, { type: "float16" }]) {
            const args = good();
            args[0] = { data, shape: [data.length], ...extra };
            check(() => loss(...args), TypeError, name, `"${argument}"`);
          }
          for (const shape of [[data.length + 1], [-1], [1.5], [2 ** 40, 2 ** 40], [2 ** 31, 2 ** 31, 2 ** 31, 0]]) {
            const args = good();
            args[0] = { data, shape };
            check(() => loss(...args), RangeError, name, `"${argument}"`);
          }
          next();
        });

        it("detached arrays", () => {
          const args = good();
          const array = first(args);
          structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
          check(() => loss(...args), TypeError, name, "detached");
          next();
        });

        it("options", () => {
          check(() => loss(...good(), { nonsense: 1 }), TypeError, name, '"nonsense"');
          check(() => loss(...good(), { wrt: [] }), TypeError, name, '"wrt"');
          check(() => loss(...good(), { gradOutput: 1 }), TypeError, name, '"gradOutput"');
          check(() => loss(...good(), null), TypeError, name);
          check(() => loss(...good(), 3), TypeError, name);
          check(() => loss(...good(), { reduction: "average" }), RangeError, name, '"reduction"', '"average"');
          check(() => loss(...good(), { reduction: 1 }), TypeError, name, '"reduction"');
          for (const [option, values] of Object.entries(OPTIONS[name] ?? {})) {
            for (const value of [...values, Number.NaN]) check(() => loss(...good(), { [option]: value }), RangeError, name, `"${option}"`);
            check(() => loss(...good(), { [option]: "1" }), TypeError, name, `"${option}"`);
          }
          next();
        });

        it("wrt and gradOutput", () => {
          const call = (options: object) => () => loss.valueAndGrad(...good(), options);
          check(call({ wrt: ["nonsense"] }), TypeError, name, '"wrt"');
          check(call({ wrt: [argument, argument] }), TypeError, name, '"wrt"');
          check(call({ wrt: argument }), TypeError, name, '"wrt"');
          check(call({ gradOutput: f32(1) }), TypeError, name, '"gradOutput"');
          check(call({ gradOutput: Number.NaN }), RangeError, name, '"gradOutput"');
          if (reductions.includes("none")) {
            check(call({ gradOutput: 1, reduction: "none" }), TypeError, name, '"gradOutput"');
            check(call({ gradOutput: new Float32Array(17), reduction: "none" }), RangeError, name, '"gradOutput"');
            check(call({ gradOutput: new Float64Array(3), reduction: "none" }), TypeError, name, '"gradOutput"');
          }
          expect(loss.valueAndGrad(...good(), { wrt: [] }).grad).toEqual({});
          next();
        });

        it("out", () => {
          const length = first(good()).length;
          const call =
            (out: unknown, options: object = {}) =>
            () =>
              loss.valueAndGrad(...good(), { ...options, out });
          check(call({ nonsense: f32(1) }), TypeError, name, "nonsense");
          check(call({ [argument]: f32(1) }, { wrt: [] }), TypeError, name, argument);
          check(call({ [argument]: new Float64Array(length) }), TypeError, name, argument);
          check(call({ [argument]: [] }), TypeError, name, argument);
          check(call({ [argument]: new Float32Array(length + 1) }), RangeError, name, argument);
          check(call({ value: f32(1) }), TypeError, name, "value");
          check(call(f32(1)), TypeError, name, '"out"');
          // overlap: a part of its own argument, or another out
          const buffer = new Float32Array(length + 1);
          const args = good();
          buffer.set(first(args));
          const view = buffer.subarray(0, length);
          args[0] = shaped(view);
          check(() => loss.valueAndGrad(...args, { out: { [argument]: buffer.subarray(1) } }), RangeError, name, argument);
          expect([...view]).toEqual([...first(good())]);
          expect(loss.valueAndGrad(...args, { out: { [argument]: view } }).grad[argument]).toBe(view);
          next();
        });

        it("getters that throw, call losskit again, or detach", () => {
          const args = good();
          const data = first(args);
          const shape = shapeOf() ?? ((args[0] as { length: number }).length === 6 ? [2, 3] : [data.length]);
          const want = loss(...[{ data, shape }, ...args.slice(1)]);
          const evil = (act: () => void) => ({
            get data() {
              act();
              return data;
            },
            shape,
          });
          const boom = new Error("boom");
          expect(
            thrown(() =>
              loss(
                evil(() => {
                  throw boom;
                }),
                ...args.slice(1),
              ),
            ),
          ).toBe(boom);
          expect(
            loss(
              evil(() => {
                loss(...good());
                functionOf(entry, "mseLoss")(f32(9), f32(1));
              }),
              ...args.slice(1),
            ),
          ).toEqual(want);
          const other = Float32Array.from(data);
          const detach = {
            get reduction() {
              structuredClone(other, { transfer: [other.buffer] });
              return "sum";
            },
          };
          const again = good();
          again[0] = { data: other, shape };
          check(() => loss(...again, detach), TypeError, name, "detached");
          next();
        });

        it("subclasses and properties that lie", () => {
          class Liar extends Float32Array {
            override get length(): number {
              return 1 << 20;
            }
            override subarray(): never {
              throw new Error("called");
            }
            override set(): never {
              throw new Error("called");
            }
          }
          const args = good();
          const data = first(args);
          const liar = new Liar(data.buffer as ArrayBuffer);
          args[0] = shaped(liar);
          expect(loss(...args)).toEqual(right);
          const own = Float32Array.from(data);
          Object.defineProperty(own, "length", { value: 1 << 20 });
          Object.defineProperty(own, "constructor", { value: Liar });
          args[0] = shaped(own);
          expect(loss(...args)).toEqual(right);
        });
      });
    }

    const each = (name: string): Callable => functionOf(entry, name);
    it("an out with methods of its own: none is called", () => {
      for (const name of ["nllLoss", "crossEntropyLoss", "multiMarginLoss"]) {
        const loss = each(name);
        const args = () => (GOOD[name] as () => unknown[])();
        const want = loss.valueAndGrad(...args(), { reduction: "none" });
        const out = { input: new Float32Array(6), value: new Float32Array(2) };
        for (const array of [out.input, out.value]) {
          for (const method of ["fill", "set", "subarray", "slice"]) {
            Object.defineProperty(array, method, {
              value: () => {
                throw new Error(`${method} was called`);
              },
            });
          }
        }
        const got = loss.valueAndGrad(...args(), { reduction: "none", out });
        expect([...(got.value as Float32Array)]).toEqual([...(want.value as Float32Array)]);
        expect([...(got.grad.input as Float32Array)]).toEqual([...(want.grad.input as Float32Array)]);
      }
    });

    it("ctcLoss in place, of an array with methods of its own: none is called", () => {
      const want = each("ctcLoss").valueAndGrad(...(GOOD.ctcLoss as () => unknown[])());
      const [input, ...rest] = (GOOD.ctcLoss as () => unknown[])() as [{ data: Float32Array; shape: number[] }, ...unknown[]];
      for (const name of ["slice", "constructor"]) {
        Object.defineProperty(input.data, name, {
          get: () => {
            throw new Error(`${name} was looked at`);
          },
        });
      }
      const got = each("ctcLoss").valueAndGrad(input, ...rest, { out: { logProbs: input.data } });
      expect(got.value).toBe(want.value);
      expect([...input.data]).toEqual([...(want.grad.logProbs as Float32Array)]);
    });

    it("what everybody made enumerable on Object.prototype is no option, what an options object has of its own is", () => {
      const everybody = Object.prototype as unknown as Record<string, unknown>;
      const names = Object.keys(GOOD).filter((name) => name in entry.api);
      const call = (name: string, options: object) => each(name).valueAndGrad(...(GOOD[name] as () => unknown[])(), options);
      const options = (name: string) => ({ reduction: name === "ntXentLoss" ? "sum" : "none", out: { value: undefined } }); // of pairs it has no "none"
      const before = names.map((name) => call(name, options(name)));
      try {
        everybody.everybodys = 1;
        expect(names.map((name) => call(name, options(name)))).toEqual(before);
        expect(each("softmax")(f32(1, 2), { dim: 0 })).toHaveLength(2);
        for (const name of names) {
          check(() => call(name, { everybodys: 1 }), TypeError, name, '"everybodys"');
          check(() => call(name, { out: { everybodys: f32(1) } }), TypeError, name, "out.everybodys");
        }
      } finally {
        delete everybody.everybodys;
      }
      for (const name of names) {
        check(() => call(name, { toString: 1 }), TypeError, name, '"toString"');
        check(() => call(name, { out: { toString: f32(1) } }), TypeError, name, "out.toString");
      }
    });
  });
}
