// One run under the Node that runs this: every case, every contestant that is there. --quick: few rounds; --only <regex>: cases whose name and
// size match; --among <regex>: of the others only these (fused C, PyTorch, TensorFlow.js ...); --to <folder>: where the report goes. Without that,
// only a complete run is written, to bench/results/: nobody should quote a quick one.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { about } from "../../build/tools/bench/report.js";
import { save } from "../../build/tools/bench/save.js";
import { cases } from "./cases.mjs";
import { compete } from "./compete.mjs";
import { consumed } from "./measure.mjs";
import * as native from "./native.mjs";
import * as own from "./own.mjs";
import { bars, commit, render, summary } from "./report.mjs";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" }, among: { type: "string" }, to: { type: "string" } },
});
const only = new RegExp(values.only ?? "", "i");
const among = new RegExp(values.among ?? "", "i");
const effort = values.quick ? { rounds: 3, time: 5, warmUp: 20 } : { rounds: 5, time: 8, warmUp: 40 };
const folder = mkdtempSync(`${tmpdir()}/losskit-rivals-`);

/** Rivals by module: a library that is not installed, or does not run here, is left out, and the report says so. */
const LIBRARIES = {
  "TensorFlow.js": () => import("./tfjs.mjs"),
  "jax-js": () => import("./jax.mjs"),
  onnxruntime: () => import("./onnx.mjs"),
  "simsimd, ml-distance": () => import("./distances.mjs"),
};

const versions = {};
const skipped = [];
const rivals = [];

async function enter(name, start) {
  if (!among.test(name)) {
    skipped.push({ name, reason: "left out by --among" });
    return;
  }
  let rival;
  try {
    rival = await start();
  } catch (error) {
    rival = { skipped: error.message.split("\n")[0] };
  }
  if (rival.skipped) skipped.push({ name, reason: rival.skipped });
  else {
    versions[name] = rival.info;
    rivals.push({ name, ...rival });
  }
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text) console.error(text); // half an hour without a word looks like a hang
}

/** /proc knows what the processor can do; elsewhere nobody asks. */
function flags() {
  try {
    const all = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1].trim().split(" ") ?? [];
    return all.filter((flag) => /^(sse4_2|avx|avx2|fma|avx512\w*)$/.test(flag));
  } catch {
    return [];
  }
}

const begin = performance.now();
try {
  await enter("fused C", () => native.fusedC(folder));
  // torch.compile takes minutes, and neither of them knows what Node this is: once is enough, unless somebody asks
  const once = own.backend().simd === "relaxed" || values.among !== undefined;
  await enter("PyTorch", () => (once ? native.torch(folder) : { skipped: "measured on Node 24 alone" }));
  for (const [name, load] of Object.entries(LIBRARIES)) await enter(name, async () => (await load()).start());
  const rows = [];
  for (const one of cases)
    if (only.test(`${one.loss} ${one.size}`)) {
      progress(`${one.loss} ${one.size}`);
      rows.push(...(await compete(one, rivals, effort)));
    }
  progress("");
  const report = {
    node: process.versions.node,
    engine: `Node ${process.versions.node.split(".")[0]}`,
    version: `Node ${process.versions.node}, V8 ${process.versions.v8}`,
    losskit: own.version,
    simd: own.backend().simd,
    ...about("bench:rivals"),
    flags: flags(),
    commit: commit(),
    minutes: (performance.now() - begin) / 60000,
    ...effort,
    versions,
    skipped,
    rows,
  };
  const text = render(report);
  console.log(text);
  console.log(bars(report));
  if (Number.isNaN(consumed())) console.error("Some loss was NaN."); // also what keeps the results alive
  if (values.to || (!values.quick && values.only === undefined && values.among === undefined)) {
    const folder = values.to ? pathToFileURL(`${values.to}/`) : undefined;
    save(`rivals-node-${process.versions.node.split(".")[0]}`, text, report, folder);
    // of the newest Node alone (relaxed SIMD): what scripts/pages.mjs reads
    if (report.simd === "relaxed") writeFileSync(new URL("rivals.json", folder ?? new URL("../results/", import.meta.url)), summary(report));
  }
  // losskit and the C beside it must agree; what others compute is theirs, and in the report
  const wrong = rows.flatMap(({ loss, size, notes }) => notes.filter(({ name }) => /losskit|kernel|fused/.test(name)).map((note) => ({ loss, size, ...note })));
  for (const { loss, size, name, reason } of wrong) console.error(`${loss} ${size}: ${name}: ${reason}`);
  if (wrong.some(({ reason }) => /says/.test(reason))) process.exitCode = 1;
} finally {
  for (const { close } of rivals) close?.();
  rmSync(folder, { recursive: true, force: true });
}
