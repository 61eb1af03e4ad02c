// Where a complete run goes: what one reads to bench/results/, and every round as JSON to build/bench/, which git ignores.

import { mkdirSync, writeFileSync } from "node:fs";

const ROOT = new URL("../../../", import.meta.url);

/** What lies behind five digits is noise. */
function fiveDigits(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}

/** `name`.md and `name`.json; `folder` takes both of a partial run. */
export function save(name: string, text: string, report: unknown, folder?: URL): void {
  const results = folder ?? new URL("bench/results/", ROOT);
  const raw = folder ?? new URL("build/bench/", ROOT);
  for (const place of [results, raw]) mkdirSync(place, { recursive: true });
  writeFileSync(new URL(`${name}.md`, results), text);
  writeFileSync(new URL(`${name}.json`, raw), `${JSON.stringify(report, fiveDigits, 1)}\n`);
}
