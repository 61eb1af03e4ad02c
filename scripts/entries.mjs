// Writes src/generated/<entry>.ts, one for each entry point: every loss and operation bound to that entry's backend, with the docstring that
// its own file has. So a loss is listed nowhere: a file in src/losses, src/operations or src/tokens that exports a spec is public.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const ENTRIES = ["index", "wasm", "deterministic", "js", "threads"];
const OPTIONS = /^export (?:interface|type) (\w+Options|Token\w+|TopLogprobs)\b/gm;
const MODULE = /^\s+module: "(\w+)",$/m;
const SPEC = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\nexport const (\w+): LossSpec</g;

const ALLOC = [
  "/**",
  " * An array of zeros inside the library's own memory: losses read it, and write it as `out`, where it lies, and skip the copy.",
  " *",
  ' * `dtype`: "float32" (default) or "float64". There are 256 MiB for each entry point. The array never detaches, because that memory never grows.',
  " * Only the array itself, at full length, skips the copy: any other view of it is copied, and is an error as `out`. Keep the array alive while a",
  " * view of it is in use. `free` gives it back, and a loop that allocates must: one that is forgotten comes back when it has been collected, which no",
  " * program can count on. Its `.buffer` is the library's: neither write nor transfer it. On the JavaScript backend, and for another entry's functions, it",
  " * is an ordinary array.",
  " *",
  " * Throws RangeError for a length for which there is no room, saying what is left and how many arrays are alive, and for an unknown dtype.",
  " * @example",
  " * alloc(3); // [0, 0, 0]",
  " */",
];
const FREE = [
  "/**",
  " * Gives an array of `alloc` back. To use it afterwards is a TypeError.",
  " *",
  " * Throws TypeError for what this entry's `alloc` did not return, or was given back before.",
  " * @example",
  ' * free(alloc(1024, "float64")); // undefined',
  " */",
];

/**
 * A docstring in which each part is a paragraph: as Markdown, which editors and the API reference make of it, its lines would run together.
 */
function paragraphs(doc) {
  return doc.replace(/(?<!\n \*)\n \* (?=(?:Shapes|Options|Gradient|Throws|Source)\b)/g, "\n *\n * ");
}

/** Public names by file, with the types that the file has for options and the module of its kernels. */
export function specs(root = new URL("../src/", import.meta.url)) {
  const found = [];
  for (const folder of ["losses", "operations", "tokens"]) {
    for (const file of readdirSync(new URL(`${folder}/`, root)).sort()) {
      const source = readFileSync(new URL(`${folder}/${file}`, root), "utf8");
      const types = [...source.matchAll(OPTIONS)].map(([, type]) => type);
      const module = source.match(MODULE)?.[1];
      for (const [, doc, name] of source.matchAll(SPEC)) found.push({ folder, file: file.replace(/\.ts$/, ""), doc: paragraphs(doc), name, types, module });
    }
  }
  return found;
}

/** What an entry's losses run on; of losskit/js each on its own part of the JavaScript backend. */
const HOSTS = { index: "auto", wasm: "fastest", deterministic: "deterministic", threads: "threaded" };

function entry(name, list) {
  const loader = HOSTS[name];
  const modules = loader ? [...new Set(list.map(({ module }) => module).filter(Boolean))].sort() : [];
  const lines = [
    "// Written by scripts/entries.mjs. Do not edit.",
    "",
    'import { type Alloc, bindAlloc, bindFree } from "../alloc.js";',
    'import type { BackendInfo } from "../backend/host.js";',
    'import { bind, bindOperation, type SignatureOf } from "../call/define.js";',
  ];
  if (loader) {
    if (name === "threads") lines.push('import { type Threads, type ThreadsHost, threaded } from "../backend/threads/host.js";');
    else lines.push(`import { ${loader}, type WasmHost } from "../backend/wasm/load.js";`);
    lines.push(`import { ${modules.map((module) => `${module} as ${module}Module`).join(", ")} } from "../backend/wasm/modules.js";`);
  } else lines.push('import { javascript as host } from "../backend/host.js";');
  for (const { folder, file, name: spec } of list) lines.push(`import { ${spec} as ${spec}Spec } from "../${folder}/${file}.js";`);
  for (const { folder, file, types } of list) if (types.length > 0) lines.push(`export type { ${types.join(", ")} } from "../${folder}/${file}.js";`);
  if (loader) lines.push("", `const host: ${name === "threads" ? "ThreadsHost" : "WasmHost"} = /* @__PURE__ */ ${loader}();`);
  for (const module of modules) lines.push(`const ${module} = /* @__PURE__ */ host.backend(${module}Module${name === "threads" ? `, "${module}"` : ""});`);
  for (const { folder, doc, name: spec, module } of list) {
    const binder = folder === "losses" ? "bind" : "bindOperation";
    const call = `${binder}(${spec}Spec${loader && module ? `, ${module}` : ""})`;
    lines.push("", doc, `export const ${spec}: SignatureOf<typeof ${spec}Spec> = /* @__PURE__ */ ${call};`);
  }
  lines.push("", ...ALLOC, "export const alloc: Alloc = /* @__PURE__ */ bindAlloc(host);");
  lines.push("", ...FREE, "export const free: ReturnType<typeof bindFree> = /* @__PURE__ */ bindFree(host);");
  if (name === "threads") {
    lines.push("", "/** The threads that large calls are split over. */", "export const threads: Threads = /* @__PURE__ */ (() => host.threads)();");
  }
  lines.push("", "/** Which backend answers here, and why not a faster one; decided as the first call would decide it. */");
  lines.push("export function backend(): BackendInfo {", "  return host.info();", "}", "");
  return lines.join("\n");
}

export function writeEntries() {
  const out = new URL("../src/generated/", import.meta.url);
  mkdirSync(out, { recursive: true });
  const list = specs();
  for (const name of ENTRIES) writeFileSync(new URL(`${name}.ts`, out), entry(name, list));
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  writeFileSync(
    new URL("version.ts", out),
    `// Written by scripts/entries.mjs. Do not edit.\n\n/** The package's version. */\nexport const version: string = ${JSON.stringify(version)};\n`,
  );
}
