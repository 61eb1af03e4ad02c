// npm run bench:rivals:chromium [-- --quick] [-- --only <regex>]: the table of npm run bench:rivals in headless Chromium, for those contestants that are this
// project's own, and beside it how fast losskit is there against the last complete run on Node 24.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { node, root, run, setup } from "../../scripts/setup.mjs";
import { openPage } from "../page.mjs";
import { render } from "./report.mjs";

setup();
run(node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
const { values } = parseArgs({ options: { quick: { type: "boolean", default: false }, only: { type: "string" } } });
const only = new RegExp(values.only ?? "", "i");
const effort = values.quick ? { rounds: 3, time: 5, warmUp: 20 } : { rounds: 5, time: 8, warmUp: 40 };

// own.mjs reads the kernels with node:fs; in the page they are there already
const files = {
  name: "files",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:fs$/ }, () => ({ path: "node:fs", namespace: "files" }));
    onLoad({ filter: /.*/, namespace: "files" }, () => ({
      contents: "export const readFileSync = (url) => globalThis.kernels[url.pathname.split('/').at(-1)];",
    }));
  },
};
const { outputFiles } = await build({
  entryPoints: [`${root}bench/rivals/page.mjs`],
  bundle: true,
  format: "esm",
  write: false,
  plugins: [files],
  banner: {
    js: `globalThis.kernels = {}; for (const name of ["relaxed.wasm", "baseline.wasm"]) globalThis.kernels[name] = new Uint8Array(await (await fetch("/" + name)).arrayBuffer());`,
  },
});
const assets = Object.fromEntries(["relaxed.wasm", "baseline.wasm"].map((name) => [`/${name}`, readFileSync(`${root}build/${name}`)]));
const { page, version, close } = await openPage(outputFiles[0].text, assets);

const begin = performance.now();
const { about, names } = await page.evaluate("({ about: bench.about, names: bench.names })");
const rows = [];
for (const [index, name] of names.entries()) {
  if (only.test(name)) rows.push(...(await page.evaluate(([i, how]) => globalThis.bench.rows(i, how), [index, effort])));
}
await close();

const report = {
  engine: "Chromium",
  version,
  losskit: about.version,
  simd: about.simd,
  cpu: `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${cpus().length} cores`,
  flags: [],
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
  date: new Date().toISOString().slice(0, 10),
  command: `npm run bench:rivals:chromium${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(" ")}` : ""}`,
  minutes: (performance.now() - begin) / 60000,
  ...effort,
  versions: {},
  skipped: [{ name: "fused C and other libraries", reason: "a page has none; npm run bench:rivals has them on Node" }],
  rows,
};

/** How many times as fast as in the last run on Node 24: other minutes of a shared machine, so only what is far off says something. */
function beside() {
  const file = `${root}bench/results/rivals-node-24.json`;
  if (!existsSync(file)) return "";
  const key = ({ loss, size, kind }) => `${loss} ${size}, ${kind === "grad" ? "value + gradient" : "value"}`;
  const there = new Map(JSON.parse(readFileSync(file, "utf8")).rows.map((row) => [key(row), row.timings["losskit/wasm"]?.median]));
  const lines = rows
    .filter((row) => there.get(key(row)) && row.timings["losskit/wasm"])
    .map((row) => [key(row), there.get(key(row)) / row.timings["losskit/wasm"].median]);
  if (lines.length === 0) return "";
  const mean = Math.exp(lines.reduce((sum, [, ratio]) => sum + Math.log(ratio), 0) / lines.length);
  const slow = lines.filter(([, ratio]) => ratio < 0.6).map(([name, ratio]) => `- ${name}: ${ratio.toFixed(2)}`);
  const head = `\`losskit/wasm\` here is ${mean.toFixed(2)} times as fast as on Node 24 (\`rivals-node-24.json\`), in the geometric mean of ${lines.length} cells. Below 0.6:`;
  return `\n#### Beside Node 24\n\n${head}${slow.length > 0 ? `\n\n${slow.join("\n")}` : " none."}\n`;
}

const text = render(report) + beside();
console.log(text);
if (!values.quick && values.only === undefined) {
  writeFileSync(`${root}bench/results/rivals-chromium.md`, text);
  writeFileSync(
    `${root}bench/results/rivals-chromium.json`,
    `${JSON.stringify(report, (_key, value) => (typeof value === "number" ? Number(value.toPrecision(5)) : value), 1)}\n`,
  );
}
