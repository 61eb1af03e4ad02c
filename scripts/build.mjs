// npm run build: kernels, entries, then TypeScript twice (ES modules and CommonJS), and dist/workerd.

import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeEntries } from "./entries.mjs";
import { modules, targets, writeKernels } from "./kernels.mjs";

const root = new URL("..", import.meta.url);
const only = process.argv[2];

/**
 * Cloudflare's workerd compiles no bytes at run time; it hands over a module that was imported. So dist/workerd is dist/esm with other kernels.
 * A copy, not an `imports` map of the package: that one breaks CommonJS (dist/cjs/package.json is a scope of its own) and Parcel.
 */
function writeWorkerd() {
  cpSync(new URL("dist/esm", root), new URL("dist/workerd", root), { recursive: true, filter: (file) => !file.endsWith(".d.ts") });
  const generated = new URL("dist/workerd/generated/", root);
  for (const name of Object.keys(modules)) {
    const lines = ["// Written by scripts/build.mjs. Do not edit."];
    for (const target of targets) {
      copyFileSync(new URL(`build/${name}.${target}.wasm`, root), new URL(`${name}.${target}.wasm`, generated));
      lines.push(`import ${target} from "./${name}.${target}.wasm";`);
    }
    lines.push(`export const ${name} = { ${targets.map((target) => `${target}: () => ${target}`).join(", ")} };`);
    writeFileSync(new URL(`${name}.js`, generated), `${lines.join("\n")}\n`);
  }
  // an isolate of Cloudflare's has 128 MB in all, and a memory counts as a whole (developers.cloudflare.com/workers/platform/limits)
  writeFileSync(new URL("../backend/wasm/room.js", generated), "// Written by scripts/build.mjs. Do not edit.\nexport const ROOM = 32 << 20;\n");
}

/** What the workers of losskit/threads run, as one text: no bundler has to find a file, and none has to be served. */
async function writeWorker() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("src/backend/threads/worker.ts", root))],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    write: false,
  });
  const { text } = outputFiles[0];
  writeFileSync(
    new URL("src/generated/worker.ts", root),
    `// Written by scripts/build.mjs. Do not edit.\nexport const worker: string = ${JSON.stringify(text)};\n`,
  );
  return text;
}

console.log(`kernels: ${await writeKernels()}`);
writeEntries();
const worker = await writeWorker();
if (only !== "generated") {
  rmSync(new URL("dist", root), { recursive: true, force: true });
  const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
  for (const config of ["tsconfig.json", "tsconfig.cjs.json"]) execFileSync(process.execPath, [tsc, "-p", config], { cwd: root, stdio: "inherit" });
  mkdirSync(new URL("dist/cjs", root), { recursive: true });
  writeFileSync(new URL("dist/cjs/package.json", root), '{ "type": "commonjs" }\n');
  writeWorkerd();
  writeFileSync(new URL("dist/threads-worker.js", root), worker);
}
