/**
 * The lane functions of assembly/math against true values: float32 at every 257th bit pattern of the stated range against float64 Math,
 * float64 at the points of data/math-f64.bin (its script says which). Ranges and limits are read from the docstrings; the worst errors are printed.
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { BASE, type Build, builds } from "./kernels.js";

/** Prime, so that the walk meets every mantissa and every lane. */
const STEP = 257;
/** Elements a call. */
const BLOCK = 8192;
/** Of every function, in units in the last place of the true value, whatever its docstring allows. */
const LIMIT = 2;

interface Row {
  readonly name: string;
  readonly file: "exp" | "log";
  readonly method: string;
  readonly of: (x: number) => number;
  /** Which part of math-f64.bin. */
  readonly table: "exp" | "log" | "log1p";
  /** Arguments whose result is known to the bit, in both dtypes. */
  readonly special: readonly (readonly [x: number, y: number])[];
}

const tiny = 2 ** -149;
const below = -1 - 2 ** -23;

const ROWS: readonly Row[] = [
  {
    ...{ name: "exp", file: "exp", method: "exp", of: Math.exp, table: "exp" },
    special: [
      [0, 1],
      [-0, 1],
      [tiny, 1],
      [-tiny, 1],
      [710, Infinity],
      [1e30, Infinity],
      [Infinity, Infinity],
      [-746, 0],
      [-1e30, 0],
      [-Infinity, 0],
    ],
  },
  {
    ...{ name: "expNonpositive", file: "exp", method: "nonpositive", of: Math.exp, table: "exp" },
    special: [
      [0, 1],
      [-0, 1],
      [-tiny, 1],
      [-708.76, 0],
      [-1e5, 0],
      [-1e30, 0],
      [-Infinity, 0],
    ],
  },
  {
    ...{ name: "log", file: "log", method: "log", of: Math.log, table: "log" },
    special: [
      [1, 0],
      [0, -Infinity],
      [-0, -Infinity],
      [Infinity, Infinity],
      [-tiny, Number.NaN],
      [-1, Number.NaN],
      [-1e30, Number.NaN],
      [-Infinity, Number.NaN],
    ],
  },
  {
    ...{ name: "log1p", file: "log", method: "log1p", of: Math.log1p, table: "log1p" },
    special: [
      [0, 0],
      [tiny, tiny],
      [-tiny, -tiny],
      [-1, -Infinity],
      [below, Number.NaN],
      [-1e30, Number.NaN],
      [-Infinity, Number.NaN],
    ],
  },
  {
    ...{ name: "log1pUnit", file: "log", method: "log1pUnit", of: Math.log1p, table: "log1p" },
    special: [
      [0, 0],
      [tiny, tiny],
    ],
  },
];

// quiet and signalling, either sign, with payloads
const NAN32 = [0x7fc00000, 0x7fc00001, 0xffffffff, 0x7f800001, 0xff812345];
const NAN64 = [0x7ff8000000000000n, 0x7ff8000000000001n, 0xffffffffffffffffn, 0x7ff0000000000001n, 0xfff0000012345678n];

/** What a docstring promises: "float32: 0 < x <= 1, at most 1.5 ULP". */
interface Claim {
  readonly low: number;
  readonly high: number;
  readonly lowIncluded: boolean;
  readonly highIncluded: boolean;
  readonly ulp: number;
}

function claim({ file, method }: Row, dtype: string): Claim {
  const source = readFileSync(new URL(`../assembly/math/${file}.ts`, import.meta.url), "utf8");
  const doc = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*@inline static ${method}<`).exec(source)?.[1] ?? "";
  const found = new RegExp(`${dtype}: (\\S+) (<=?) x (<=?) (\\S+), at most (\\S+) ULP`).exec(doc);
  if (!found) throw new Error(`assembly/math/${file}.ts: the docstring of ${method} does not say "${dtype}: low <= x <= high, at most n ULP"`);
  const [, low, lowSign, highSign, high, ulp] = found;
  const number = (text: string | undefined): number => Number(text === "infinity" ? "Infinity" : text);
  return { low: number(low), high: number(high), lowIncluded: lowSign === "<=", highIncluded: highSign === "<=", ulp: number(ulp) };
}

interface Worst {
  ulp: number;
  x: number;
  count: number;
}

/** NaN, where a number belongs, is the worst. */
function see(worst: Worst, ulp: number, x: number): void {
  if (ulp <= worst.ulp) return;
  worst.ulp = Number.isNaN(ulp) ? Number.POSITIVE_INFINITY : ulp;
  worst.x = x;
}

/** Unit in the last place of float32, by the exponent field of a float64. */
const ULP32 = Float64Array.from({ length: 2048 }, (_, field) => 2 ** (Math.max(field - 1023, -126) - 23));

const truth = new Float64Array(BLOCK);
const truthWords = new Uint32Array(truth.buffer);

/** Walks the patterns first, first + STEP, … and last: numbers of one sign, away from 0. */
function walk(build: Build, { name, of }: Row, first: number, last: number, worst: Worst): void {
  const lanes = new Uint32Array(build.memory.buffer, BASE, BLOCK);
  const y = new Float32Array(build.memory.buffer, BASE, BLOCK);
  const x = new Float32Array(BLOCK);
  const bits = new Uint32Array(x.buffer);
  const kernel = build.kernels[`${name}_f32`]!;
  for (let pattern = first; pattern <= last; pattern += STEP * BLOCK) {
    for (let i = 0; i < BLOCK; i++) bits[i] = Math.min(pattern + STEP * i, last);
    lanes.set(bits);
    kernel(BASE, BLOCK);
    for (let i = 0; i < BLOCK; i++) truth[i] = of(x[i]!);
    for (let i = 0; i < BLOCK; i++) {
      const error = Math.abs(y[i]! - truth[i]!) / ULP32[(truthWords[2 * i + 1]! >>> 20) & 0x7ff]!;
      if (!(error <= worst.ulp)) see(worst, error, x[i]!);
    }
    worst.count += Math.min(BLOCK, Math.floor((last - pattern) / STEP) + 1);
  }
}

/** Bits of a float32, or of its neighbour `steps` away from 0. */
const pattern = (value: number, steps: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]! + steps;

function measure32(build: Build, row: Row, { low, high, lowIncluded, highIncluded }: Claim): Worst {
  const worst: Worst = { ulp: 0, x: Number.NaN, count: 0 };
  if (low < 0) walk(build, row, pattern(-0, 0), pattern(low, lowIncluded ? 0 : -1), worst);
  if (high > 0) walk(build, row, pattern(Math.max(low, 0), low === 0 && !lowIncluded ? 1 : 0), pattern(high, highIncluded ? 0 : -1), worst);
  return worst;
}

interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** (true - y) / ulp * 254 */
  readonly residue: Int8Array;
}

/** math-f64.bin, as its script describes it. */
function tables(): Record<Row["table"], Points> {
  const bytes = new Uint8Array(readFileSync(new URL("data/math-f64.bin", import.meta.url))).buffer;
  let at = 0;
  const next = (): Points => {
    const n = new Uint32Array(bytes, at, 1)[0]!;
    const x = new Float64Array(bytes, at + 8, n);
    const y = new Float64Array(bytes, at + 8 + 8 * n, n);
    const residue = new Int8Array(bytes, at + 8 + 16 * n, n);
    at += (8 + 17 * n + 7) & -8;
    return { x, y, residue };
  };
  return { exp: next(), log: next(), log1p: next() };
}

/** Unit in the last place of float64 where the true value is: at y, or just nearer to 0. */
function ulp64(y: number, nearer: boolean): number {
  const words = new Uint32Array(Float64Array.of(y).buffer);
  let exponent = ((words[1]! >>> 20) & 0x7ff) - 1075;
  if (nearer && words[0] === 0 && (words[1]! & 0xfffff) === 0) exponent--;
  return 2 ** Math.max(exponent, -1074);
}

function measure64(build: Build, row: Row, { low, high }: Claim): Worst {
  const worst: Worst = { ulp: 0, x: Number.NaN, count: 0 };
  const { x, y, residue } = points[row.table];
  const lanes = new Float64Array(build.memory.buffer, BASE, x.length);
  lanes.set(x);
  build.kernels[`${row.name}_f64`]!(BASE, x.length);
  for (let i = 0; i < x.length; i++) {
    if (x[i]! < low || x[i]! > high) continue;
    see(worst, Math.abs((lanes[i]! - y[i]!) / ulp64(y[i]!, residue[i]! * y[i]! < 0) - residue[i]! / 254), x[i]!);
    worst.count++;
  }
  return worst;
}

/** All lanes of a vector, after a kernel; `set` writes what it is applied to. */
function vector32(build: Build, row: Row, set: (memory: ArrayBuffer) => void): number[] {
  set(build.memory.buffer);
  build.kernels[`${row.name}_f32`]!(BASE, 4);
  return [...new Float32Array(build.memory.buffer, BASE, 4)];
}

function vector64(build: Build, row: Row, set: (memory: ArrayBuffer) => void): number[] {
  set(build.memory.buffer);
  build.kernels[`${row.name}_f64`]!(BASE, 2);
  return [...new Float64Array(build.memory.buffer, BASE, 2)];
}

const points = tables();
const report: string[] = [];
afterAll(() => console.log(["Largest errors of assembly/math", ...report].join("\n")));

function judge(row: Row, dtype: "float32" | "float64", build: Build, measure: typeof measure32): void {
  const promise = claim(row, dtype);
  const worst = measure(build, row, promise);
  const range = `${promise.low} ${promise.lowIncluded ? "<=" : "<"} x ${promise.highIncluded ? "<=" : "<"} ${promise.high}`;
  report.push(`${row.name} ${dtype} ${build.target}: ${worst.ulp.toFixed(3)} ULP at ${worst.x}, stated ${promise.ulp} for ${range} (${worst.count} points)`);
  expect(promise.ulp).toBeLessThanOrEqual(LIMIT);
  expect(worst.count).toBeGreaterThan(5000);
  expect(worst.ulp, `at ${worst.x}`).toBeLessThanOrEqual(promise.ulp);
}

for (const build of await builds("assembly/test/math.ts")) {
  if (build.missing) report.push(`${build.target}: skipped, ${build.missing}`);
  describe.skipIf(build.missing)(build.missing ? `${build.target}: ${build.missing}` : build.target, () => {
    describe.each(ROWS.map((row) => [row.name, row] as const))("%s", (_, row) => {
      it("float32 error", () => judge(row, "float32", build, measure32));
      it("float64 error", () => judge(row, "float64", build, measure64));

      it("special values", () => {
        for (const [x, y] of row.special) {
          const f32 = vector32(build, row, (memory) => new Float32Array(memory, BASE, 4).fill(x));
          expect(f32, `float32 ${x}`).toEqual(Array(4).fill(Math.fround(y)));
          const f64 = vector64(build, row, (memory) => new Float64Array(memory, BASE, 2).fill(x));
          expect(f64, `float64 ${x}`).toEqual(Array(2).fill(y));
        }
      });

      it("NaN of any sign and payload", () => {
        for (const nan of NAN32) {
          const y = vector32(build, row, (memory) => new Uint32Array(memory, BASE, 4).fill(nan));
          expect(y, nan.toString(16)).toEqual(Array(4).fill(Number.NaN));
        }
        for (const nan of NAN64) {
          const y = vector64(build, row, (memory) => new BigUint64Array(memory, BASE, 2).fill(nan));
          expect(y, nan.toString(16)).toEqual(Array(2).fill(Number.NaN));
        }
      });
    });

    it("expNonpositive float32 is 0 where its docstring says so, and never more than the smallest normal number below -87.3366", () => {
      const row = ROWS[1]!;
      const at = (x: number) => vector32(build, row, (memory) => new Float32Array(memory, BASE, 4).fill(x))[0]!;
      for (let x = -87.6901; x > -120; x -= 0.01) expect(at(x)).toBe(0);
      for (let x = -87.3366; x > -87.69; x -= 0.001) expect(Math.abs(at(x) - 2 ** -127)).toBeLessThanOrEqual(2 ** -127);
    });
  });
}
