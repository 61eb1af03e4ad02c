/**
 * In-batch losses where they have more than a tile: beside losskit/js, which makes no tiles, with little room in the window and with much, and the same bits
 * whether tiles are kept or computed again.
 */
import { afterEach, describe, expect, it } from "vitest";
import { INFO_NCE, NT_XENT } from "../src/backend/protocol.js";
import type { Backend } from "../src/backend/seam.js";
import { WasmArena } from "../src/backend/wasm/arena.js";
import { crew, partsOf } from "../src/backend/wasm/crew.js";
import { Machine, Memory } from "../src/backend/wasm/machine.js";
import { inBatch } from "../src/backend/wasm/modules.js";
import { KEPT, PANEL, tuning } from "../src/backend/wasm/panels.js";
import { PAGE, PAGES } from "../src/backend/wasm/window.js";
import * as deterministic from "../src/deterministic.js";
import * as js from "../src/js.js";
import * as wasm from "../src/wasm.js";
import { type Callable, entries, type FloatArray } from "./entries.js";
import { Random } from "./reference/random.js";

type Dtype = "float32" | "float64";
type Result = { value: number | FloatArray; grad: Record<string, FloatArray> };
type Call = readonly [args: unknown[], options: Record<string, unknown>];

const callable = (api: object, name: string): Callable => (api as Record<string, Callable>)[name] as Callable;

afterEach(() => {
  Object.assign(tuning, { panel: PANEL, kept: KEPT, keep: true });
});

function vectors(random: Random, dtype: Dtype, rows: number, dims: number): { data: FloatArray; shape: number[] } {
  const data = (dtype === "float32" ? Float32Array : Float64Array).from(random.normal([rows * dims]).data);
  return { data, shape: [rows, dims] };
}
const integers = (random: Random, count: number, below: number): Int32Array => Int32Array.from({ length: count }, () => random.integer(below) - 2);

const losses: Record<string, (random: Random, dtype: Dtype, n: number, m: number, dims: number) => Call[]> = {
  infoNceLoss: (r, dtype, n, m, dims) => [
    [[vectors(r, dtype, n, dims), vectors(r, dtype, m, dims)], { temperature: 0.3 }],
    [[vectors(r, dtype, n, dims), vectors(r, dtype, m, dims)], { normalize: false, temperature: 2, groups: integers(r, m, 5), reduction: "none" }],
    [[vectors(r, dtype, n, dims), vectors(r, dtype, n, dims)], { symmetric: true, temperature: 0.5, groups: integers(r, n, 9) }],
  ],
  clipLoss: (r, dtype, n, _, dims) => [[[vectors(r, dtype, n, dims), vectors(r, dtype, n, dims), 0.7], { reduction: "sum" }]],
  sigLipLoss: (r, dtype, n, _, dims) => [[[vectors(r, dtype, n, dims), vectors(r, dtype, n, dims), 0.7, -1.5], {}]],
  ntXentLoss: (r, dtype, n, _, dims) => [
    [[vectors(r, dtype, n, dims), Int32Array.from({ length: n }, (_, i) => i >> 1)], { temperature: 0.5 }],
    [[vectors(r, dtype, n, dims), integers(r, n, 4)], { normalize: false, temperature: 2 }],
  ],
  supConLoss: (r, dtype, n, _, dims) => [
    [[vectors(r, dtype, n, dims), integers(r, n, 7)], { temperature: 0.5, reduction: "none" }],
    [[vectors(r, dtype, n, dims), integers(r, n, n)], { normalize: false, temperature: 2 }],
  ],
  batchHardTripletLoss: (r, dtype, n, _, dims) => [
    [[vectors(r, dtype, n, dims), integers(r, n, 7)], { margin: 0.5 }],
    [[vectors(r, dtype, n, dims), integers(r, n, 3)], { soft: true, reduction: "none" }],
  ],
};

/** The largest error in units of the largest number. */
function error(got: Result, want: Result): number {
  const one = (a: number | FloatArray, b: number | FloatArray): number => {
    const [x, y] = [a, b].map((v) => (typeof v === "number" ? [v] : [...v])) as [number[], number[]];
    expect(x.length).toBe(y.length);
    const largest = y.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-30);
    return x.reduce((most, v, i) => (Object.is(v, y[i]) ? most : Math.max(most, Math.abs(v - (y[i] as number)) / largest)), 0);
  };
  return Math.max(one(got.value, want.value), ...Object.keys(want.grad).map((name) => one(got.grad[name] as FloatArray, want.grad[name] as FloatArray)));
}

const call = (api: object, name: string, [args, options]: Call): Result => callable(api, name).valueAndGrad(...args, options);

// edges of tiles (72) and of blocks in registers (4, 2, 6), rows that are padded and not
const sizes = [
  [1, 1, 3],
  [5, 9, 8],
  [72, 73, 5],
  [200, 290, 17],
] as const;
const rooms = {
  "room for all": {},
  "a tile a panel": { panel: 72 * 64 },
  "pieces of rows, nothing kept": { panel: 72 * 32, keep: false },
  "few tiles kept": { kept: 4 * 72 * 72 * 8 },
};

describe("tiles", () => {
  for (const [name, calls] of Object.entries(losses)) {
    for (const [n, m, dims] of sizes) {
      it(`${name} of ${n} and ${m} rows of ${dims}: as losskit/js has it`, () => {
        for (const dtype of ["float32", "float64"] as const) {
          for (const one of calls(new Random(n + dims), dtype, n, m, dims)) {
            const want = call(js, name, one);
            for (const [room, set] of Object.entries(rooms)) {
              Object.assign(tuning, { panel: PANEL, kept: KEPT, keep: true }, set);
              for (const api of [deterministic, wasm]) {
                const found = error(call(api, name, one), want);
                expect(found, `${dtype} ${room} ${JSON.stringify(one[1])}`).toBeLessThan(dtype === "float32" ? 2e-5 : 1e-12);
              }
            }
          }
        }
      });
    }

    it(`${name}: the same bits whether tiles are kept or computed again`, () => {
      for (const dtype of ["float32", "float64"] as const) {
        for (const one of calls(new Random(7), dtype, 200, 300, 24)) {
          for (const set of [{}, { kept: 8 * 72 * 72 * 4 }, { panel: 72 * 72 }]) {
            Object.assign(tuning, { panel: PANEL, kept: KEPT }, set);
            const [kept, again] = [true, false].map((keep) => call(deterministic, name, Object.assign(tuning, { keep }) && one)) as [Result, Result];
            expect(again).toEqual(kept);
          }
        }
      }
    });
  }
});

describe("more products than losskit/js keeps", () => {
  for (const [name, calls] of Object.entries(losses)) {
    it(name, () => {
      const [one] = calls(new Random(3), "float64", 1450, 1500, 3) as [Call, ...Call[]];
      expect(error(call(js, name, one), call(deterministic, name, one))).toBeLessThan(1e-12);
    });
  }
});

describe("labels", () => {
  const embeddings = { data: Float32Array.of(1, 2, 3, -1, 0, 1, 2, 2), shape: [4, 2] };
  const want = (api: object) => callable(api, "supConLoss")(embeddings, [0, 0, 1, 1]);

  for (const entry of entries) {
    it(`${entry.name}: any integers, of any size`, () => {
      const loss = callable(entry.api, "supConLoss");
      const big = 2n ** 62n;
      const forms = [
        [-7, -7, 9e15, 9e15],
        [5n, 5n, 6n, 6n],
        BigInt64Array.of(big, big, big + 1n, big + 1n),
        Int8Array.of(-128, -128, 127, 127),
        { data: BigUint64Array.of(0n, 0n, 2n ** 64n - 1n, 2n ** 64n - 1n), shape: [4] },
      ];
      for (const labels of forms) expect(loss(embeddings, labels)).toBe(want(entry.api));
    });

    it(`${entry.name}: what are none`, () => {
      const loss = callable(entry.api, "supConLoss");
      expect(() => loss(embeddings, Float32Array.of(0, 0, 1, 1))).toThrow(TypeError);
      expect(() => loss(embeddings, [0, 0, 0.5, 0.5])).toThrow('supConLoss: "labels"[2] expected an integer, got 0.5');
      // two bigints that are one number would be one label
      expect(() => loss(embeddings, [0, 0, 2n ** 62n, 2n ** 62n + 1n])).toThrow('"labels"[2] expected a safe integer');
      expect(() => loss(embeddings, [0, 0, 1])).toThrow('"labels" expected shape (4), a label for each row');
      expect(() => callable(entry.api, "infoNceLoss")(embeddings, embeddings, { groups: [1, 2] })).toThrow('option "groups" expected shape (4)');
    });

    it(`${entry.name}: one array on both sides; a gradient in place of its argument`, () => {
      const loss = callable(entry.api, "infoNceLoss");
      const { value, grad } = loss.valueAndGrad(embeddings, embeddings);
      const copy = { data: embeddings.data.slice(), shape: [4, 2] };
      const apart = loss.valueAndGrad(embeddings, copy, { out: { key: copy.data } });
      expect(apart.value).toBe(value);
      expect(apart.grad).toEqual(grad);
      expect(apart.grad.key).toBe(copy.data);
      expect(() => loss.valueAndGrad(embeddings, embeddings, { out: { query: embeddings.data } })).toThrow(RangeError);
    });
  }
});

describe("tiles that others do, too", () => {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const home = new Memory(memory, new WasmArena(memory, PAGES * PAGE));
  const machine = new Machine(new WebAssembly.Instance(inBatch.builds.baseline(), { env: { memory } }), home);
  const backend = { ...(inBatch.backend(machine) as Backend), ...crew(machine) };
  const shape = { dtype: "float32", rows: 200, cols: 200, dims: 37, symmetric: false } as const; // three tiles a side
  const random = new Random(5);
  const [a, b] = [0, 1].map(() => vectors(random, "float32", shape.rows, shape.dims).data) as [FloatArray, FloatArray];
  const labels = integers(random, shape.rows, 60).map((label) => label + 2);
  const kinds = { INFO_NCE: { kind: INFO_NCE, b, labels: null }, NT_XENT: { kind: NT_XENT, b: null, labels } };

  for (const [name, own] of Object.entries(kinds)) {
    it(`${name}: the same bits in any order, and where some are done again`, () => {
      const run = () => {
        const grads = [a, own.b].map((side) => side && new Float32Array(side.length));
        const call = { ...shape, ...own, a, floor: 1e-12, factor: 10, bias: 0, scale: 1, gradOutput: null, values: null, gradFactor: null, gradBias: null };
        return { sum: backend.inBatch({ ...call, gradA: grads[0] as FloatArray, gradB: grads[1] ?? null }), grads };
      };
      const expected = run();
      const tasks: string[] = [];
      machine.share = (tiles) => {
        tasks.push(tiles.task);
        for (let part = partsOf(tiles) - 1; part > 0; part--) backend.tiles({ ...tiles, first: part, last: part + 1 });
        backend.tiles({ ...tiles, first: 0, last: 2 });
      };
      const shared = run();
      machine.share = null;
      expect(shared).toEqual(expected);
      expect(tasks).toEqual(["products", "spread"]);
    });
  }
});
