// Times every row of the table under the Node that runs this. --quick: few rounds; --only <regex>: rows whose name and size match.
// Only a complete run is written to bench/results/: nobody should quote a quick one.

import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import * as js from "losskit/js";
import * as wasm from "losskit/wasm";
import { agree, consumed, type Effort, measure } from "./contest.js";
import { extras } from "./extras.js";
import { lost, type Measured, type Report, render } from "./report.js";
import type { Row } from "./rows/row.js";
import { table } from "./table.js";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false }, only: { type: "string" } } });
const only = new RegExp(values.only ?? "", "i");
const effort: Effort = values.quick ? { rounds: 3, time: 8 } : { rounds: 11, time: 15 };

function progress(name: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}`);
}

function compete({ loss, size, target, loops, contest }: Row): Measured {
  progress(`${loss} ${size}`);
  const prepared = contest({ "losskit/wasm": wasm, "losskit/js": js });
  try {
    agree(prepared);
  } catch (error) {
    throw new Error(`${loss} ${size}: the contestants disagree`, { cause: error });
  }
  const timings = measure(prepared, effort);
  const fastest = loops.reduce((best, name) => (timings[name]!.median < timings[best]!.median ? name : best));
  const ratios = Object.fromEntries(Object.entries(timings).map(([name, { median }]) => [name, timings[fastest]!.median / median]));
  return { loss, size, ...(target === undefined ? {} : { target }), loops, timings, fastest, ratios };
}

/** For JSON: what lies behind five digits is noise. */
function fiveDigits(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}

/** As a shell would take it. */
function quoted(argument: string): string {
  return /^[\w.-]+$/.test(argument) ? argument : `'${argument}'`;
}

const report: Report = {
  node: process.versions.node,
  v8: process.versions.v8,
  losskit: wasm.version,
  simd: wasm.backend().simd,
  cpu: `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${cpus().length} cores`,
  date: new Date().toISOString().slice(0, 10),
  command: ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2).map(quoted)] : [])].join(" "),
  rounds: effort.rounds,
  rows: table.filter(({ loss, size }) => only.test(`${loss} ${size}`)).map(compete),
  extras: extras(effort, only, progress),
};
progress("");

const text = render(report);
console.log(text);
const missed = lost(report);
console.log(missed.length > 0 ? `Targets missed:\n${missed.map((line) => `- ${line}`).join("\n")}\n` : "Every target is met.\n");
if (Number.isNaN(consumed())) console.error("Some loss was NaN."); // also what keeps the results alive

if (!values.quick && values.only === undefined) {
  const results = new URL("../../../bench/results/", import.meta.url);
  const name = `node-${process.versions.node.split(".")[0]}`;
  mkdirSync(results, { recursive: true });
  writeFileSync(new URL(`${name}.md`, results), text);
  writeFileSync(new URL(`${name}.json`, results), `${JSON.stringify(report, fiveDigits, 1)}\n`);
}
