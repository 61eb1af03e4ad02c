// Times every row of the table under the Node that runs this. --quick: few rounds; --only <regex>: rows whose name and size match.
// Only a complete run is written to bench/results/: nobody should quote a quick one.

import { parseArgs } from "node:util";
import * as wasm from "losskit/wasm";
import { compete } from "./compete.js";
import { consumed, type Effort } from "./contest.js";
import { extras } from "./extras.js";
import { about, lost, type Report, render } from "./report.js";
import { save } from "./save.js";
import { table } from "./table.js";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false }, only: { type: "string" } } });
const only = new RegExp(values.only ?? "", "i");
const effort: Effort = values.quick ? { rounds: 3, time: 8 } : { rounds: 11, time: 15 };

function progress(name: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}`);
}

const report: Report = {
  engine: `Node ${process.versions.node.split(".")[0]}`,
  version: `Node ${process.versions.node}, V8 ${process.versions.v8}`,
  losskit: wasm.version,
  simd: wasm.backend().simd,
  ...about("bench"),
  rounds: effort.rounds,
  rows: table
    .filter(({ loss, size }) => only.test(`${loss} ${size}`))
    .map((row) => {
      progress(`${row.loss} ${row.size}`);
      return compete(row, effort);
    }),
  extras: extras(effort, only, progress),
};
progress("");

const text = render(report);
console.log(text);
const missed = lost(report);
console.log(missed.length > 0 ? `Targets missed:\n${missed.map((line) => `- ${line}`).join("\n")}\n` : "Every target is met.\n");
if (Number.isNaN(consumed())) console.error("Some loss was NaN."); // also what keeps the results alive

if (!values.quick && values.only === undefined) save(`node-${process.versions.node.split(".")[0]}`, text, report);
