// The main job of `npm start`: real pictures, two networks, both backends, two tables. Exit code 1 when the backends disagree.

import { classifier } from "./classifier.js";
import { duel, trainedAlike } from "./compare.js";
import { contestants as backends } from "./contestants.js";
import { readDigits, split } from "./data.js";
import { embedding } from "./embedding.js";
import { progressOn } from "./progress.js";
import { callTable, type Result, trainingTable } from "./report.js";
import { percent } from "./table.js";
import { train } from "./train.js";
import { centreAccuracy } from "./triplets.js";

const TEST_SHARE = 0.2;
const SPLIT_SEED = 1;
/** The loss is called alone too, on a batch and on so many times the whole data set. */
const COPIES = 64;
/** At least so many rows between two looks at the clock: one small call is too short for it. */
const ROWS_TIMED = 50_000;

const began = performance.now();
const digits = readDigits();
const data = split(digits, TEST_SHARE, SPLIT_SEED);
const contestants = backends();
const progress = progressOn(process.stdout);
console.log(`${digits.count} handwritten digits, ${data.train.count} to train on, ${data.test.count} held back to test.\n`);

const results = [classifier, embedding].map((plan): Result => {
  progress.show(plan.name, 0, plan.epochs, "the loss alone");
  // Before the training: the thousands of calls warm the compiler up, and the times in training are those of a long one.
  const outputs = plan.start(contestants[0].library, data).outputs(digits);
  const duels = [plan.batch, COPIES * digits.count].map((rows) => {
    const calls = Math.ceil(ROWS_TIMED / rows);
    return { rows, duel: duel(plan.alone(outputs, digits, rows), calls, contestants) };
  });
  const runs = train(plan, contestants, data, progress);
  return { plan, runs, trained: trainedAlike(...runs), duels };
});

const { train: known, test: unknown } = data;
const raw = centreAccuracy({ points: known.pixels, classes: known.classes }, { points: unknown.pixels, classes: unknown.classes });
console.log(`
${trainingTable(results, contestants)}

Times are medians. The networks are the same plain loops on both backends and take most of an epoch: the epochs differ little.
The embedding's accuracy: nearest class centre in 16 dimensions. On the raw 64 pixels that gives ${percent(raw)}.

${callTable(results, contestants)}

Of a call on one batch, the fixed cost is a good part: more so in training, where the network has used the caches since the last call.
The large call is on the untrained network's outputs for all digits, ${COPIES} times.
`);
const agreed = results.every(({ trained, duels }) => trained.agrees && duels.every(({ duel }) => duel.agrees));
console.log(`The backends ${agreed ? "agree" : "DISAGREE"}. ${((performance.now() - began) / 1000).toFixed(1)} s.`);
if (!agreed) process.exitCode = 1;
