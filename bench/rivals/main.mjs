// npm run bench:rivals [-- --quick] [-- --only <regex>] [-- --among <regex>] [-- --to <folder>]: under Node 24 if its package is installed (relaxed SIMD), then under the current Node if
// that is another. Installs what bench/rivals/package.json names; without a network it runs with what is there.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { node, otherNode, root, run, setup } from "../../scripts/setup.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
setup();
if (!existsSync(`${here}node_modules/.package-lock.json`)) {
  // --ignore-scripts: onnxruntime-node would fetch a part for CUDA
  const install = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  spawnSync("npm", install, { cwd: here, stdio: "inherit", shell: process.platform === "win32" });
}
run(node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
const other = otherNode();
for (const path of [...(other ? [other.path] : []), node]) {
  execFileSync(path, [`${root}bench/rivals/run.mjs`, ...process.argv.slice(2)], { stdio: "inherit" });
}
