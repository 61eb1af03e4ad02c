// The handwritten digits: 1797 pictures of 8 x 8 pixels (Alpaydin and Kaynak, UCI repository, 1998).

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { range, seeded, shuffle } from "./random.js";

export const PIXELS = 64;
export const CLASSES = 10;
const BRIGHTEST = 16;

export interface Digits {
  readonly count: number;
  /** [count, PIXELS], between 0 and 1. */
  readonly pixels: Float32Array;
  /** [count] */
  readonly classes: Int32Array;
}

/** The compiled file lies under build/, the data beside the source: both hang from the folder of the package. */
function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "losskit") return folder;
    if (folder === dirname(folder)) throw new Error("examples/digits: no package.json of losskit above this file");
  }
}

/** One picture a line: 64 pixels from 0 to 16, then the class. */
export function readDigits(): Digits {
  const text = gunzipSync(readFileSync(join(packageRoot(), "examples/digits/digits.csv.gz"))).toString("latin1");
  const lines = text.trim().split("\n");
  const digits = { count: lines.length, pixels: new Float32Array(lines.length * PIXELS), classes: new Int32Array(lines.length) };
  lines.forEach((line, row) => {
    const numbers = line.split(",").map(Number);
    if (numbers.length !== PIXELS + 1 || numbers.some(Number.isNaN)) throw new Error(`digits.csv.gz: line ${row + 1} is not ${PIXELS + 1} numbers`);
    for (let i = 0; i < PIXELS; i++) digits.pixels[row * PIXELS + i] = numbers[i]! / BRIGHTEST;
    digits.classes[row] = numbers[PIXELS]!;
  });
  return digits;
}

/** The pictures of `rows`, in that order, as digits of their own. */
export function pick(digits: Digits, rows: Int32Array): Digits {
  const picked = { count: rows.length, pixels: new Float32Array(rows.length * PIXELS), classes: new Int32Array(rows.length) };
  gather(digits, rows, picked);
  return picked;
}

/** Copies the pictures of `rows` to the front of `into`: batches reuse one buffer. */
export function gather(digits: Digits, rows: Int32Array, into: Pick<Digits, "pixels" | "classes">): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    into.pixels.set(digits.pixels.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
    into.classes[i] = digits.classes[row]!;
  }
}

/** Shuffled before the cut: the file has the writers one after another. */
export function split(digits: Digits, testShare: number, seed: number): { train: Digits; test: Digits } {
  const order = shuffle(range(digits.count), seeded(seed));
  const held = Math.round(digits.count * testShare);
  return { test: pick(digits, order.subarray(0, held)), train: pick(digits, order.subarray(held)) };
}

/** The array over and over, up to a length. */
export function cycle<T extends Float32Array | Int32Array>(array: T, length: number): T {
  const cycled = new (array.constructor as new (length: number) => T)(length);
  for (let start = 0; start < length; start += array.length) cycled.set(array.subarray(0, length - start), start);
  return cycled;
}
