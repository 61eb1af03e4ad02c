// npm run bench:chromium [-- --quick] [-- --only <regex>]: the table of npm run bench in headless Chromium, on a page that is isolated (for its clock), and
// beside it how long losskit takes there against the last complete run on Node 24.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { node, root, run, setup } from "../scripts/setup.mjs";
import { openPage } from "./page.mjs";

setup();
run(node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
const { fiveDigits, lost, quoted, render } = await import("../build/tools/bench/report.js");
const { values } = parseArgs({ options: { quick: { type: "boolean", default: false }, only: { type: "string" } } });
const only = new RegExp(values.only ?? "", "i");
const effort = values.quick ? { rounds: 3, time: 8 } : { rounds: 11, time: 15 };

const { outputFiles } = await build({ entryPoints: [`${root}build/tools/bench/page.js`], bundle: true, format: "esm", write: false, absWorkingDir: root });
const { page, version, close } = await openPage(outputFiles[0].text);
const { about, names } = await page.evaluate("({ about: bench.about, names: bench.names })");
const rows = [];
for (const [index, name] of names.entries()) {
  if (only.test(name)) rows.push(await page.evaluate(([i, how]) => globalThis.bench.row(i, how), [index, effort]));
}
await close();

const report = {
  engine: "Chromium",
  version,
  losskit: about.version,
  simd: about.simd,
  cpu: `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${cpus().length} cores`,
  date: new Date().toISOString().slice(0, 10),
  command: ["npm run bench:chromium", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2).map(quoted)] : [])].join(" "),
  rounds: effort.rounds,
  rows,
  extras: [],
};

/** How many times as fast as on Node 24, in that run; other hours of a shared machine, so only what is far off says something. */
function beside() {
  const file = `${root}bench/results/node-24.json`;
  if (!existsSync(file)) return "";
  const other = new Map(JSON.parse(readFileSync(file, "utf8")).rows.map((row) => [`${row.loss} ${row.size}`, row.timings["losskit/wasm"].median]));
  const lines = rows.flatMap(({ loss, size, timings }) => {
    const there = other.get(`${loss} ${size}`);
    return there === undefined ? [] : [[`${loss} ${size}`, there / timings["losskit/wasm"].median]];
  });
  const slow = lines.filter(([, ratio]) => ratio < 0.6).map(([name, ratio]) => `${name} (${ratio.toFixed(2)})`);
  const mean = Math.exp(lines.reduce((sum, [, ratio]) => sum + Math.log(ratio), 0) / lines.length);
  return `\n\`losskit/wasm\` here against Node 24 (\`bench/results/node-24.json\`): ${mean.toFixed(2)} times as fast in the geometric mean of ${lines.length} rows; below 0.6: ${slow.join(", ") || "none"}.\n`;
}

const text = render(report) + beside();
console.log(text);
console.log(
  lost(report)
    .map((line) => `missed: ${line}`)
    .join("\n"),
);
if (!values.quick && values.only === undefined) {
  mkdirSync(`${root}bench/results`, { recursive: true });
  writeFileSync(`${root}bench/results/chromium.md`, text);
  writeFileSync(`${root}bench/results/chromium.json`, `${JSON.stringify(report, fiveDigits, 1)}\n`);
}
