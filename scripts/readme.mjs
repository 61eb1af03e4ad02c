// npm run readme: runs the README's example and writes its output, the errors over the golden cases, and the tables of the last benchmarks, between the marks in README.md.
// With --check it only says whether they are there as printed.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { errorTable } from "./errors.mjs";
import { rivalsTable } from "./rivals.mjs";
import { root, setup } from "./setup.mjs";

setup();
const path = `${root}README.md`;
const before = readFileSync(path, "utf8");

const source = before.match(/```ts\n([\s\S]*?)```/)[1];
const printed = [];
const log = console.log;
console.log = (...values) => printed.push(values.map(show).join(" "));
await import(`data:text/javascript,${encodeURIComponent(source.replace('"losskit"', JSON.stringify(new URL("../dist/esm/js.js", import.meta.url).href)))}`);
console.log = log;

/** As Node prints a value, float32 to the digits that it has. */
function show(value) {
  if (typeof value === "number") return value.toPrecision(7);
  return `${value.constructor.name} [ ${Array.from(value, (x) => x.toFixed(4)).join(", ")} ]`;
}

function between(text, mark, inside) {
  return text.replace(new RegExp(`(<!-- ${mark}:start -->\n)[\\s\\S]*?(<!-- ${mark}:end -->)`), (_, start, end) => start + inside + end);
}

let after = between(before, "example", `\`\`\`\n${printed.join("\n")}\n\`\`\`\n`);
after = between(after, "errors", `${await errorTable()}\n`);
const tables = ["node-24", "node-20"].map((name) => `${root}bench/results/${name}.md`).filter(existsSync);
if (tables.length > 0) after = between(after, "bench", `${tables.map((file) => readFileSync(file, "utf8").trim()).join("\n\n")}\n`);
const rivals = `${root}bench/results/rivals-node-24.json`;
if (existsSync(rivals)) after = between(after, "rivals", `${rivalsTable(JSON.parse(readFileSync(rivals, "utf8")))}\n`);

if (process.argv.includes("--check")) {
  if (after !== before) {
    console.error("README.md does not say what its commands print: npm run readme");
    process.exitCode = 1;
  }
} else writeFileSync(path, after);
