// Kernels by themselves, data already in their memory: what is left of a call when the library around it takes no time.

import { readFileSync } from "node:fs";

/** build/tools/bench, where this runs, to the kernels beside it. */
const BUILD = new URL("../../", import.meta.url);
/** As many pages as the library has: V8 guards small memories no differently, but then nobody has to wonder. */
const PAGES = 2048;
/** Above the kernels' static data. */
const BASE = 1 << 20;
/** BEGIN, REDUCE, FINISH and APPLY of src/backend/protocol.ts: whole rows in one go. */
const ALL_PHASES = 15;

/** A kernel is pointed to a block of named fields, here at the beginning of where the library has its windows. */
type Kernel = (block: number) => number;
const BLOCK = 1 << 16;
const layouts: typeof import("../src/generated/layouts.js") = await import(new URL("../dist/esm/generated/layouts.js", BUILD).href);

/** Writes the fields of a block by name. */
function fill(
  memory: WebAssembly.Memory,
  layout: { readonly i32: Readonly<Record<string, number>>; readonly f64: Readonly<Record<string, number>> },
  fields: Readonly<Record<string, number>>,
): void {
  const i32 = new Int32Array(memory.buffer, BLOCK);
  const f64 = new Float64Array(memory.buffer, BLOCK);
  for (const [name, value] of Object.entries(fields)) {
    const integer = layout.i32[name];
    if (integer !== undefined) i32[integer] = value;
    else f64[layout.f64[name]!] = value;
  }
}

/** The better build that runs here of one of the library's modules, or of what else main.mjs compiled. */
function instantiate(memory: WebAssembly.Memory, module: string, folder = BUILD): WebAssembly.Instance {
  const relaxed = readFileSync(new URL(`${module}relaxed.wasm`, folder));
  const binary = WebAssembly.validate(relaxed) ? relaxed : readFileSync(new URL(`${module}baseline.wasm`, folder));
  return new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
}

/** Returns a call of the kernel that computes the mean and the gradient, and that gradient. */
export function crossEntropyKernel(input: Float32Array, classes: number, target: Int32Array): { call: () => number; grad: Float32Array } {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const kernel = instantiate(memory, "classes.").exports.crossEntropy_f32 as Kernel;
  const rows = target.length;
  // 64 bytes between the arrays: whole vectors may be read and written beyond their ends
  const x = BASE;
  const y = x + ((input.byteLength + 127) & ~63);
  const g = y + ((target.byteLength + 127) & ~63);
  new Float32Array(memory.buffer, x, input.length).set(input);
  new Int32Array(memory.buffer, y, rows).set(target);
  const scale = 1 / rows;
  fill(memory, layouts.RowsBlock, { phases: ALL_PHASES, x, rows, n: classes, y, scale, grad: g });
  const call = () => kernel(BLOCK) * scale;
  return { call, grad: new Float32Array(memory.buffer, g, input.length) };
}

/** Vectors on each side of a block that the kernel is called with, as src/backend/wasm/vectors.ts has it: they stay in the cache. */
const SIDE = 128;

/** Returns a call of the kernel for the Euclidean distances of all pairs, block by block; the blocks' results overwrite each other. */
export function cdistKernel(a: Float32Array, b: Float32Array, width: number): () => number {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const kernel = instantiate(memory, "vectors.").exports.cdistEuclidean_f32 as Kernel;
  const x = BASE;
  const y = x + ((a.byteLength + 127) & ~63);
  const out = y + ((b.byteLength + 127) & ~63);
  new Float32Array(memory.buffer, x, a.length).set(a);
  new Float32Array(memory.buffer, y, b.length).set(b);
  const results = new Float32Array(memory.buffer, out, SIDE * SIDE);
  const bytes = SIDE * width * 4;
  fill(memory, layouts.CdistBlock, { rows: SIDE, cols: SIDE, n: width, p: 2, out, step: SIDE });
  const i32 = new Int32Array(memory.buffer, BLOCK);
  const { a: atA, b: atB } = layouts.CdistBlock.i32;
  return () => {
    for (let j = 0; j < b.byteLength; j += bytes) {
      for (let i = 0; i < a.byteLength; i += bytes) {
        i32[atA] = x + i;
        i32[atB] = y + j;
        kernel(BLOCK);
      }
    }
    return results[0]!;
  };
}

/**
 * Returns a call that does so many float32 multiply-adds on registers, twelve vectors at a time, without a memory access: the most that this engine reaches
 * here on one thread. Fused in the relaxed build, a multiplication and an addition in the baseline one.
 */
export function ceiling(count: number): () => number {
  const { madds_f32, PER_TURN } = instantiate(new WebAssembly.Memory({ initial: 1, maximum: 1 }), "", new URL("ceiling/", BUILD)).exports;
  const turns = Math.round(count / (PER_TURN as WebAssembly.Global).value);
  return () => (madds_f32 as (turns: number, x: number, b: number) => number)(turns, 0.5, 1);
}
