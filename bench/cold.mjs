// npm run bench:cold: what the first use costs: import and first calls in fresh processes, medians, and the memory they leave.

import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { setup } from "../scripts/setup.mjs";

setup();
const RUNS = 21;
const entries = ["index", "wasm", "deterministic", "js"];

/** One fresh process: milliseconds of import, of the first call of a loss, of the first of another module, of a second call; MiB that all that added. */
function probe(entry) {
  const script = `
    const now = () => performance.now();
    const before = process.memoryUsage();
    const start = now();
    const { mseLoss, crossEntropyLoss } = await import(${JSON.stringify(new URL(`../dist/esm/${entry}.js`, import.meta.url).href)});
    const imported = now();
    const a = new Float32Array(320).fill(1);
    mseLoss.valueAndGrad(a, a);
    const first = now();
    crossEntropyLoss.valueAndGrad(a, new Int32Array(32));
    const other = now();
    mseLoss.valueAndGrad(a, a);
    const again = now();
    const after = process.memoryUsage();
    console.log(JSON.stringify([imported - start, first - imported, other - first, again - other, (after.rss - before.rss) / 2 ** 20]));`;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
}

const median = (list) => list.sort((one, other) => one - other)[list.length >> 1];
// alternated, so that what the machine does besides meets all of them
const rounds = Array.from({ length: RUNS }, () => entries.map(probe));

console.log(`Node ${process.version}, ${cpus()[0]?.model.trim()}; medians of ${RUNS} fresh processes, ms; MiB: resident memory added\n`);
console.log("| entry | import | first mseLoss | first crossEntropyLoss | mseLoss again | MiB |");
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const [i, entry] of entries.entries()) {
  const cells = [0, 1, 2, 3, 4].map((column) => median(rounds.map((round) => round[i][column])).toFixed(column === 3 ? 3 : 1));
  console.log(`| ${entry === "index" ? "losskit" : `losskit/${entry}`} | ${cells.join(" | ")} |`);
}
