// npm run docs: one site in build/docs: the README and the pages of docs/ as its guide, the reference from the docstrings, the playground. Five entries export
// the same names, so one of them is documented, losskit, and losskit/tfjs.

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { specs } from "./entries.mjs";
import { root, run, setup } from "./setup.mjs";

setup();
// A copy of src/, with two words for typedoc that no editor should show: what is callable is a function, and which kind of one.
const copy = `${root}build/docs-src`;
rmSync(copy, { recursive: true, force: true });
cpSync(`${root}src`, copy, { recursive: true });
const entry = `${copy}/generated/index.ts`;
const kinds = new Map(specs().map(({ folder, name }) => [name, `\n * @category ${folder === "losses" ? "Losses" : "Operations"}`]));
const source = readFileSync(entry, "utf8");
writeFileSync(
  entry,
  source.replace(/( \* @example\n(?: \* .*\n)+ | )\*\/\nexport const (\w+):/g, (found, example, name) =>
    found.replace(example, ` *\n * @function${kinds.get(name) ?? ""}\n${example}`),
  ),
);

const main = `${copy}/index.ts`;
writeFileSync(main, `/** @module losskit */\n${readFileSync(main, "utf8")}`);
const adapters = `${copy}/tfjs.ts`;
writeFileSync(adapters, readFileSync(adapters, "utf8").replace("@packageDocumentation", "@module losskit/tfjs"));

// typedoc 0.28 does not run with TypeScript 7, which builds the library: both come by npm exec, away from node_modules
run("npm", "exec", "--yes", "--package=typescript@6.0.3", "--package=typedoc@0.28.20", "--", "typedoc", "--options", "typedoc.json");

run(process.execPath, "scripts/playground.mjs", "build");
cpSync(`${root}build/playground`, `${root}build/docs/playground`, { recursive: true });
