// npm run pages: writes what commands print into the pages, between their marks. README.md: the output of its example, the short table of rivals.
// docs/benchmarks.md: the tables of the last complete benchmarks (bench/results/). docs/numerics.md: the errors over the golden cases. And the picture
// bench/results/rivals.svg. With --check it only says whether they are there as printed.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { picture } from "../bench/rivals/picture.mjs";
import { errorTable } from "./errors.mjs";
import { root, setup } from "./setup.mjs";
import { longTables, shortTable } from "./tables.mjs";

setup();
const check = process.argv.includes("--check");
const results = `${root}bench/results/`;
const read = (path) => readFileSync(path, "utf8");

function write(path, after) {
  if (existsSync(`${root}${path}`) && read(`${root}${path}`) === after) return;
  if (check) {
    console.error(`${path} does not say what its commands print: npm run pages`);
    process.exitCode = 1;
  } else writeFileSync(`${root}${path}`, after);
}

/** Replaces what is between the marks of each name. */
function fill(path, parts) {
  let text = read(`${root}${path}`);
  for (const [mark, inside] of Object.entries(parts)) {
    text = text.replace(new RegExp(`(<!-- ${mark}:start -->\n)[\\s\\S]*?(<!-- ${mark}:end -->)`), (_, start, end) => `${start}\n${inside}\n\n${end}`);
  }
  write(path, text);
}

/** As Node prints a value, float32 to the digits that it has. */
function show(value) {
  if (typeof value === "number") return value.toPrecision(7);
  return `${value.constructor.name} [ ${Array.from(value, (x) => x.toFixed(4)).join(", ")} ]`;
}

/** What the README's example prints. */
async function example() {
  const [, source] = read(`${root}README.md`).match(/```ts\n([\s\S]*?)```/);
  const printed = [];
  const log = console.log;
  console.log = (...values) => printed.push(values.map(show).join(" "));
  const entry = new URL("../dist/esm/js.js", import.meta.url).href;
  await import(`data:text/javascript,${encodeURIComponent(source.replace('"losskit"', JSON.stringify(entry)))}`);
  console.log = log;
  return `\`\`\`\n${printed.join("\n")}\n\`\`\``;
}

const rivals = JSON.parse(read(`${results}rivals.json`));
fill("README.md", { example: await example(), rivals: shortTable(rivals) });
fill("docs/benchmarks.md", { rivals: longTables(rivals), bench: read(`${results}node-24.md`).trim() });
fill("docs/threads.md", { threads: read(`${results}threads.md`).trim() });
fill("docs/numerics.md", { errors: await errorTable() });
write("bench/results/rivals.svg", picture(rivals));
