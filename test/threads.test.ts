/**
 * losskit/threads: the same bits as losskit/wasm for any number of threads, for arrays of alloc, plain ones and both; and that workers did the work.
 */
import { afterAll, describe, expect, it } from "vitest";
import { work } from "../src/backend/threads/host.js";
import { tuning } from "../src/backend/threads/pool.js";
import * as api from "../src/threads.js";
import * as wasm from "../src/wasm.js";
import { type Callable, type FloatArray, functionOf } from "./entries.js";
import type { Tensor } from "./reference/tensor.js";
import { draw, losses, operations, type Row } from "./table.js";

const single = { name: "losskit/wasm", api: wasm as unknown as Readonly<Record<string, Callable>> };
const several = { name: "losskit/threads", api: api as unknown as Readonly<Record<string, Callable>> };
const { threads } = api;

/** Long enough for a few tiles of 64 KiB, odd and even. */
const LENGTHS = [7, 999, 20_003];
const MOST = 120_000;

type Value = number | FloatArray | { value: number | FloatArray; grad: Record<string, FloatArray> };

function bytesOf(value: Value): Uint8Array[] {
  if (typeof value === "number") return [new Uint8Array(Float64Array.of(value).buffer)];
  if (ArrayBuffer.isView(value)) return [new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  return [...bytesOf(value.value), ...Object.values(value.grad).flatMap(bytesOf)];
}

/** How many bytes differ; any NaN is like any other in none of them, as both take the same path. */
function differing(a: Value, b: Value): number {
  const [x, y] = [bytesOf(a), bytesOf(b)];
  let count = x.length === y.length ? 0 : 1;
  x.forEach((bytes, i) => {
    const others = y[i] as Uint8Array;
    for (let k = 0; k < bytes.length; k++) if (bytes[k] !== others[k]) count++;
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

for (const count of [1, 2, 3, 8]) {
  describe(`losskit/threads, ${count} threads`, () => {
    it("are ready", async () => {
      tuning.least = 0;
      threads.start({ count });
      await threads.ready();
      expect(threads.count).toBe(count);
      expect(api.backend().threads).toBe(count);
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

    it("did the work between them", () => {
      if (count > 1) expect(work().filter((chunks) => chunks > 0).length).toBeGreaterThan(1);
    });
  });
}

afterAll(() => threads.close());
