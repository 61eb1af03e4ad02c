// npm run perplexity [-- "a text of your own"] [-- --steps 1000]: trains a small language model, writes it as ONNX, runs it in onnxruntime, and says what its logits make of a text.
// Exit code 1 when the session's perplexity is not the training code's. Start reading at judge.ts.

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ort from "onnxruntime-node";
import { table } from "../digits/table.js";
import { type Judgement, judge } from "./judge.js";
import { ByteModel } from "./model.js";
import { toOnnx } from "./onnx.js";
import { coloured, rankHistogram, surpriseText } from "./print.js";
import { readPages } from "./text.js";

const STEPS = "1000";
/** Bytes of the pages that are shown. */
const SHOWN = 1200;
/** Sums of float32 products in another order, by the network's loops and by onnxruntime. */
const SAME = 1e-5;
/** Half a unit in the last place of float16 logits up to 16: 2^-8 at most, of random sign. */
const SAME_HALF = 2 ** -8;

const { learned, judged } = readPages();
const { values, positionals } = parseArgs({ allowPositionals: true, options: { steps: { type: "string", default: STEPS } } });
const steps = Number(values.steps);
if (!Number.isInteger(steps) || steps < 0) throw new RangeError(`--steps expected an integer from 0 on, got ${values.steps}`);
const own = positionals.length > 0 ? new TextEncoder().encode(positionals.join(" ")) : undefined;

const began = performance.now();
const model = new ByteModel();
console.log(`A model of bytes learns from ${learned.length} bytes of this repository's pages, ${steps} steps.`);
model.train(learned, steps, (step, loss) => console.log(`  step ${String(step).padStart(5)}: ${(loss / Math.LN2).toFixed(3)} bits per byte`));
const file = new URL("model.onnx", import.meta.url);
mkdirSync(new URL(".", file), { recursive: true });
const bytes = toOnnx(model);
writeFileSync(file, bytes);
console.log(`${((performance.now() - began) / 1000).toFixed(1)} s; ${(bytes.length / 1024).toFixed(0)} KiB of ONNX.\n`);

const session = await ort.InferenceSession.create(fileURLToPath(file), { logSeverityLevel: 3 });
const expected = model.perplexity(judged);
const full = await judge(session, "logits", judged);
const half = await judge(session, "logits16", judged);
const row = (name: string, { perplexity, bitsPerByte }: Judgement): string[] => [name, perplexity.toFixed(5), bitsPerByte.toFixed(5)];
const bits = (values: Float64Array): string => (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3);
console.log(`${judged.length} bytes that it has not seen:\n`);
console.log(
  table(
    [
      ["", "perplexity", "bits per byte"],
      ["the training code", expected.toFixed(5), Math.log2(expected).toFixed(5)],
      row("onnxruntime, float32 logits", full),
      row("onnxruntime, float16 logits", half),
    ],
    1,
  ),
);
console.log(`\nSurprise ${bits(half.surprise)} bits, of which the model knew: its entropy is ${bits(half.entropy)} bits.`);
console.log(`\nRank of the byte that came:\n${rankHistogram(half.rank)}\n`);

const shown = own ?? judged.subarray(0, SHOWN);
const { surprise, perplexity } = await judge(session, "logits16", shown);
console.log(surpriseText(shown, surprise, coloured(process.stdout, process.env)));
if (own) console.log(`\nPerplexity ${perplexity.toFixed(2)} a byte.`);

const [one, two] = [full, half].map((judgement) => Math.abs(judgement.perplexity / expected - 1)) as [number, number];
const same = one <= SAME && two <= SAME_HALF;
console.log(`\nonnxruntime and the training code ${same ? "agree" : "DISAGREE"}: float32 to ${one.toExponential(0)}, float16 to ${two.toExponential(0)}.`);
if (!same) process.exitCode = 1;
await session.release();
