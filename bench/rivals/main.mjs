// npm run bench:rivals [-- --quick] [-- --only <regex>] [-- --among <regex>] [-- --to <folder>]: under Node 24 if its package is installed (relaxed SIMD), then under the current Node if
// that is another. Then picture, README and docs/benchmarks.md are written anew. Installs what bench/rivals/package.json names; without a network it runs with what is there.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { install, node, otherNode, root, run, setup } from "../../scripts/setup.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
setup();
try {
  install(here, "--ignore-scripts"); // onnxruntime-node's would fetch a part for CUDA
} catch {
  console.error("npm ci failed in bench/rivals; what is not there is left out");
}
run(node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
const other = otherNode();
for (const path of [...(other ? [other.path] : []), node]) {
  execFileSync(path, [`${root}bench/rivals/run.mjs`, ...process.argv.slice(2)], { stdio: "inherit" });
}
run(node, "scripts/pages.mjs");
