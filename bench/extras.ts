// Questions beside the main table, each a contest of its own: what `out` saves, what nllLoss reads, what a small call costs, what broadcasting costs, and
// how near cdist comes to what the machine can do.

import * as js from "losskit/js";
import * as wasm from "losskit/wasm";
import { agree, type Effort, measure, type Timing } from "./contest.js";
import { logUniform, normal, seeded, uniform } from "./data.js";
import { cdistKernel, ceiling, crossEntropyKernel } from "./kernel.js";
import type { Question } from "./question.js";
import { VECTORS, vectorSets } from "./rows/catalogue.js";
import { type Kit, rows, type Size, sizeText } from "./rows/row.js";
import { tokens } from "./tokens.js";

/** `ratio`: the first contestant's time divided by the second's; `most`: what it should not exceed; `least`: what it should reach. */
export interface Extra {
  name: string;
  timings: Record<string, Timing>;
  ratio: number;
  most?: number;
  least?: number;
}

/** As src/backend/wasm/window.ts has it. */
const TILE_BYTES = 1 << 16;
const LOGITS: Size = [4096, 1000];
const SMALL: Size = [32, 10];

/** What a fresh gradient costs beside a buffer that is there. */
function allocation(entry: string, kit: Kit): Question {
  return {
    name: `mseLoss ${sizeText([1 << 20])}, value + gradient, ${entry}`,
    same: true,
    of: ["without out", "with out"],
    contest() {
      const random = seeded(1);
      const [x, t, g] = [normal(random, 1 << 20), normal(random, 1 << 20), new Float32Array(1 << 20)];
      const options = { out: { input: g } };
      return {
        grads: [],
        contestants: {
          "without out": () => kit.mseLoss.valueAndGrad(x, t).value,
          "with out": () => kit.mseLoss.valueAndGrad(x, t, options).value,
        },
      };
    },
  };
}

/** What a call spends on copying: both operands into linear memory, tile by tile, and the gradient out of it. */
function copying(n: number): Question {
  return {
    name: `mseLoss ${sizeText([n])}, value + gradient`,
    same: false,
    of: ["call", "its copies alone"],
    contest() {
      const random = seeded(1);
      const [x, t, g] = [normal(random, n), normal(random, n), new Float32Array(n)];
      const options = { out: { input: g } };
      const tile = TILE_BYTES / 4;
      const heap = new Float32Array(new WebAssembly.Memory({ initial: 8 }).buffer);
      const slots = [0, 1, 2].map((i) => i * (tile + 1088)); // as far apart as no power of two
      const result = heap.subarray(slots[2], slots[2]! + tile);
      return {
        grads: [],
        contestants: {
          call: () => wasm.mseLoss.valueAndGrad(x, t, options).value,
          "its copies alone": () => {
            for (let start = 0; start < n; start += tile) {
              heap.set(x.subarray(start, start + tile), slots[0]);
              heap.set(t.subarray(start, start + tile), slots[1]);
              g.set(result, start);
            }
            return g[0]!;
          },
        },
      };
    },
  };
}

/** What arrays of `alloc` save: no copy. */
function resident(loss: typeof wasm.mseLoss, n: number): Question {
  return {
    name: `${loss.name} ${sizeText([n])}, value + gradient, losskit/wasm`,
    same: true,
    of: ["plain arrays", "arrays of alloc"],
    contest() {
      const random = seeded(1);
      const [x, t] = [normal(random, n), normal(random, n)];
      const [ax, at, ag] = [wasm.alloc(n), wasm.alloc(n), wasm.alloc(n)];
      ax.set(x);
      at.set(t);
      const [plain, kept] = [{ out: { input: new Float32Array(n) } }, { out: { input: ag } }];
      return {
        grads: [],
        contestants: {
          "plain arrays": () => loss.valueAndGrad(x, t, plain).value,
          "arrays of alloc": () => loss.valueAndGrad(ax, at, kept).value,
        },
      };
    },
  };
}

/**
 * The share of the machine's multiply-adds that cdist reaches. A pair and dimension counts as one multiply-add, its subtraction as nothing; the ceiling does
 * exactly as many multiply-adds, so the share is its time divided by that of cdist.
 */
function share(size: Size): Question {
  return {
    name: `cdist ${sizeText(size)}, share of the ceiling`,
    same: false,
    least: 0.6,
    of: ["multiply-adds on registers", "cdist"],
    contest() {
      const { a, b, width, input1, input2 } = vectorSets(seeded(1), size);
      const [count = 0] = size;
      return {
        grads: [],
        contestants: {
          "multiply-adds on registers": ceiling(count * count * width),
          cdist: () => wasm.cdist(input1, input2)[0]!,
          "kernel alone": cdistKernel(a, b, width),
        },
      };
    },
  };
}

const GRID = 256;

const broadcasting: readonly Question[] = [
  {
    name: `mseLoss ${sizeText([GRID * GRID])}, value + gradient, operands of equal shape`,
    same: true,
    most: 1.1,
    of: ["with shapes", "plain arrays"],
    contest() {
      const random = seeded(1);
      const [x, t, g] = [normal(random, GRID * GRID), normal(random, GRID * GRID), new Float32Array(GRID * GRID)];
      const shape = [GRID, GRID];
      const [input, target] = [
        { data: x, shape },
        { data: t, shape },
      ];
      const options = { out: { input: g } };
      return {
        grads: [g],
        contestants: {
          "with shapes": () => wasm.mseLoss.valueAndGrad(input, target, options).value,
          "plain arrays": () => wasm.mseLoss.valueAndGrad(x, t, options).value,
        },
      };
    },
  },
  {
    name: `klDivLoss ${sizeText([GRID, GRID])} against ${sizeText([1, GRID])}, value + both gradients`,
    same: true,
    of: ["broadcast", "materialised by hand"],
    contest() {
      const random = seeded(1);
      const input = { data: logUniform(random, GRID * GRID), shape: [GRID, GRID] };
      const row = uniform(random, GRID);
      const target = { data: row, shape: [1, GRID] };
      const [g, gRow] = [new Float32Array(GRID * GRID), new Float32Array(GRID)];
      const wrt = ["input", "target"] as const;
      const options = { wrt, out: { input: g, target: gRow } };
      const whole = { data: new Float32Array(GRID * GRID), shape: [GRID, GRID] };
      const gWhole = new Float32Array(GRID * GRID);
      const wholeOptions = { wrt, out: { input: g, target: gWhole } };
      const sums = new Float64Array(GRID);
      return {
        grads: [g, gRow],
        contestants: {
          broadcast: () => wasm.klDivLoss.valueAndGrad(input, target, options).value,
          "materialised by hand": () => {
            for (let at = 0; at < whole.data.length; at += GRID) whole.data.set(row, at);
            const { value } = wasm.klDivLoss.valueAndGrad(input, whole, wholeOptions);
            sums.fill(0);
            for (let at = 0; at < gWhole.length; at += GRID) for (let j = 0; j < GRID; j++) sums[j] = sums[j]! + gWhole[at + j]!;
            gRow.set(sums);
            return value;
          },
        },
      };
    },
  },
  {
    name: "gaussianNllLoss 32 x 16, value + gradient, one variance a row",
    same: true,
    of: ["broadcast", "equal shapes"],
    contest() {
      const random = seeded(1);
      const shape = [32, 16];
      const [input, target] = [
        { data: normal(random, 512), shape },
        { data: normal(random, 512), shape },
      ];
      const row = uniform(random, 32, 0.1, 2);
      const perRow = { data: row, shape: [32, 1] };
      const each = { data: Float32Array.from({ length: 512 }, (_, i) => row[i >> 4]!), shape };
      const g = new Float32Array(512);
      const options = { wrt: ["input"] as const, out: { input: g } };
      return {
        grads: [g],
        contestants: {
          broadcast: () => wasm.gaussianNllLoss.valueAndGrad(input, target, perRow, options).value,
          "equal shapes": () => wasm.gaussianNllLoss.valueAndGrad(input, target, each, options).value,
        },
      };
    },
  },
];

const questions: readonly Question[] = [
  allocation("losskit/wasm", wasm),
  allocation("losskit/js", js),
  copying(1 << 20),
  {
    name: `nllLoss : crossEntropyLoss ${sizeText(LOGITS)}, value`,
    same: false,
    most: 0.01,
    of: ["nllLoss", "crossEntropyLoss"],
    contest() {
      const { input, y } = rows(seeded(1), LOGITS);
      return { grads: [], contestants: { nllLoss: () => wasm.nllLoss(input, y), crossEntropyLoss: () => wasm.crossEntropyLoss(input, y) } };
    },
  },
  {
    name: `crossEntropyLoss ${sizeText(SMALL)}, value + gradient`,
    same: true,
    most: 2,
    of: ["call", "kernel alone"],
    contest() {
      const { x, classes, input, y, options } = rows(seeded(1), SMALL);
      const kernel = crossEntropyKernel(x, classes, y);
      return {
        grads: [],
        contestants: { call: () => wasm.crossEntropyLoss.valueAndGrad(input, y, options).value, "kernel alone": kernel.call },
      };
    },
  },
  ...broadcasting,
  ...VECTORS.map(share),
  ...tokens,
  // last: while arrays of alloc live, every call looks whether its own are among them
  resident(wasm.mseLoss, 1 << 16),
  resident(wasm.mseLoss, 1 << 20),
  resident(wasm.bceWithLogitsLoss, 1 << 20),
];

export function extras(effort: Effort, only: RegExp, progress: (name: string) => void): Extra[] {
  const answers: Extra[] = [];
  for (const { name, most, least, same, of, contest } of questions) {
    if (!only.test(name)) continue;
    progress(name);
    const prepared = contest();
    if (same) agree(prepared);
    const timings = measure(prepared, effort);
    answers.push({
      name,
      timings,
      ratio: timings[of[0]]!.median / timings[of[1]]!.median,
      ...(most === undefined ? {} : { most }),
      ...(least === undefined ? {} : { least }),
    });
  }
  return answers;
}
