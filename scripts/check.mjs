// npm run check: lint and format, types of every tree, the generated pages against their commands, and the package as npm would publish it.

import { root, run, setupTests } from "./setup.mjs";

setupTests();
const bin = (file, ...args) => run(process.execPath, `${root}node_modules/${file}`, ...args);

bin("@biomejs/biome/bin/biome", "ci", ".");
for (const config of ["tsconfig.json", "assembly/tsconfig.json", "tsconfig.tools.json", "tsconfig.test.json"]) {
  bin("typescript/bin/tsc", "-p", config, "--noEmit");
}
run(process.execPath, "scripts/pages.mjs", "--check");
bin("publint/src/cli.js", "--strict");
// threads-worker is what a Worker is started with, nobody's import: a module without types, whatever the program around it is
bin("@arethetypeswrong/cli/dist/index.js", "--pack", ".", "--profile", "node16", "--exclude-entrypoints", "threads-worker");
