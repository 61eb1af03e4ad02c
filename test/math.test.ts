/**
 * The lane functions of assembly/math against true values: float32 at every 257th bit pattern of the stated range against float64 Math,
 * float64 at the points of data/math-f64.bin (its script says which). Prints the worst error of each, and holds the docstrings to it.
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it, vi } from "vitest";
import { BASE, type Build, builds } from "./kernels.js";

vi.setConfig({ testTimeout: 60_000 });

/** Prime, so that the walk meets every mantissa and every lane. */
const STEP = 257;
/** Elements a call. */
const BLOCK = 8192;
/** Of every function, whatever it states for itself. */
const LIMIT = 2;

interface Claim {
  readonly low: number;
  readonly high: number;
  /** Largest error, in units in the last place of the true value. */
  readonly ulp: number;
}

interface Row {
  readonly name: string;
  readonly file: "exp" | "log";
  readonly of: (x: number) => number;
  /** Which part of math-f64.bin. */
  readonly table: "exp" | "log" | "log1p";
  readonly f32: Claim;
  readonly f64: Claim;
  /** Arguments whose result is known to the bit, in both dtypes. */
  readonly special: readonly (readonly [x: number, y: number])[];
}

const tiny32 = 2 ** -149;
const max32 = 3.4028234663852886e38;

/** One row a function; the docstrings in assembly/math say the same in words, and a test compares. */
const ROWS: readonly Row[] = [
  {
    name: "exp",
    file: "exp",
    of: Math.exp,
    table: "exp",
    f32: { low: -104, high: 88.7228, ulp: 2 },
    f64: { low: -746, high: 709.78, ulp: 2 },
    special: [[0, 1], [-0, 1], [Infinity, Infinity], [-Infinity, 0], [NaN, NaN], [710, Infinity], [1e30, Infinity], [-746, 0], [-1e30, 0]],
  },
  {
    name: "expNonpositive",
    file: "exp",
    of: Math.exp,
    table: "exp",
    f32: { low: -87.3, high: 0, ulp: 2 },
    f64: { low: -708.3, high: 0, ulp: 2 },
    special: [[0, 1], [-0, 1], [-Infinity, 0], [NaN, NaN], [-710, 0], [-1e5, 0], [-1e30, 0]],
  },
  {
    name: "log",
    file: "log",
    of: Math.log,
    table: "log",
    f32: { low: tiny32, high: max32, ulp: 2 },
    f64: { low: 5e-324, high: Number.MAX_VALUE, ulp: 2 },
    special: [[1, 0], [0, -Infinity], [-0, -Infinity], [Infinity, Infinity], [NaN, NaN], [-1, NaN], [-tiny32, NaN], [-1e30, NaN], [-Infinity, NaN]],
  },
  {
    name: "log1p",
    file: "log",
    of: Math.log1p,
    table: "log1p",
    f32: { low: -1 + 2 ** -24, high: 1, ulp: 2 },
    f64: { low: -1 + 2 ** -53, high: 1, ulp: 2 },
    special: [[0, 0], [-1, -Infinity], [NaN, NaN], [-2, NaN], [-1.0000001192092896, NaN], [-Infinity, NaN], [tiny32, tiny32], [-tiny32, -tiny32]],
  },
  {
    name: "log1pUnit",
    file: "log",
    of: Math.log1p,
    table: "log1p",
    f32: { low: 0, high: 1, ulp: 2 },
    f64: { low: 0, high: 1, ulp: 2 },
    special: [[0, 0], [NaN, NaN], [tiny32, tiny32], [1, Math.LN2]],
  },
];

/** The sentence that stands in the docstring. */
const sentence = (name: string, { low, high, ulp }: Claim): string => `${name}: ${low} <= x <= ${high}, at most ${ulp} ULP`;

// quiet and signalling, either sign, with payloads
const NAN32 = [0x7fc00000, 0x7fc00001, 0xffffffff, 0x7f800001, 0xff812345];
const NAN64 = [0x7ff8000000000000n, 0x7ff8000000000001n, 0xffffffffffffffffn, 0x7ff0000000000001n, 0xfff0000012345678n];

interface Worst {
  ulp: number;
  x: number;
  count: number;
}

const see = (worst: Worst, ulp: number, x: number): void => {
  // NaN and infinity where a number belongs count as the worst
  if (!(ulp <= worst.ulp)) {
    worst.ulp = Number.isNaN(ulp) ? Infinity : ulp;
    worst.x = x;
  }
};

/** Unit in the last place of float32, by the exponent field of a float64. */
const ULP32 = Float64Array.from({ length: 2048 }, (_, field) => 2 ** (Math.max(field - 1023, -126) - 23));

const scratch = new Float64Array(BLOCK);
const scratchWords = new Uint32Array(scratch.buffer);

/** Walks the patterns first, first + STEP, … last: numbers of one sign, away from 0. */
function walk(build: Build, row: Row, first: number, last: number, worst: Worst): void {
  const bits = new Uint32Array(build.memory.buffer, BASE, BLOCK);
  const y = new Float32Array(build.memory.buffer, BASE, BLOCK);
  const x = new Float32Array(BLOCK);
  const xBits = new Uint32Array(x.buffer);
  const kernel = build.kernels[`${row.name}_f32`]!;
  const of = row.of;
  for (let pattern = first; pattern <= last; pattern += STEP * BLOCK) {
    for (let i = 0; i < BLOCK; i++) xBits[i] = Math.min(pattern + STEP * i, last);
    bits.set(xBits);
    kernel(BASE, BLOCK);
    for (let i = 0; i < BLOCK; i++) scratch[i] = of(x[i]!);
    for (let i = 0; i < BLOCK; i++) {
      const error = Math.abs(y[i]! - scratch[i]!) / ULP32[(scratchWords[2 * i + 1]! >>> 20) & 0x7ff]!;
      if (!(error <= worst.ulp)) see(worst, error, x[i]!);
    }
    worst.count += Math.min(BLOCK, Math.floor((last - pattern) / STEP) + 1);
  }
}

const bits32 = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;

function measure32(build: Build, row: Row): Worst {
  const worst: Worst = { ulp: 0, x: Number.NaN, count: 0 };
  const { low, high } = row.f32;
  if (low < 0) walk(build, row, 0x80000000, bits32(Math.min(high, low)), worst);
  if (high > 0) walk(build, row, bits32(Math.max(low, 0)), bits32(high), worst);
  return worst;
}

interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** (true - y) / ulp * 254 */
  readonly residue: Int8Array;
}

function tables(): Record<Row["table"], Points> {
  const bytes = new Uint8Array(readFileSync(new URL("data/math-f64.bin", import.meta.url))).buffer;
  let at = 0;
  const next = (): Points => {
    const [n] = new Uint32Array(bytes, at, 1) as unknown as [number];
    const x = new Float64Array(bytes, at + 8, n);
    const y = new Float64Array(bytes, at + 8 + 8 * n, n);
    const residue = new Int8Array(bytes, at + 8 + 16 * n, n);
    at += (8 + 17 * n + 7) & -8;
    return { x, y, residue };
  };
  return { exp: next(), log: next(), log1p: next() };
}

/** Unit in the last place of float64 where the true value is: y, or just below it in size. */
function ulp64(y: number, below: boolean): number {
  const words = new Uint32Array(Float64Array.of(y).buffer);
  let exponent = Math.max((words[1]! >>> 20) & 0x7ff, 1) - 1075;
  if (below && words[0] === 0 && (words[1]! & 0xfffff) === 0) exponent--;
  return 2 ** Math.max(exponent, -1074);
}

function measure64(build: Build, row: Row, { x, y, residue }: Points): Worst {
  const worst: Worst = { ulp: 0, x: Number.NaN, count: 0 };
  const { low, high } = row.f64;
  const lanes = new Float64Array(build.memory.buffer, BASE, x.length);
  lanes.set(x);
  build.kernels[`${row.name}_f64`]!(BASE, x.length);
  for (let i = 0; i < x.length; i++) {
    if (x[i]! < low || x[i]! > high) continue;
    const ulp = ulp64(y[i]!, residue[i]! * y[i]! < 0);
    see(worst, Math.abs((lanes[i]! - y[i]!) / ulp - residue[i]! / 254), x[i]!);
    worst.count++;
  }
  return worst;
}

/** A function at one value, in every lane of a vector; `set` writes it. */
function lanesOf(build: Build, kernel: string, set: (memory: ArrayBuffer) => void): number[] {
  set(build.memory.buffer);
  const [View, n] = kernel.endsWith("_f32") ? ([Float32Array, 4] as const) : ([Float64Array, 2] as const);
  build.kernels[kernel]!(BASE, n);
  return [...new View(build.memory.buffer, BASE, n)];
}

const points = tables();
const report: string[] = [];
const tell = (row: Row, dtype: string, build: Build, { ulp, x, count }: Worst): void => {
  report.push(`${row.name}_${dtype}`.padEnd(20) + `${build.target.padEnd(10)}${ulp.toFixed(3)} ULP at x = ${x} (${count} points)`);
};

const all = await builds("assembly/test/math.ts");
afterAll(() => console.log(`Largest errors\n${report.join("\n")}`));

for (const build of all) {
  if (build.missing) console.log(`relaxed build skipped: ${build.missing}`);
  describe.skipIf(build.missing)(build.missing ? `relaxed: ${build.missing}` : build.target, () => {
    describe.each(ROWS.map((row) => [row.name, row] as const))("%s", (_, row) => {
      it("float32", () => {
        const worst = measure32(build, row);
        tell(row, "f32", build, worst);
        expect(worst.ulp, `at ${worst.x}`).toBeLessThanOrEqual(Math.min(row.f32.ulp, LIMIT));
      });

      it("float64", () => {
        const worst = measure64(build, row, points[row.table]);
        tell(row, "f64", build, worst);
        expect(worst.ulp, `at ${worst.x}`).toBeLessThanOrEqual(Math.min(row.f64.ulp, LIMIT));
      });

      it.each(row.special)("special value %d", (x, y) => {
        const f32 = lanesOf(build, `${row.name}_f32`, (memory) => new Float32Array(memory, BASE, 4).fill(x));
        for (const lane of f32) expect(lane).toEqual(Math.fround(y));
        const f64 = lanesOf(build, `${row.name}_f64`, (memory) => new Float64Array(memory, BASE, 2).fill(x));
        for (const lane of f64) expect(lane).toEqual(y);
      });

      it("NaN of any payload", () => {
        for (const nan of NAN32) expect(lanesOf(build, `${row.name}_f32`, (memory) => new Uint32Array(memory, BASE, 4).fill(nan)), nan.toString(16)).toEqual([NaN, NaN, NaN, NaN]);
        for (const nan of NAN64) expect(lanesOf(build, `${row.name}_f64`, (memory) => new BigUint64Array(memory, BASE, 2).fill(nan)), nan.toString(16)).toEqual([NaN, NaN]);
      });
    });
  });
}

it.each(ROWS)("the docstring of $name states range and error", ({ name, file, f32, f64 }) => {
  const source = readFileSync(new URL(`../assembly/math/${file}.ts`, import.meta.url), "utf8");
  expect(source).toContain(sentence(`${name}_f32`, f32));
  expect(source).toContain(sentence(`${name}_f64`, f64));
});
