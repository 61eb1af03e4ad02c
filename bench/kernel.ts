// The crossEntropy kernel by itself, data already in its memory: what is left of a call when the library around it takes no time.

import { readFileSync } from "node:fs";

/** build/tools/bench, where this runs, to the kernels beside it. */
const BUILD = new URL("../../", import.meta.url);
/** As many pages as the library has: V8 guards small memories no differently, but then nobody has to wonder. */
const PAGES = 2048;
/** Above the kernels' static data. */
const BASE = 1 << 20;
/** BEGIN, REDUCE, FINISH and APPLY of assembly/core/rows.ts: whole rows in one go. */
const ALL_PHASES = 15;

type CrossEntropyKernel = (
  phases: number,
  x: number,
  rows: number,
  classes: number,
  y: number,
  w: number,
  g: number,
  q: number,
  qStep: number,
  scale: number,
  value: number,
  grad: number,
  gradQ: number,
) => number;

function instantiate(memory: WebAssembly.Memory): WebAssembly.Instance {
  const relaxed = readFileSync(new URL("relaxed.wasm", BUILD));
  const binary = WebAssembly.validate(relaxed) ? relaxed : readFileSync(new URL("baseline.wasm", BUILD));
  return new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
}

/** Returns a call of the kernel that computes the mean and the gradient, and that gradient. */
export function crossEntropyKernel(input: Float32Array, classes: number, target: Int32Array): { call: () => number; grad: Float32Array } {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const kernel = instantiate(memory).exports.crossEntropy_f32 as CrossEntropyKernel;
  const rows = target.length;
  // 64 bytes between the arrays: whole vectors may be read and written beyond their ends
  const x = BASE;
  const y = x + ((input.byteLength + 127) & ~63);
  const g = y + ((target.byteLength + 127) & ~63);
  new Float32Array(memory.buffer, x, input.length).set(input);
  new Int32Array(memory.buffer, y, rows).set(target);
  const scale = 1 / rows;
  const call = () => kernel(ALL_PHASES, x, rows, classes, y, 0, 0, 0, 0, scale, 0, g, 0) * scale;
  return { call, grad: new Float32Array(memory.buffer, g, input.length) };
}
