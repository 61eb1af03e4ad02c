// The texts of this repository: most to count n-grams in, the others to be evaluated.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository, whether this is the source or what was compiled of it. */
export const ROOT: string = fileURLToPath(import.meta.url.slice(0, import.meta.url.lastIndexOf("examples/corpus/")));

const PLACES = ["README.md", "CONTRIBUTING.md", "docs", "src", "assembly", "test", "bench", "scripts"];
const KINDS = /\.(md|ts|mjs)$/;
/** Written by the build, or by others. */
const LEFT_OUT = /(^|\/)(generated|node_modules|build|dist|data|results)\//;
/** Each so many-th file is held back. */
const HELD_BACK = 5;

function filesOf(place: string): string[] {
  if (!statSync(ROOT + place).isDirectory()) return [place];
  return readdirSync(ROOT + place, { recursive: true }).map((file) => `${place}/${String(file).replaceAll("\\", "/")}`);
}

/** The files in an order that no machine changes. */
export function readTexts(): { counted: string[]; evaluated: string[] } {
  const files = PLACES.flatMap(filesOf)
    .filter((file) => KINDS.test(file) && !LEFT_OUT.test(file))
    .sort();
  const texts = files.map((file) => readFileSync(ROOT + file, "utf8"));
  return { counted: texts.filter((_, i) => i % HELD_BACK !== 0), evaluated: texts.filter((_, i) => i % HELD_BACK === 0) };
}
