// npm run test:browser: the tests of behaviour in Chromium, on an isolated page and on one that is not; then pages whose policies allow WebAssembly
// or forbid it, in Chromium and Firefox. Ends with the counts of all.

import { existsSync, readFileSync } from "node:fs";
import { executablePath } from "./chromium.mjs";
import { node, root, setup } from "./setup.mjs";
import { runTests } from "./vitest.mjs";

setup();
if (!existsSync(executablePath)) {
  console.error(`no Chromium at ${executablePath}: apt-get install chromium, or name yours in the variable CHROMIUM`);
  process.exit(1);
}
const totals = { passed: 0, failed: 0, skipped: 0 };
let status = 0;

function vitest(name, config) {
  const report = `${root}build/tests-${name}.json`;
  if (!runTests(node, report, ["--config", config, ...process.argv.slice(2)], totals)) status = 1;
}

vitest("browser", "vitest.browser.config.ts");
// with arguments only some tests are wanted, and those are not among them
if (process.argv.length === 2) vitest("policies", "vitest.policies.config.ts");

for (const [file, reason] of Object.entries(JSON.parse(readFileSync(`${root}test/browser/elsewhere.json`, "utf8")))) {
  console.log(`skipped in a browser: ${file}: ${reason}`);
  totals.skipped++;
}
if (totals.passed === 0) status = 1;
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = status;
