// One run of vitest, and what it counted.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { root } from "./setup.mjs";

/** Adds to the totals, prints the titles of what was skipped (they say why), and returns whether all went well. */
export function runTests(node, report, arguments_, totals) {
  mkdirSync(`${root}build`, { recursive: true });
  rmSync(report, { force: true });
  const { status } = spawnSync(
    node,
    ["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...arguments_],
    { cwd: root, stdio: "inherit" },
  );
  if (!existsSync(report)) {
    console.error(`vitest left no report (status ${status})`);
    return false;
  }
  const counts = JSON.parse(readFileSync(report, "utf8"));
  totals.passed += counts.numPassedTests;
  totals.failed += counts.numFailedTests;
  totals.skipped += counts.numPendingTests + counts.numTodoTests;
  const skipped = counts.testResults.flatMap(({ assertionResults }) => assertionResults.filter((one) => one.status === "skipped" || one.status === "pending"));
  for (const title of new Set(skipped.map(({ fullName }) => fullName))) console.log(`skipped: ${title}`);
  return status === 0;
}
