/**
 * losskit/threads: the same bits as losskit/wasm for any number of threads, for arrays of alloc, plain ones and both; and that workers did the work.
 */
import { afterAll, describe, expect, it } from "vitest";
import { Broadcast } from "../src/array/broadcast.js";
import { copy } from "../src/backend/threads/copy.js";
import { work } from "../src/backend/threads/host.js";
import { read, write } from "../src/backend/threads/job.js";
import { tuning } from "../src/backend/threads/pool.js";
import * as api from "../src/threads.js";
import * as wasm from "../src/wasm.js";
import { type Callable, type FloatArray, functionOf } from "./entries.js";
import { Random } from "./reference/random.js";
import type { Tensor } from "./reference/tensor.js";
import { draw, losses, operations, type Row } from "./table.js";

const single = { name: "losskit/wasm", api: wasm as unknown as Readonly<Record<string, Callable>> };
const several = { name: "losskit/threads", api: api as unknown as Readonly<Record<string, Callable>> };
const { threads } = api;

/** Elsewhere one thread computes, and these tests see that it does. */
const able = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false && typeof SharedArrayBuffer !== "undefined";

/** Long enough for a few tiles of 64 KiB, odd and even. */
const LENGTHS = [7, 999, 20_003];
const MOST = 120_000;

type Value = number | FloatArray | { value: number | FloatArray; grad: Record<string, FloatArray> };

/** The words of all arrays and numbers of a result, whatever it is. */
function wordsOf(value: unknown): Int32Array[] {
  if (typeof value === "number") return [new Int32Array(Float64Array.of(value).buffer)];
  if (ArrayBuffer.isView(value)) return [new Int32Array(value.buffer, value.byteOffset, value.byteLength / 4)];
  return Object.values(value as object).flatMap(wordsOf);
}

/** How many words differ; any NaN is like any other in none of them, as both take the same path. */
function differing(a: unknown, b: unknown): number {
  const [x, y] = [wordsOf(a), wordsOf(b)];
  let count = x.length === y.length ? 0 : 1;
  x.forEach((words, i) => {
    const others = y[i] as Int32Array;
    if (words.length !== others.length) count++;
    for (let k = 0; k < words.length; k++) if (words[k] !== others[k]) count++;
  });
  return count;
}

/** As a user hands it over: floats in one dtype, classes as integers. */
function typed(value: unknown, double: boolean): unknown {
  if (typeof value !== "object" || value === null || !("kind" in value)) return value;
  const { data, shape, kind } = value as Tensor;
  return { shape, data: kind === "class" ? Int32Array.from(data) : double ? Float64Array.from(data) : Float32Array.from(data) };
}

/** A tensor with its floats in an array of alloc. */
function allocated(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value)) {
    const array = value as FloatArray;
    if (!(array instanceof Float32Array || array instanceof Float64Array)) return value;
    const copy = api.alloc(array.length, array instanceof Float32Array ? "float32" : "float64");
    copy.set(array);
    return copy;
  }
  const record = value as Record<string, unknown>;
  return "data" in record ? { ...record, data: allocated(record.data) } : value;
}

function freeAll(value: unknown): void {
  const data = ArrayBuffer.isView(value) ? value : (value as { data?: unknown } | null)?.data;
  if (ArrayBuffer.isView(data)) {
    try {
      api.free(data as Float32Array);
    } catch {
      // an ordinary one
    }
  }
}

const sizeOf = (args: readonly unknown[]): number =>
  Math.max(...args.map((arg) => ((arg as { data?: ArrayLike<number> })?.data ?? (arg as ArrayLike<number>))?.length ?? 0));

const TABLE = new Random(5).normal([65_537]).data;
/** Numbers of no pattern, and not the same ones for every `from`. */
function wave(length: number, from = 0): Float32Array {
  const data = new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = 2 * (TABLE[(i + 977 * from) % TABLE.length] as number);
  return data;
}
const upperHalves = (data: Float32Array): Uint16Array => new Uint16Array(data.buffer).filter((_, i) => i % 2 === 1);
const positive = (length: number, from = 0): Float32Array => wave(length, from).map((x) => 0.02 + x * x * 0.005);
const indices = (rows: number, classes: number): Int32Array => Int32Array.from({ length: rows }, (_, i) => (i % 11 === 3 ? -100 : (i * 7919) % classes));
/** Labels of which each is that of two rows or three. */
const pairs = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, i) => (i * 7) % (rows >> 1));
const shaped = (data: FloatArray, ...shape: number[]) => ({ data, shape });

type Api = typeof wasm;
type Hold = <A extends FloatArray>(array: A) => A;
const ROWS = 739;
const ODD = 1003; // classes: no whole vectors in a row, and 46 batches of 16 rows and one of 3, whose chunk is not full
const BOXES = 40_003;
const MANY = 800_003; // positions: 12 chunks of 65536, and one that is not full
function corners(from: number): Float32Array {
  const data = wave(4 * BOXES, from);
  return data.map((x, i) => (i % 4 < 2 ? x : (data[i - 2] as number) + 0.1 + Math.abs(x)));
}
/** Calls longer than the table's: many chunks for each thread, rows in pieces, axes that are not the last, and what the table does not call. */
const LONG: Readonly<Record<string, (api: Api, hold: Hold) => unknown>> = {
  "crossEntropyLoss, classes": (api, hold) => api.crossEntropyLoss.valueAndGrad(shaped(hold(wave(ROWS * ODD)), ROWS, ODD), indices(ROWS, ODD)),
  "crossEntropyLoss, losses of the rows": (api, hold) =>
    api.crossEntropyLoss.valueAndGrad(shaped(hold(wave(ROWS * ODD)), ROWS, ODD), indices(ROWS, ODD), { reduction: "none", gradOutput: hold(wave(ROWS)) }),
  "crossEntropyLoss, weight, smoothing, softcap, zLoss": (api, hold) =>
    api.crossEntropyLoss.valueAndGrad(shaped(hold(wave(ROWS * ODD)), ROWS, ODD), indices(ROWS, ODD), {
      weight: positive(ODD),
      labelSmoothing: 0.1,
      softcap: 3,
      zLoss: 0.01,
    }),
  "crossEntropyLoss, probabilities, both gradients": (api, hold) =>
    api.crossEntropyLoss.valueAndGrad(shaped(hold(wave(ROWS * ODD)), ROWS, ODD), shaped(hold(positive(ROWS * ODD)), ROWS, ODD), {
      wrt: ["input", "target"],
      weight: positive(ODD),
      labelSmoothing: 0.2,
    }),
  "crossEntropyLoss, float64": (api, hold) =>
    api.crossEntropyLoss.valueAndGrad(shaped(hold(Float64Array.from(wave(ROWS * ODD))), ROWS, ODD), indices(ROWS, ODD)),
  "crossEntropyLoss, whole vectors": (api, hold) => api.crossEntropyLoss.valueAndGrad(shaped(hold(wave(1024 * 1000)), 1024, 1000), indices(1024, 1000)),
  "crossEntropyLoss, rows in pieces": (api, hold) =>
    api.crossEntropyLoss.valueAndGrad(shaped(hold(Float64Array.from(wave(4 * 530_003))), 4, 530_003), indices(4, 530_003), { labelSmoothing: 0.1 }),
  "crossEntropyLoss, bfloat16": (api, hold) =>
    api.crossEntropyLoss.valueAndGrad(api.tensor(upperHalves(wave(ROWS * ODD)), [ROWS, ODD], "bfloat16"), indices(ROWS, ODD), {
      out: { input: hold(new Float32Array(ROWS * ODD)) },
    }),
  "crossEntropyLoss, totals": (api, hold) => api.crossEntropyLoss.totals(shaped(hold(wave(ROWS * ODD)), ROWS, ODD), indices(ROWS, ODD)),
  "softmax along the first axis": (api, hold) => api.softmax(shaped(hold(wave(ROWS * ODD)), ODD, ROWS), { dim: 0 }),
  "logSoftmax along a middle axis": (api, hold) => api.logSoftmax(shaped(hold(wave(700 * ODD)), 7, ODD, 100), { dim: 1 }),
  logSumExp: (api, hold) => api.logSumExp(shaped(hold(wave(ROWS * ODD)), ROWS, ODD), { dim: -1 }),
  scoreTokens: (api, hold) => {
    const { totals, ...rest } = api.scoreTokens(shaped(hold(wave(ROWS * ODD)), ROWS, ODD), indices(ROWS, ODD), {
      outputs: ["logprob", "rank", "entropy", "argmax"],
      topLogprobs: 5,
    });
    return { totals, ...rest };
  },
  "scoreTokens, float16, rows in pieces": (api) =>
    api.scoreTokens(api.tensor(upperHalves(wave(6 * 1_060_001)), [6, 1_060_001], "float16"), indices(6, 1_060_001), { outputs: ["logSumExp", "max"] }),
  "cdist, odd columns": (api, hold) => api.cdist(shaped(hold(wave(700 * 37)), 700, 37), shaped(hold(wave(211 * 37, 5)), 211, 37)),
  "cdist, batches, p = 3": (api, hold) => api.cdist(shaped(hold(wave(2 * 300 * 21)), 2, 300, 21), shaped(hold(wave(2 * 70 * 21, 5)), 2, 70, 21), { p: 3 }),
  "tripletMarginLoss, swap": (api, hold) =>
    api.tripletMarginLoss.valueAndGrad(
      shaped(hold(wave(4001 * 33)), 4001, 33),
      shaped(hold(wave(4001 * 33, 1)), 4001, 33),
      shaped(hold(wave(4001 * 33, 2)), 4001, 33),
      {
        swap: true,
      },
    ),
  cosineEmbeddingLoss: (api, hold) =>
    api.cosineEmbeddingLoss.valueAndGrad(
      shaped(hold(wave(4001 * 33)), 4001, 33),
      shaped(hold(wave(4001 * 33, 1)), 4001, 33),
      Float32Array.from({ length: 4001 }, (_, i) => (i % 2 ? 1 : -1)),
    ),
  multiMarginLoss: (api, hold) =>
    api.multiMarginLoss.valueAndGrad(
      shaped(hold(wave(ROWS * ODD)), ROWS, ODD),
      indices(ROWS, ODD)
        .map(Math.abs)
        .map((y) => y % ODD),
    ),
  "bceWithLogitsLoss, posWeight repeated": (api, hold) =>
    api.bceWithLogitsLoss.valueAndGrad(shaped(hold(wave(ROWS * ODD)), ROWS, ODD), shaped(hold(positive(ROWS * ODD)), ROWS, ODD), {
      posWeight: hold(positive(ODD)),
    }),
  "bceLoss, losses of the elements": (api, hold) => api.bceLoss.valueAndGrad(hold(positive(ROWS * ODD)), hold(positive(ROWS * ODD, 3)), { reduction: "none" }),
  bceWithLogitsLoss: (api, hold) => api.bceWithLogitsLoss.valueAndGrad(hold(wave(MANY)), hold(positive(MANY))),
  "bceWithLogitsLoss, weight": (api, hold) => api.bceWithLogitsLoss(hold(wave(MANY)), hold(positive(MANY)), { weight: hold(positive(MANY, 9)) }),
  "sigmoidFocalLoss, losses of the elements, float64": (api, hold) =>
    api.sigmoidFocalLoss(hold(Float64Array.from(wave(MANY))), hold(Float64Array.from(positive(MANY))), { reduction: "none" }),
  "klDivLoss, both gradients, more arrays than come through slots": (api, hold) =>
    api.klDivLoss.valueAndGrad(hold(wave(MANY)), hold(positive(MANY)), { wrt: ["input", "target"] }),
  "klDivLoss, totals": (api, hold) => api.klDivLoss.totals(hold(wave(ROWS * ODD)), hold(positive(ROWS * ODD))),
  ctcLoss: (api, hold) => {
    const labels = Int32Array.from({ length: 16 * 5 }, (_, i) => 1 + ((i * 5) % 36));
    const lengths = (length: number) => new Int32Array(16).fill(length);
    return api.ctcLoss.valueAndGrad(shaped(hold(wave(50 * 16 * 37).map((x) => x - 6)), 50, 16, 37), { data: labels, shape: [16, 5] }, lengths(50), lengths(5));
  },
  "diceLoss, rows in pieces": (api, hold) =>
    api.diceLoss.valueAndGrad(shaped(hold(positive(6 * 70_003)), 2, 3, 70_003), shaped(hold(positive(6 * 70_003, 2)), 2, 3, 70_003)),
  completeBoxIouLoss: (api, hold) => api.completeBoxIouLoss.valueAndGrad(shaped(hold(corners(0)), BOXES, 4), shaped(hold(corners(3)), BOXES, 4)),
  "generalizedBoxIouLoss, losses of the boxes": (api, hold) =>
    api.generalizedBoxIouLoss.valueAndGrad(shaped(hold(corners(0)), BOXES, 4), shaped(hold(corners(3)), BOXES, 4), { reduction: "none" }),
  "distillationLoss, mixture": (api, hold) =>
    api.distillationLoss.valueAndGrad(shaped(hold(wave(ROWS * ODD)), ROWS, ODD), shaped(hold(wave(ROWS * ODD, 4)), ROWS, ODD), { beta: 0.5 }),
  "distillationLoss, a teacher in float16": (api, hold) =>
    api.distillationLoss.valueAndGrad(shaped(hold(wave(ROWS * ODD)), ROWS, ODD), api.tensor(upperHalves(wave(ROWS * ODD, 4)), [ROWS, ODD], "float16")),
  "distillationLoss, rows in pieces": (api, hold) =>
    api.distillationLoss.valueAndGrad(
      shaped(hold(Float64Array.from(wave(5 * 530_003))), 5, 530_003),
      shaped(hold(Float64Array.from(wave(5 * 530_003, 4))), 5, 530_003),
    ),
  infoNceLoss: (api, hold) => api.infoNceLoss.valueAndGrad(shaped(hold(wave(500 * 37)), 500, 37), shaped(hold(wave(611 * 37, 4)), 611, 37)),
  "infoNceLoss, value, float64": (api, hold) =>
    api.infoNceLoss(shaped(hold(Float64Array.from(wave(500 * 37))), 500, 37), shaped(hold(Float64Array.from(wave(500 * 37, 4))), 500, 37)),
  "clipLoss, all gradients": (api, hold) =>
    api.clipLoss.valueAndGrad(shaped(hold(wave(500 * 37)), 500, 37), shaped(hold(wave(500 * 37, 4)), 500, 37), 3, {
      wrt: ["image", "text", "logitScale"],
    }),
  "sigLipLoss, all gradients": (api, hold) =>
    api.sigLipLoss.valueAndGrad(shaped(hold(wave(500 * 37)), 500, 37), shaped(hold(wave(500 * 37, 4)), 500, 37), 3, -2, {
      wrt: ["image", "text", "logitScale", "logitBias"],
    }),
  "infoNceLoss, one gradient": (api, hold) =>
    api.infoNceLoss.valueAndGrad(shaped(hold(wave(300 * 37)), 300, 37), shaped(hold(wave(300 * 37, 4)), 300, 37), { wrt: ["key"] }),
  ntXentLoss: (api, hold) => api.ntXentLoss.valueAndGrad(shaped(hold(wave(500 * 37)), 500, 37), pairs(500)),
  supConLoss: (api, hold) => api.supConLoss.valueAndGrad(shaped(hold(wave(500 * 37)), 500, 37), pairs(500)),
  batchHardTripletLoss: (api, hold) => api.batchHardTripletLoss.valueAndGrad(shaped(hold(wave(500 * 37)), 500, 37), pairs(500)),
  contrastiveLoss: (api, hold) =>
    api.contrastiveLoss.valueAndGrad(
      shaped(hold(wave(4001 * 33)), 4001, 33),
      shaped(hold(wave(4001 * 33, 1)), 4001, 33),
      Float32Array.from({ length: 4001 }, (_, i) => (i % 2 ? 1 : -1)),
    ),
  diceLoss: (api, hold) => api.diceLoss.valueAndGrad(shaped(hold(positive(6 * ODD)), 2, 3, ODD), shaped(hold(positive(6 * ODD, 2)), 2, 3, ODD)),
};

for (const count of [1, 2, 3, 8]) {
  describe(`losskit/threads, ${count} threads`, () => {
    it("are ready", async () => {
      tuning.least = 0;
      threads.start({ count });
      await threads.ready();
      expect(threads.count).toBe(able ? count : 1);
      expect(api.backend().threads).toBe(threads.count);
      if (threads.count === 1) expect(api.backend().reason).toMatch(/one thread: /);
    });

    for (const row of [...losses, ...operations] as Row[]) {
      it(`${row.name}: the bits of one thread`, () => {
        const one = functionOf(single, row.name);
        const many = functionOf(several, row.name);
        const reductions = "reductions" in row ? row.reductions : [undefined];
        let seed = 1;
        for (const variant of row.variants) {
          for (const length of LENGTHS) {
            for (const shape of row.shapes(length)) {
              if (shape.reduce((a, b) => a * b, 1) > MOST) continue;
              const drawn = draw(row, variant, shape);
              const double = seed % 3 === 0;
              const given = row.arguments.map((name) => typed(drawn.args[name], double));
              const options = Object.fromEntries(Object.entries(drawn.options).map(([name, value]) => [name, typed(value, double)]));
              if (sizeOf(given) > MOST) continue;
              seed++;
              const reduction = reductions[seed % reductions.length];
              const all = reduction === undefined ? options : { ...options, reduction };
              const gradients = "wrt" in row && row.wrt.length > 0;
              const call = (f: Callable, list: unknown[], more: object = {}): Value =>
                (gradients ? f.valueAndGrad(...list, { ...all, ...more }) : f(...list, all)) as Value;
              const expected = call(one, given);
              for (const how of ["plain", "alloc", "mixed"]) {
                const mine = given.map((arg, i) => (how === "alloc" || (how === "mixed" && i % 2 === 0) ? allocated(arg) : arg));
                let out: Record<string, FloatArray> | undefined;
                if (gradients && how !== "plain") {
                  out = {};
                  for (const [name, array] of Object.entries((expected as { grad: Record<string, FloatArray> }).grad))
                    out[name] = allocated(array.slice().fill(7)) as FloatArray;
                }
                const actual = call(many, mine, out ? { out } : {});
                expect(differing(actual, expected), `${variant.title}, [${shape}], ${how}, ${String(reduction)}`).toBe(0);
                for (const value of [...mine, ...Object.values(out ?? {})]) freeAll(value);
              }
            }
          }
        }
      });
    }

    for (const [title, call] of Object.entries(LONG)) {
      it(`${title}: the bits of one thread`, () => {
        const expected = call(wasm, (array) => array);
        for (const how of ["plain", "alloc", "mixed"]) {
          const held: FloatArray[] = [];
          let position = 0;
          const hold: Hold = (array) => {
            if (how === "plain" || (how === "mixed" && position++ % 2 === 1)) return array;
            const own = allocated(array) as typeof array;
            held.push(own);
            return own;
          };
          expect(differing(call(api as unknown as Api, hold), expected), how).toBe(0);
          for (const array of held) api.free(array);
        }
      });
    }

    it("gradients in place, of arrays of alloc and of plain ones: the bits of one thread", () => {
      const x = wave(ROWS * ODD);
      const classes = indices(ROWS, ODD);
      const { grad } = wasm.crossEntropyLoss.valueAndGrad(shaped(x, ROWS, ODD), classes);
      for (const own of [true, false]) {
        const data = own ? api.alloc(x.length) : new Float32Array(x.length);
        data.set(x);
        api.crossEntropyLoss.valueAndGrad(shaped(data, ROWS, ODD), classes, { out: { input: data } });
        expect(differing(data, grad.input)).toBe(0);
        if (own) api.free(data);
      }
    });

    it("CTC's gradient in place, of one sample and of several: the bits of one thread", () => {
      for (const samples of [1, 2, 24]) {
        const x = wave(60 * samples * 21).map((y) => y - 6);
        const targets = { data: Int32Array.from({ length: samples * 7 }, (_, i) => 1 + ((i * 5) % 20)), shape: [samples, 7] };
        const [times, lengths] = [new Int32Array(samples).fill(60), new Int32Array(samples).fill(7)];
        const expected = wasm.ctcLoss.valueAndGrad(shaped(x, 60, samples, 21), targets, times, lengths);
        for (const own of [true, false]) {
          const data = own ? api.alloc(x.length) : new Float32Array(x.length);
          data.set(x);
          const { value } = api.ctcLoss.valueAndGrad(shaped(data, 60, samples, 21), targets, times, lengths, { out: { logProbs: data } });
          expect(value).toBe(expected.value);
          expect(differing(data, expected.grad.logProbs)).toBe(0);
          if (own) api.free(data);
        }
      }
    });

    it("name the first of several elements that are out of range", () => {
      const data = api.alloc(ROWS * ODD).fill(0.5);
      for (const at of [ROWS * ODD - 1, 500_002, 500_001]) {
        data[at] = at === 500_002 ? Number.NaN : 2;
        expect(() => api.bceLoss(data, data)).toThrow(`[${at}]`);
      }
      api.free(data);
    });

    if (able && count > 1)
      it("share plain arrays: classes, half precision, distillation, tokens, positions, all pairs", () => {
        const rows = shaped(wave(ROWS * ODD), ROWS, ODD);
        const half = api.tensor(upperHalves(wave(ROWS * ODD)), [ROWS, ODD], "bfloat16");
        const calls = [
          () => api.crossEntropyLoss(rows, indices(ROWS, ODD)),
          () => api.crossEntropyLoss(half, indices(ROWS, ODD)),
          () => api.distillationLoss(rows, half),
          () => api.scoreTokens(half, indices(ROWS, ODD)),
          () => api.softMarginLoss(wave(MANY), wave(MANY, 3)),
          () => api.infoNceLoss(shaped(wave(500 * 64), 500, 64), shaped(wave(500 * 64, 4), 500, 64)),
        ];
        for (const call of calls) {
          const others = () => work().reduce((sum, chunks, thread) => sum + (thread > 0 ? chunks : 0), 0);
          const before = others();
          // a worker that was asleep may come too late for one call
          for (let again = 0; again < 100 && others() === before; again++) call();
          expect(others(), String(call)).toBeGreaterThan(before);
        }
      });

    it("did the work between them", () => {
      if (able && count > 1) expect(work().filter((chunks) => chunks > 0).length).toBeGreaterThan(1);
    });
  });
}

afterAll(() => threads.close());

it("a repeated operand reaches the others as it is", () => {
  const call = { c: { broadcast: new Broadcast([3], [2, 3]) } };
  const job = { module: 0, method: "pointwise", size: 1, isFlat: true, slots: 0, stride: 0, call } as const;
  expect(read(write(job), new ArrayBuffer(8)).call).toEqual(call);
});

it("copies every element and none beside them, wherever both arrays begin", () => {
  const bits = Uint8Array.from({ length: 96 }, (_, i) => 251 - i); // among the floats: NaNs with a payload
  for (const Kind of [Float32Array, Float64Array, Int32Array, Uint16Array]) {
    const each = Kind.BYTES_PER_ELEMENT;
    for (let length = 0; length <= 7; length++) {
      for (const [here, there] of [0, 2, 4, 8, 12].flatMap((a) => [0, 2, 4, 8, 12].map((b) => [a, b] as const))) {
        if (here % each !== 0 || there % each !== 0) continue;
        const target = new ArrayBuffer(96);
        copy(new Kind(target, there, length), new Kind(bits.slice().buffer, here, length));
        const want = new Uint8Array(96);
        want.set(bits.subarray(here, here + length * each), there);
        expect(new Uint8Array(target), `${Kind.name} ${length}, ${here} to ${there}`).toEqual(want);
      }
    }
  }
});
