// Contestants of this project: losskit's entries, its kernels by themselves, arrays from alloc, and the hand-written loops of bench/loops.

import { readFileSync } from "node:fs";
import * as bce from "../../build/tools/bench/loops/bce.js";
import * as bceWithLogits from "../../build/tools/bench/loops/bceWithLogits.js";
import * as cosineEmbedding from "../../build/tools/bench/loops/cosineEmbedding.js";
import * as crossEntropy from "../../build/tools/bench/loops/crossEntropy.js";
import * as huber from "../../build/tools/bench/loops/huber.js";
import * as klDiv from "../../build/tools/bench/loops/klDiv.js";
import * as l1 from "../../build/tools/bench/loops/l1.js";
import * as marginRanking from "../../build/tools/bench/loops/marginRanking.js";
import * as mse from "../../build/tools/bench/loops/mse.js";
import * as nll from "../../build/tools/bench/loops/nll.js";
import * as smoothL1 from "../../build/tools/bench/loops/smoothL1.js";
import * as tripletMargin from "../../build/tools/bench/loops/tripletMargin.js";
import { tripletRatio } from "../../build/tools/bench/loops/tripletRatio.js";
import * as deterministic from "../../dist/esm/deterministic.js";
import { RowsBlock, VectorsBlock } from "../../dist/esm/generated/layouts.js";
import * as auto from "../../dist/esm/index.js";
import * as js from "../../dist/esm/js.js";
import * as wasm from "../../dist/esm/wasm.js";
import { callOf } from "./cases.mjs";
import { FLOAT32 } from "./measure.mjs";

export const version = wasm.version;
export const backend = wasm.backend;

const KITS = { "losskit/js": js, "losskit/wasm": wasm, losskit: auto, "losskit/deterministic": deterministic };

/** Value and gradient as lists of calls, for measure.mjs. */
const listed = ({ value, grad }, made) => ({ value: [value], grad: grad && made.grads.length > 0 ? [grad] : [] });

/** Where a gradient is the difference of two terms, float32 has its digits relative to those. */
const DIFFERENCES = ["distillationLoss", "infoNceLoss"];
const toleranceOf = (name, { loss }) => (DIFFERENCES.includes(loss) && name !== "losskit/js" ? { tolerance: FLOAT32 } : {});

/** losskit/js comes first: it computes in double precision, and the others are compared with it. */
export function losskit(made) {
  const contestants = Object.entries(KITS).map(([name, kit]) => ({ name, calls: listed(callOf(kit, made), made), ...toleranceOf(name, made) }));
  return contestants;
}

/** Inputs and gradients inside losskit's own memory; undefined where the library has no alloc. Throws where they do not fit. */
export function allocated(made) {
  if (!wasm.alloc) return undefined;
  const taken = [];
  const close = () => {
    for (const array of taken) wasm.free?.(array);
  };
  try {
    const place = (data) => {
      const array = wasm.alloc(data.length);
      taken.push(array);
      array.set(data);
      return array;
    };
    const call = callOf(wasm, made, place);
    return { name: "losskit/wasm alloc", calls: listed(call, made), grads: () => call.buffers, close, ...toleranceOf("losskit/wasm alloc", made) };
  } catch (error) {
    close();
    throw error;
  }
}

/** Above the kernels' static data. */
const BASE = 1 << 20;
/** Vectors are read and written in pairs, beyond the ends of arrays too. */
const SLACK = 256;
const PAGE = 1 << 16;
/** BEGIN, REDUCE and FINISH of src/backend/protocol.ts; APPLY. */
const REDUCED = 7;
const APPLY = 8;
/** wasm32 has 4 GiB; a kernel alone is about what a call costs beside it, and that needs no more than this. */
const LARGEST = 1 << 23;

/** Where the kernels' blocks are: below the data, behind the static data. */
const BLOCK = 1 << 16;

const compiled = new Map();
/** The module that exports a kernel. */
function kernel(memory, name) {
  if (compiled.size === 0) {
    const build = new URL("../../build/", import.meta.url);
    for (const module of ["pointwise", "likelihoods", "logistic", "classes", "vectors"]) {
      const relaxed = readFileSync(new URL(`${module}.relaxed.wasm`, build));
      const binary = WebAssembly.validate(relaxed) ? relaxed : readFileSync(new URL(`${module}.baseline.wasm`, build));
      const own = new WebAssembly.Module(binary);
      for (const exported of WebAssembly.Module.exports(own)) compiled.set(exported.name, own);
    }
  }
  return new WebAssembly.Instance(compiled.get(name), { env: { memory } }).exports[name];
}

/** Writes the fields of a block by name. */
function fill(memory, layout, fields) {
  const i32 = new Int32Array(memory.buffer, BLOCK);
  const f64 = new Float64Array(memory.buffer, BLOCK);
  for (const [name, value] of Object.entries(fields)) {
    if (name in layout.i32) i32[layout.i32[name]] = value;
    else f64[layout.f64[name]] = value;
  }
}

/** losskit's kernel with the data already in its memory: what is left of a call when the library around it takes no time. */
export function kernelAlone({ kernel: wanted, elements }, made) {
  if (!wanted || elements > LARGEST / 2) return undefined;
  const [name, p, q] = wanted;
  let end = BASE;
  const reserve = (bytes) => {
    const at = end;
    end = (end + bytes + SLACK + 63) & ~63;
    return at;
  };
  const { rows, width, n } = made;
  const inputs = made.inputs.map(({ data }, i) => ({
    data,
    at: reserve((name === "cosine" && i === 2 ? 8 : 4) * data.length),
    wide: name === "cosine" && i === 2,
  }));
  const index = made.index ? reserve(4 * made.index.length) : 0;
  const outs = made.grads.map((grad) => reserve(grad.byteLength));
  const spare = made.grads.length > 1 ? reserve(4 * n) : 0;
  const scratch = reserve(2048); // where a second gradient would go, even without one: assembly/core/pointwise.ts
  const memory = new WebAssembly.Memory({ initial: Math.ceil((end + SLACK) / PAGE), maximum: 65536 });
  const run = kernel(memory, `${name}_f32`);
  for (const { data, at, wide } of inputs)
    (wide ? new Float64Array(memory.buffer, at, data.length) : new Float32Array(memory.buffer, at, data.length)).set(data);
  if (index) new Int32Array(memory.buffer, index, made.index.length).set(made.index);
  const [a, b, c = 0] = inputs.map(({ at }) => at);
  const [ga, gb, gc = 0] = outs;
  const call = { pointwise: onePosition, crossEntropy: classes, tripletEuclidean: triplet, cosine }[name] ?? onePosition;
  const buffers = outs.map((at, i) => new Float32Array(memory.buffer, at, made.grads[i].length));
  return { name: "kernel alone", calls: call(), grads: () => buffers };

  function onePosition() {
    const scale = 1 / n;
    const last = c || a;
    // with a second gradient a pass writes all there is: values, where the gradient overwrites them, and what nobody wants, to spare memory
    const second = made.out[1] === "var" ? [ga, ga, spare, gb] : [ga, ga, gb, spare];
    const grad = outs.length > 1 ? () => run(a, b, last, n, p, q, scale, ...second) * scale : () => run(a, b, last, n, p, q, scale, 0, ga, scratch, 0) * scale;
    return { value: [() => run(a, b, last, n, p, q, scale, 0, 0, scratch, 0) * scale], grad: [grad] };
  }

  // the block stays as it is between calls, but for its phases
  function block(layout, fields) {
    fill(memory, layout, fields);
    const i32 = new Int32Array(memory.buffer, BLOCK);
    return (phases, scale) => () => {
      i32[layout.i32.phases] = phases;
      return run(BLOCK) * scale;
    };
  }

  function classes() {
    const scale = 1 / rows;
    fill(memory, RowsBlock, { x: a, rows, n: width, y: index, scale });
    const i32 = new Int32Array(memory.buffer, BLOCK);
    const by = (phases, g) => () => {
      i32[RowsBlock.i32.phases] = phases;
      i32[RowsBlock.i32.grad] = g;
      return run(BLOCK) * scale;
    };
    return { value: [by(REDUCED, 0)], grad: [by(REDUCED | APPLY, ga)] };
  }

  function triplet() {
    const step = 4 * width;
    const scale = 1 / rows;
    const fields = { kind: p, a, b, c, rows, n: width, p: 2, eps: 1e-6, margin: 1, scale, ga, gb, gc, stepA: step, stepB: step, stepC: step };
    const by = block(VectorsBlock, fields);
    return { value: [by(REDUCED, scale)], grad: [by(REDUCED | APPLY, scale)] };
  }

  function cosine() {
    const scale = 1 / rows;
    const by = block(VectorsBlock, { a, b, rows, n: width, y: c, scale, ga, gb, stepA: 4 * width, stepB: 4 * width });
    return { value: [by(REDUCED, scale)], grad: [by(REDUCED | APPLY, scale)] };
  }
}

const pair = (loop, made, last = []) => {
  const [x, t] = made.inputs.map(({ data }) => data);
  const [g] = made.grads;
  return { value: [() => loop.value(x, t, ...last)], grad: [() => loop.branchy(x, t, ...last, g), () => loop.branchless(x, t, ...last, g)] };
};

const LOOPS = {
  mseLoss: (made) => {
    const [x, t] = made.inputs.map(({ data }) => data);
    const [g] = made.grads;
    return { value: [() => mse.value(x, t)], grad: [() => mse.mse(x, t, g)] };
  },
  l1Loss: (made) => pair(l1, made),
  smoothL1Loss: (made) => pair(smoothL1, made, [1]),
  huberLoss: (made) => pair(huber, made, [1]),
  bceLoss: (made) => pair(bce, made),
  bceWithLogitsLoss: (made) => pair(bceWithLogits, made),
  klDivLoss: (made) => pair(klDiv, made),
  marginRankingLoss: (made) => {
    const [x1, x2, t] = made.inputs.map(({ data }) => data);
    const [g1, g2] = made.grads;
    return {
      value: [() => marginRanking.value(x1, x2, t, 0)],
      grad: [() => marginRanking.branchy(x1, x2, t, 0, g1, g2), () => marginRanking.branchless(x1, x2, t, 0, g1, g2)],
    };
  },
  crossEntropyLoss: ({ inputs: [{ data }], width, index, grads: [g] }) => ({
    value: [() => crossEntropy.value(data, width, index), () => crossEntropy.valueOnline(data, width, index)],
    grad: [() => crossEntropy.branchy(data, width, index, g), () => crossEntropy.branchless(data, width, index, g)],
  }),
  nllLoss: ({ inputs: [{ data }], width, index, grads: [g] }) => ({
    value: [() => nll.value(data, width, index)],
    grad: [() => nll.nll(data, width, index, g)],
  }),
  tripletMarginLoss: (made) => {
    const [a, p, n] = made.inputs.map(({ data }) => data);
    const run = (loop) => () => loop(a, p, n, made.width, 1, 1e-6, ...made.grads);
    return { value: [], grad: [run(tripletMargin.branchy), run(tripletMargin.branchless)] };
  },
  tripletRatioLoss: (made) => {
    const [a, p, n] = made.inputs.map(({ data }) => data);
    return { value: [], grad: [() => tripletRatio(a, p, n, made.width, 1e-6, ...made.grads)] };
  },
  cosineEmbeddingLoss: (made) => {
    const [x1, x2, t] = made.inputs.map(({ data }) => data);
    const run = (loop) => () => loop(x1, x2, t, made.width, 0, ...made.grads);
    return { value: [], grad: [run(cosineEmbedding.branchy), run(cosineEmbedding.branchless)] };
  },
};

export function loops(made) {
  const calls = LOOPS[made.loss]?.(made);
  return calls && { name: "hand-written JS", calls };
}
