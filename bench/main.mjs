// npm run bench [-- --quick] [-- --only <regex>]: under Node 24 if its package is installed (relaxed SIMD), then under the current Node if that is another.
// After a complete run docs/benchmarks.md is written anew.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { compile } from "../scripts/kernels.mjs";
import { node, otherNode, root, run, setup } from "../scripts/setup.mjs";

setup();
mkdirSync(`${root}build/ceiling`, { recursive: true });
for (const target of ["baseline", "relaxed"]) writeFileSync(`${root}build/ceiling/${target}.wasm`, await compile(target, ["assembly/test/ceiling.ts"]));
run(node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
const other = otherNode();
for (const path of [...(other ? [other.path] : []), node]) {
  execFileSync(path, [`${root}build/tools/bench/run.js`, ...process.argv.slice(2)], { stdio: "inherit" });
}
run(node, "scripts/pages.mjs");
