// npm run embeddings: one encoder, four losses, both backends; recall@1 before and after, and a picture of the space. Exit code 1 when the backends disagree.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import * as javascript from "losskit/js";
import { duel, trainedAlike } from "../digits/compare.js";
import { contestants as backends } from "../digits/contestants.js";
import { readDigits, split } from "../digits/data.js";
import { progressOn } from "../digits/progress.js";
import { callTable, type Result, trainingTable } from "../digits/report.js";
import { percent } from "../digits/table.js";
import type { Task } from "../digits/task.js";
import { train } from "../digits/train.js";
import { alone, DIMENSIONS, training } from "./encoder.js";
import { objectives } from "./objectives.js";
import { type Panel, picture } from "./picture.js";
import { project } from "./project.js";
import { recallAt1 } from "./recall.js";

const EPOCHS = 15;
const TEST_SHARE = 0.2;
const SPLIT_SEED = 1;
/** The loss is called alone too, on a batch and on more: in a batch every row meets every other one. */
const ROWS = [64, 512];
/** At least so many rows between two looks at the clock: one small call is too short for it. */
const ROWS_TIMED = 512;

const file = resolve(process.argv[2] ?? "build/embeddings.svg");
const began = performance.now();
const digits = readDigits();
const data = split(digits, TEST_SHARE, SPLIT_SEED);
const { train: known, test: unknown } = data;
const contestants = backends();
const progress = progressOn(process.stdout);
console.log(`${digits.count} handwritten digits, ${known.count} to train on, ${unknown.count} held back; 64 pixels become ${DIMENSIONS} numbers.\n`);

const results = objectives.map((objective): Result => {
  const plan = training(objective, EPOCHS);
  progress.show(plan.name, 0, EPOCHS, "the loss alone");
  const duels = ROWS.map((rows) => ({ rows, duel: duel(alone(objective, known, rows), Math.ceil(ROWS_TIMED / rows), contestants) }));
  const runs = train(plan, contestants, data, progress);
  return { plan, runs, trained: trainedAlike(...runs), duels };
});

const panel = (task: Task, recall: number): Panel => ({ plane: project(task.outputs(unknown), DIMENSIONS), recall });
const columns = results.map(({ plan, runs: [{ task, before, after }] }, i) => ({
  name: plan.name,
  from: objectives[i]!.from,
  before: panel(plan.start(javascript, data), before.accuracy),
  after: panel(task, after.accuracy),
}));
const caption = `${unknown.count} handwritten digits the encoder has not seen, in the two principal components of its ${DIMENSIONS} dimensions; a numeral is the middle of its class`;
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, picture(columns, unknown.classes, "What four losses make of one encoder's space", caption));

const raw = recallAt1(javascript, unknown.pixels, 64, unknown.classes);
console.log(`
${trainingTable(results, contestants, "recall@1")}

recall@1: how many of the held-out digits have one of their own class as their nearest neighbour among them. On the raw 64 pixels that is ${percent(raw)}.
infoNceLoss never sees a class; the other three do. Times are medians; the network is the same plain loops on both backends and takes most of an epoch.

${callTable(results, contestants)}

The picture of the space before and after: ${relative(process.cwd(), file)}
`);
const agreed = results.every(({ trained, duels }) => trained.agrees && duels.every(({ duel }) => duel.agrees));
console.log(`The backends ${agreed ? "agree" : "DISAGREE"}. ${((performance.now() - began) / 1000).toFixed(1)} s.`);
if (!agreed) process.exitCode = 1;
