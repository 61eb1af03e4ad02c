// npm run test:consumers: the packed tarball in the tools that people build and run with. Arguments are names; --quick takes those that CI has time for.

import { readdirSync } from "node:fs";
import { node, setup, versionOf } from "../../scripts/setup.mjs";
import { closeBrowser, consumer, pack, Skipped, verdict } from "./lib.mjs";

const here = new URL(".", import.meta.url);
const all = readdirSync(here)
  .filter((file) => file.endsWith(".mjs") && !["main.mjs", "lib.mjs"].includes(file))
  .map((file) => file.slice(0, -4));
const quick = process.argv.includes("--quick");
const asked = process.argv.slice(2).filter((argument) => argument !== "--quick");
for (const name of asked) if (!all.includes(name)) throw new Error(`no consumer "${name}": ${all.join(", ")}`);

const rows = [];
const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);
const first = (error) => `${error.stderr || error.stdout || error.message}`.trim().slice(0, 1000);

/** One line of the table: what was built, then what ran. */
async function row(title, { build, run, check = verdict, size }) {
  const line = { consumer: title, built: build ? "-" : "none", run: "-", "gzip, bytes": "", backends: "", seconds: "" };
  rows.push(line);
  const since = performance.now();
  let stage = "built";
  console.log(`  ${title}`);
  try {
    await build?.();
    if (build) line.built = "yes";
    if (size) line["gzip, bytes"] = size();
    stage = "run";
    line.backends = check(await run());
    line.run = "yes";
  } catch (error) {
    if (error instanceof Skipped) line.run = `skipped: ${error.message}`;
    else {
      line[stage] = "FAILED";
      process.exitCode = 1;
      console.error(`${title}, ${stage}: ${first(error)}`);
    }
  }
  line.seconds = seconds(since);
}

setup();
pack();
for (const name of asked.length > 0 ? asked : all) {
  const script = await import(new URL(`${name}.mjs`, here).href);
  if (quick && !script.quick) continue;
  console.log(`${name} ...`);
  const since = performance.now();
  try {
    const tools = consumer(name, script.packages ?? {}, script.manifest);
    console.log(`  installed in ${seconds(since)} s`);
    await script.default({ ...tools, row });
  } catch (error) {
    process.exitCode = 1;
    rows.push({ consumer: name, built: "FAILED", run: "-" });
    console.error(`${name}: ${first(error)}`);
  }
}
const browser = await closeBrowser();

const columns = ["consumer", "built", "run", "gzip, bytes", "backends", "seconds"];
const width = (column) => Math.max(column.length, ...rows.map((line) => String(line[column] ?? "").length));
const text = (line) => `| ${columns.map((column) => String(line[column] ?? "").padEnd(width(column))).join(" | ")} |`;
console.log(`\nNode ${versionOf(node)}${browser}\n`);
console.log(text(Object.fromEntries(columns.map((column) => [column, column]))));
console.log(`| ${columns.map((column) => "-".repeat(width(column))).join(" | ")} |`);
for (const line of rows) console.log(text(line));
