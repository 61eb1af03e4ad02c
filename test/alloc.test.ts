/**
 * alloc and free, on every entry: the same bits as with plain arrays, nothing outside the arrays, and every way to use such an array wrongly.
 */
import { describe, expect, it } from "vitest";
import { WasmArena } from "../src/backend/wasm/arena.js";
import { type Entry, entries, functionOf } from "./entries.js";
import { type Dtype, dtypes, type FloatArray, flat, lowerArgs, lowerOptions } from "./reference/call.js";
import { draw, losses, operations, type Row } from "./table.js";

interface Allocator {
  alloc(length: number, dtype?: Dtype): FloatArray;
  free(array: unknown): void;
}
const allocator = ({ api }: Entry): Allocator => api as unknown as Allocator;
const backendOf = ({ api }: Entry): string => (api as unknown as { backend(): { name: string } }).backend().name;
const LARGEST = 256 << 20;
const SENTINEL = 123.25;

/** Bit for bit; any NaN is as good as any other. */
function expectBits(got: number | ArrayLike<number>, want: number | ArrayLike<number>, title: string): void {
  const [a, b] = [flat(got), flat(want)];
  expect(a.length, title).toBe(b.length);
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) expect(a[i], `${title}, element ${i}`).toBe(b[i]);
}

// --expose-gc: vitest.config.ts, vitest.browser.config.ts
const collect = (globalThis as unknown as { gc: () => void }).gc;
/** The collector, and a turn of the loop, after which nothing is kept alive for the running job. */
async function collected(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    collect();
  }
}

/** Arrays of an entry's alloc with a guard behind each of them, which must keep what it has. */
class Pen {
  private readonly taken: FloatArray[] = [];
  private readonly guards: FloatArray[] = [];
  private readonly from: Allocator;

  constructor(from: Allocator) {
    this.from = from;
  }

  array(length: number, dtype: Dtype): FloatArray {
    const array = this.from.alloc(length, dtype);
    this.taken.push(array);
    const guard = this.from.alloc(1, "float64");
    guard[0] = SENTINEL;
    this.guards.push(guard);
    return array;
  }

  /** A typed float array, alone or in a tensor, replaced by a copy. */
  keep(value: unknown): unknown {
    if (value instanceof Float32Array || value instanceof Float64Array) {
      const array = this.array(value.length, value instanceof Float32Array ? "float32" : "float64");
      array.set(value);
      return array;
    }
    if (typeof value !== "object" || value === null || !("data" in value)) return value;
    return { ...value, data: this.keep(value.data) };
  }

  /** Whether anything was written outside. */
  check(): void {
    for (const guard of this.guards) expect(guard[0]).toBe(SENTINEL);
    for (const array of [...this.taken, ...this.guards]) this.from.free(array);
  }
}

function same(entry: Entry, row: Row, dtype: Dtype, length: number): void {
  for (const variant of row.variants) {
    for (const shape of row.shapes(length)) {
      const { title, args, options } = draw(row, variant, shape);
      const call = functionOf(entry, row.name);
      const pen = new Pen(allocator(entry));
      const plainArgs = lowerArgs(args, row.arguments, dtype);
      const plainOptions = lowerOptions(options, dtype);
      const kept = plainArgs.map((arg) => pen.keep(arg));
      const keptOptions = Object.fromEntries(Object.entries(plainOptions).map(([key, value]) => [key, pen.keep(value)]));
      expectBits(call(...kept, keptOptions), call(...plainArgs, plainOptions), title);
      if ("reductions" in row) {
        for (const reduction of row.reductions) {
          const want = call.valueAndGrad(...plainArgs, { ...plainOptions, reduction, wrt: row.wrt });
          const out: Record<string, FloatArray> = {};
          for (const name of row.wrt) out[name] = pen.array((want.grad[name] as FloatArray).length, dtype);
          if (typeof want.value !== "number") out.value = pen.array(want.value.length, dtype);
          const got = call.valueAndGrad(...kept, { ...keptOptions, reduction, wrt: row.wrt, out });
          expectBits(got.value, want.value, `${title} ${reduction}`);
          for (const name of row.wrt) {
            expect(got.grad[name]).toBe(out[name]);
            expectBits(got.grad[name] as FloatArray, want.grad[name] as FloatArray, `${title} ${reduction} ${name}`);
          }
          // in place: the gradient replaces the first argument
          const first = row.wrt[0] as string;
          const at = row.arguments.indexOf(first);
          const own = (kept[at] as { data?: FloatArray }).data;
          if (own && own.length === (want.grad[first] as FloatArray).length) {
            const before = own.slice();
            call.valueAndGrad(...kept, { ...keptOptions, reduction, wrt: [first], out: { [first]: own } });
            expectBits(own, want.grad[first] as FloatArray, `${title} ${reduction} in place`);
            own.set(before);
          }
        }
      }
      // inputs are read, never written
      kept.forEach((arg, i) => {
        const [now, before] = [arg, plainArgs[i]].map((each) => (typeof each === "number" ? each : (each as { data: FloatArray }).data));
        if (now !== before) expectBits(now as FloatArray, before as FloatArray, `${title} ${row.arguments[i]}`);
      });
      pen.check();
    }
  }
}

describe.each(entries)("$name", (entry) => {
  const { alloc, free } = allocator(entry);
  const mse = functionOf(entry, "mseLoss");

  for (const row of [...losses, ...operations]) {
    // the last partial vector, and more than a tile
    it(`${row.name}: the same bits as with plain arrays`, () => {
      for (const dtype of dtypes) {
        for (const length of [1, 3, 5, 37]) same(entry, row, dtype, length);
        if (entry.name !== "losskit") same(entry, { ...row, variants: row.variants.slice(0, 1), shapes: (n) => row.shapes(n).slice(0, 2) }, dtype, 16391);
      }
    });
  }

  it("gives zeros, of the dtype asked for, on its own", () => {
    const a = alloc(5);
    expect(a).toEqual(new Float32Array(5));
    a.fill(7);
    const b = alloc(3, "float64");
    expect(b).toEqual(new Float64Array(3));
    free(a);
    expect(alloc(5)).toEqual(new Float32Array(5));
    free(b);
    expect(alloc(0)).toEqual(new Float32Array(0));
  });

  it("errors", () => {
    expect(() => alloc(-1)).toThrow(RangeError);
    expect(() => alloc(1.5)).toThrow(RangeError);
    expect(() => alloc(Number.NaN)).toThrow(RangeError);
    expect(() => alloc("5" as never)).toThrow(TypeError);
    expect(() => alloc(1, "float16" as never)).toThrow(RangeError);
    expect(() => alloc(1, 4 as never)).toThrow(TypeError);
    for (const wrong of [undefined, null, 1, {}, [], new Int32Array(1), new Float32Array(1)]) expect(() => free(wrong)).toThrow(TypeError);
    const a = alloc(4);
    expect(() => free(a.subarray(0))).toThrow(TypeError);
    free(a);
    expect(() => free(a)).toThrow(TypeError);
  });

  it("after free an array is refused, as argument, option and out", () => {
    const a = alloc(4);
    const b = new Float32Array(4);
    free(a);
    expect(() => mse(a, b)).toThrow(/"input".*free/);
    expect(() => mse(b, { data: a, shape: [4] })).toThrow(/"target".*free/);
    expect(() => mse(b, b, { weight: a })).toThrow(/"weight".*free/);
    expect(() => mse.valueAndGrad(b, b, { out: { input: a } })).toThrow(/"out.input".*free/);
    expect(() => mse.valueAndGrad(b, b, { gradOutput: a, reduction: "none" })).toThrow(/"gradOutput".*free/);
    expect(mse(b, b)).toBe(0);
  });

  it("free during a call is noticed", () => {
    const a = alloc(4);
    const b = new Float32Array(4);
    const options = {
      get reduction() {
        free(a);
        return "sum";
      },
    };
    expect(() => mse(a, b, options)).toThrow(TypeError);
  });

  it("views are read like any array, and are refused as out", () => {
    const a = alloc(8);
    a.set([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(mse(a.subarray(2, 5), new Float32Array(3), { reduction: "sum" })).toBe(9 + 16 + 25);
    const call = () => mse.valueAndGrad(new Float32Array(4), new Float32Array(4), { out: { input: a.subarray(0, 4) } });
    if (backendOf(entry) === "js") call();
    else {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(/"out.input"/);
      expect([...a]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      // one that overlaps an argument is refused as any other
      expect(() => mse.valueAndGrad(a.subarray(0, 4), new Float32Array(4), { out: { input: a.subarray(1, 5) } })).toThrow(Error);
    }
    expect(() => mse.valueAndGrad(a.subarray(4), new Float32Array(4), { out: { input: a } })).toThrow(RangeError);
    free(a);
  });

  it("another entry's arrays are ordinary ones", () => {
    for (const other of entries) {
      const a = allocator(other).alloc(5);
      const g = allocator(other).alloc(5);
      a.set([1, 2, 3, 4, 5]);
      const { value } = mse.valueAndGrad(a, new Float32Array(5), { reduction: "sum", out: { input: g } });
      expect(value).toBe(55);
      expect([...g]).toEqual([2, 4, 6, 8, 10]);
      if (other.name !== entry.name) {
        expect(() => free(a)).toThrow(TypeError);
        const part = () => mse.valueAndGrad(new Float32Array(2), new Float32Array(2), { out: { input: g.subarray(0, 2) } });
        if (backendOf(other) === "js") part();
        else expect(part).toThrow(TypeError);
      }
      allocator(other).free(a);
      allocator(other).free(g);
    }
  });

  if (backendOf(entry) === "js") return; // ordinary arrays: there is no room of a fixed size

  it("has room for 256 MiB, in one array and in many, says what is left, and does not grow", () => {
    const whole = alloc(LARGEST / 4);
    const { byteLength } = whole.buffer;
    expect(whole.length).toBe(LARGEST / 4);
    expect(() => alloc(LARGEST / 4)).toThrow(RangeError);
    const left = Number(/at most (\d+) elements/.exec(String(catchOf(() => alloc(LARGEST / 4))))?.[1]);
    expect(left).toBeGreaterThan(0);
    const rest = alloc(left);
    expect(() => alloc(left)).toThrow(RangeError);
    free(rest);
    free(whole);
    const many = Array.from({ length: 64 }, () => alloc(LARGEST / 4 / 64));
    // every second one: then there is room, but in pieces
    many.forEach((array, i) => {
      if (i % 2 === 0) free(array);
    });
    expect(() => alloc(LARGEST / 16)).toThrow(RangeError);
    free(alloc(LARGEST / 4 / 64));
    many.forEach((array, i) => {
      if (i % 2 === 1) free(array);
    });
    const again = alloc(LARGEST / 4);
    expect(again.buffer.byteLength).toBe(byteLength);
    free(again);
  });

  /** How many arrays an error says are alive. */
  const alive = () => Number(/\((\d+) arrays? (?:is|are) alive: free gives back\)/.exec(String(catchOf(() => alloc(LARGEST))))?.[1]);

  it("the error says how many arrays are alive", async () => {
    await collected();
    const before = alive();
    const one = alloc(1);
    const two = alloc(2, "float64");
    expect(alive()).toBe(before + 2);
    free(one);
    expect(alive()).toBe(before + 1);
    free(two);
    expect(alive()).toBe(before);
  });

  it("what is forgotten comes back after a collection and a turn of the event loop, and what is in use stays", async () => {
    await collected();
    const before = alive();
    const kept = alloc(1000).fill(SENTINEL);
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 12; i++) alloc(LARGEST / 4 / 16);
      expect(alive()).toBeGreaterThanOrEqual(before + 13);
      await collected();
    }
    expect(kept.every((value) => value === SENTINEL)).toBe(true);
    expect(alive()).toBe(before + 1);
    free(kept);
    expect(alive()).toBe(before);
    free(alloc(LARGEST / 4));
  });

  it("an array that was given back is not found a second time, where another one lies now", async () => {
    for (let i = 0; i < 50; i++) free(alloc(1000));
    const kept = Array.from({ length: 50 }, (_, i) => alloc(1000).fill(i));
    await collected();
    const more = Array.from({ length: 50 }, () => alloc(1000).fill(-1));
    kept.forEach((array, i) => {
      expect(array.every((value) => value === i)).toBe(true);
      free(array);
    });
    for (const array of more) free(array);
  });
});

describe("WasmArena", () => {
  it("what it says is left can be had, also about where gaps grow, and no line more", () => {
    const memory = new WebAssembly.Memory({ initial: 2 });
    for (let room = 64; room <= (1 << 16) + 4096; room += 64) {
      const arena = new WasmArena(memory, memory.buffer.byteLength - room);
      const left = arena.take(1 << 20, "float32") as number;
      expect(typeof arena.take(left / 4 + 1, "float32"), `room ${room}`).toBe("number");
      expect(arena.take(left / 4, "float32"), `room ${room}`).toBeInstanceOf(Float32Array);
    }
  });
});

function catchOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
