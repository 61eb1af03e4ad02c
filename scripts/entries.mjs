// Writes src/generated/<entry>.ts, one for each entry point: every loss and operation bound to that entry's backend, with the docstring that
// its own file has. So a loss is listed nowhere: a file in src/losses or src/operations that exports a spec is public.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const ENTRIES = ["index", "wasm", "deterministic", "js"];
const OPTIONS = /^export (?:interface|type) (\w+Options)\b/gm;
const SPEC = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\nexport const (\w+): LossSpec</g;

/**
 * A docstring in which each part is a paragraph: as Markdown, which editors and the API reference make of it, its lines would run together.
 */
function paragraphs(doc) {
  return doc.replace(/(?<!\n \*)\n \* (?=(?:Shapes|Options|Gradient|Throws|Source)\b)/g, "\n *\n * ");
}

/** Public names by file, with the types that the file has for options. */
export function specs(root = new URL("../src/", import.meta.url)) {
  const found = [];
  for (const folder of ["losses", "operations"]) {
    for (const file of readdirSync(new URL(`${folder}/`, root)).sort()) {
      const source = readFileSync(new URL(`${folder}/${file}`, root), "utf8");
      const types = [...source.matchAll(OPTIONS)].map(([, type]) => type);
      for (const [, doc, name] of source.matchAll(SPEC)) found.push({ folder, file: file.replace(/\.ts$/, ""), doc: paragraphs(doc), name, types });
    }
  }
  return found;
}

function entry(name, list) {
  const lines = ["// Written by scripts/entries.mjs. Do not edit.", "", 'import { bind, bindOperation, type SignatureOf } from "../define.js";'];
  const sorted = [{ module: `../backend/host.${name}.js`, names: ["host"] }];
  for (const { folder, file, name: spec, types } of list) {
    const module = `../${folder}/${file}.js`;
    const known = sorted.find((line) => line.module === module);
    if (known) known.names.push(spec);
    else sorted.push({ module, names: [spec], types });
  }
  for (const { module, names } of sorted) lines.push(`import { ${names.map((n) => (n === "host" ? n : `${n} as ${n}Spec`)).join(", ")} } from "${module}";`);
  for (const { module, types } of sorted) if (types?.length > 0) lines.push(`export type { ${types.join(", ")} } from "${module}";`);
  for (const { folder, doc, name: spec } of list) {
    const binder = folder === "losses" ? "bind" : "bindOperation";
    lines.push("", doc, `export const ${spec}: SignatureOf<typeof ${spec}Spec> = /* @__PURE__ */ ${binder}(${spec}Spec, host);`);
  }
  lines.push("", "/** Which backend answers here, and why not a faster one; decided as the first call would decide it. */");
  lines.push('export function backend(): import("../backend/seam.js").BackendInfo {', "  return host.info();", "}", "");
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
