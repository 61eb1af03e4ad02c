// The handwritten digits of examples/digits, as a browser gets them: 1797 pictures of 8 x 8 pixels (Alpaydin and Kaynak, UCI repository, 1998).

import { range, seeded, shuffle } from "../../../examples/digits/random.js";

export const PIXELS = 64;
export const CLASSES = 10;
const BRIGHTEST = 16;
const SEED = 7;

export interface Digits {
  readonly count: number;
  /** [count, PIXELS], between 0 and 1. */
  readonly pixels: Float32Array;
  /** [count] */
  readonly classes: Int32Array;
}

async function text(): Promise<string> {
  const response = await fetch(new URL("../../../examples/digits/digits.csv.gz", import.meta.url));
  if (!response.ok) throw new Error(`the digits did not come: ${response.status} ${response.statusText}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Some servers call a .gz file an encoding of its content, and then the browser has unpacked it already.
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!packed) return new TextDecoder().decode(bytes);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

/** Copies the pictures of `rows` to the front of `into`. */
export function gather(digits: Digits, rows: Int32Array, into: Pick<Digits, "pixels" | "classes">): void {
  rows.forEach((row, i) => {
    into.pixels.set(digits.pixels.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
    into.classes[i] = digits.classes[row]!;
  });
}

function pick(digits: Digits, rows: Int32Array): Digits {
  const picked = { count: rows.length, pixels: new Float32Array(rows.length * PIXELS), classes: new Int32Array(rows.length) };
  gather(digits, rows, picked);
  return picked;
}

/** One picture a line: 64 pixels from 0 to 16, then the class. */
export function parse(csv: string): Digits {
  const lines = csv.trim().split("\n");
  const digits = { count: lines.length, pixels: new Float32Array(lines.length * PIXELS), classes: new Int32Array(lines.length) };
  lines.forEach((line, row) => {
    const numbers = line.split(",").map(Number);
    digits.pixels.set(
      numbers.slice(0, PIXELS).map((x) => x / BRIGHTEST),
      row * PIXELS,
    );
    digits.classes[row] = numbers[PIXELS]!;
  });
  return digits;
}

/** Shuffled before the cut: the file has the writers one after another. */
export function split(digits: Digits, held: number): { train: Digits; test: Digits } {
  const order = shuffle(range(digits.count), seeded(SEED));
  return { test: pick(digits, order.subarray(0, held)), train: pick(digits, order.subarray(held)) };
}

export async function loadDigits(held: number): Promise<{ train: Digits; test: Digits }> {
  return split(parse(await text()), held);
}
