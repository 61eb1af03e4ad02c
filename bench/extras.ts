// Questions beside the main table, each a contest of its own: what `out` saves, what nllLoss reads, what a small call costs.

import * as js from "losskit/js";
import * as wasm from "losskit/wasm";
import { agree, type Contest, type Effort, measure, type Timing } from "./contest.js";
import { normal, seeded } from "./data.js";
import { crossEntropyKernel } from "./kernel.js";
import { type Kit, rows, type Size, sizeText } from "./table.js";

/** `ratio`: the first contestant's time divided by the second's; `most`: what it should not exceed. */
export interface Extra {
  name: string;
  timings: Record<string, Timing>;
  ratio: number;
  most?: number;
}

interface Question {
  name: string;
  most?: number;
  /** Whether the contestants compute the same thing. */
  same: boolean;
  /** The ratio's dividend and divisor. */
  of: readonly [string, string];
  contest(): Contest;
}

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

const questions: readonly Question[] = [
  allocation("losskit/wasm", wasm),
  allocation("losskit/js", js),
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
];

export function extras(effort: Effort, only: RegExp, progress: (name: string) => void): Extra[] {
  const answers: Extra[] = [];
  for (const { name, most, same, of, contest } of questions) {
    if (!only.test(name)) continue;
    progress(name);
    const prepared = contest();
    if (same) agree(prepared);
    const timings = measure(prepared, effort);
    answers.push({ name, timings, ratio: timings[of[0]]!.median / timings[of[1]]!.median, ...(most === undefined ? {} : { most }) });
  }
  return answers;
}
