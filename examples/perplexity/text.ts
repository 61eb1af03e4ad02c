// The pages of this repository as bytes: nine tenths of each to learn from, the rest to be judged by.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository, whether this is the source or what was compiled of it. */
const ROOT = fileURLToPath(import.meta.url.slice(0, import.meta.url.lastIndexOf("examples/perplexity/")));
const LEARNED = 0.9;

export function readPages(): { learned: Uint8Array; judged: Uint8Array } {
  const docs = readdirSync(`${ROOT}docs`).sort();
  const pages = ["README.md", "CONTRIBUTING.md", ...docs.map((file) => `docs/${file}`), "test/spec/semantics.md"].filter((file) => file.endsWith(".md"));
  // tables are most of some pages, and nothing to learn a language from
  const texts = pages.map((page) => readFileSync(ROOT + page, "utf8").replace(/^\|.*\n/gm, ""));
  const end = (text: string) => Math.floor(LEARNED * text.length);
  const bytes = (parts: readonly string[]) => new TextEncoder().encode(parts.join("\n"));
  return { learned: bytes(texts.map((text) => text.slice(0, end(text)))), judged: bytes(texts.map((text) => text.slice(end(text)))) };
}
