// npm run bench:rivals:chromium [-- --quick] [-- --only <regex>]: the table of npm run bench:rivals in headless Chromium, for those contestants that are this
// project's own, and beside it how fast losskit is there against the last complete run on Node 24.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { node, root, run, setup } from "../../scripts/setup.mjs";
import { besideNode, openPage } from "../page.mjs";

setup();
run(node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
const { about } = await import("../../build/tools/bench/report.js");
const { save } = await import("../../build/tools/bench/save.js");
const { commit, render } = await import("./report.mjs");
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
const { kit, names } = await page.evaluate("({ kit: bench.about, names: bench.names })");
const rows = [];
for (const [index, name] of names.entries()) {
  if (only.test(name)) rows.push(...(await page.evaluate(([i, how]) => globalThis.bench.rows(i, how), [index, effort])));
}
await close();

const report = {
  engine: "Chromium",
  version,
  losskit: kit.version,
  simd: kit.simd,
  ...about("bench:rivals:chromium"),
  flags: [],
  commit: commit(),
  minutes: (performance.now() - begin) / 60000,
  ...effort,
  versions: {},
  skipped: [{ name: "fused C and other libraries", reason: "a page has none; npm run bench:rivals has them on Node" }],
  rows,
};

const key = ({ loss, size, kind }) => `${loss} ${size}, ${kind === "grad" ? "value + gradient" : "value"}`;
const text = render(report) + besideNode(`${root}build/bench/rivals-node-24.json`, rows, key);
console.log(text);
if (!values.quick && values.only === undefined) save("rivals-chromium", text, report);
