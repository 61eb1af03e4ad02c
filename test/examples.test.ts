/** The examples in the docstrings: each line runs, on every entry, and gives what stands behind it. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { entries } from "./entries.js";

const src = new URL("../src/", import.meta.url);
/** What users see of the losses and operations is in the generated entry; what it only passes on is where it is written. */
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((path) => /^(generated.index|tensor|call.totals)\.ts$/.test(path));

interface Example {
  name: string;
  lines: string[];
}
/** Docstrings with an example, and the name of what they stand before. */
const examples: Example[] = files.flatMap((path) => {
  const text = readFileSync(new URL(path, src), "utf8");
  return [...text.matchAll(/\n \* @example\n((?: \* .*\n)+) \*\/\nexport (?:const|function) (\w+)/g)].map(([, lines, name]) => ({
    name: name as string,
    lines: (lines as string)
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(3)),
  }));
});

/** Five digits, which float32 has, and arrays of any kind alike. */
function show(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(5)));
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return `[${Array.from(value as ArrayLike<unknown>, show).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, part]) => `${key}: ${show(part)}`)
      .join(", ")} }`;
  }
  return String(value);
}

describe("examples of the docstrings", () => {
  for (const { name, lines } of examples) {
    it(name, () => {
      for (const { name: entry, api } of entries) {
        const run = new Function(...Object.keys(api), `return [${lines.map((line) => `(${line.replace(/; \/\/.*$/, "")})`).join(",\n")}]`);
        const results = run(...Object.values(api)) as unknown[];
        expect(results.map(show), entry).toEqual(lines.map((line) => line.replace(/^.*; \/\/ /, "")));
        expect(lines.join()).toContain(name);
      }
    });
  }

  it("every function has one", () => {
    const functions = Object.entries(entries[0]?.api ?? {}).filter(([name, value]) => typeof value === "function" && name !== "backend");
    expect(functions.map(([name]) => name).filter((name) => !examples.some((example) => example.name === name))).toEqual([]);
  });
});
