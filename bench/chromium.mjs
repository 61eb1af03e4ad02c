// npm run bench:chromium [-- --quick] [-- --only <regex>]: the table of npm run bench in headless Chromium, on a page that is isolated (for its clock), and
// beside it how long losskit takes there against the last complete run on Node 24.

import { parseArgs } from "node:util";
import { build } from "esbuild";
import { node, root, run, setup } from "../scripts/setup.mjs";
import { besideNode, openPage } from "./page.mjs";

setup();
run(node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
const { about, lost, render } = await import("../build/tools/bench/report.js");
const { save } = await import("../build/tools/bench/save.js");
const { values } = parseArgs({ options: { quick: { type: "boolean", default: false }, only: { type: "string" } } });
const only = new RegExp(values.only ?? "", "i");
const effort = values.quick ? { rounds: 3, time: 8 } : { rounds: 11, time: 15 };

const { outputFiles } = await build({ entryPoints: [`${root}build/tools/bench/page.js`], bundle: true, format: "esm", write: false, absWorkingDir: root });
const { page, version, close } = await openPage(outputFiles[0].text);
const { kit, names } = await page.evaluate("({ kit: bench.about, names: bench.names })");
const rows = [];
for (const [index, name] of names.entries()) {
  if (only.test(name)) rows.push(await page.evaluate(([i, how]) => globalThis.bench.row(i, how), [index, effort]));
}
await close();

const report = {
  engine: "Chromium",
  version,
  losskit: kit.version,
  simd: kit.simd,
  ...about("bench:chromium"),
  rounds: effort.rounds,
  rows,
  extras: [],
};

const text = render(report) + besideNode(`${root}build/bench/node-24.json`, rows, ({ loss, size }) => `${loss} ${size}`);
console.log(text);
console.log(
  lost(report)
    .map((line) => `missed: ${line}`)
    .join("\n"),
);
if (!values.quick && values.only === undefined) save("chromium", text, report);
