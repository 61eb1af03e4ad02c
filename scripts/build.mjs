// npm run build: kernels, entries, then TypeScript twice (ES modules and CommonJS).

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { writeEntries } from "./entries.mjs";
import { writeKernels } from "./kernels.mjs";

const root = new URL("..", import.meta.url);
const only = process.argv[2];

console.log(`kernels: ${await writeKernels()}`);
writeEntries();
if (only !== "generated") {
  rmSync(new URL("dist", root), { recursive: true, force: true });
  const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
  for (const config of ["tsconfig.json", "tsconfig.cjs.json"]) execFileSync(process.execPath, [tsc, "-p", config], { cwd: root, stdio: "inherit" });
  mkdirSync(new URL("dist/cjs", root), { recursive: true });
  writeFileSync(new URL("dist/cjs/package.json", root), '{ "type": "commonjs" }\n');
}
