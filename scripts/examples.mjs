// npm run perplexity, npm run corpus, npm run test:examples: examples that are packages of their own, with packages that losskit does not depend on. Installs
// and builds what is missing.

import { existsSync, symlinkSync } from "node:fs";
import { install, node, root, run, setup } from "./setup.mjs";

const EXAMPLES = ["perplexity", "corpus"];

function prepare(name) {
  const folder = `${root}examples/${name}/`;
  // no install scripts: onnxruntime-node's would fetch a part for CUDA
  install(folder, "--ignore-scripts");
  // as if losskit were installed there
  const own = `${folder}node_modules/losskit`;
  if (!existsSync(own)) symlinkSync(root, own, "junction");
  run(node, "node_modules/typescript/bin/tsc", "-p", `examples/${name}`);
}

setup();
const [task, ...rest] = process.argv.slice(2);
for (const name of task === "test" ? EXAMPLES : [task]) prepare(name);
try {
  if (task === "test") run(node, "node_modules/vitest/vitest.mjs", "run", "--root", "examples", ...rest);
  else run(node, `examples/${task}/build/${task}/main.js`, ...rest);
} catch (error) {
  // it has said why
  process.exitCode = error.status ?? 1;
}
