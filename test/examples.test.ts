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

describe("the README's code", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const blocks = [...readme.matchAll(/```[jt]s\nimport \{ (.*?) \} from "losskit";\n([\s\S]*?)```/g)].map(([, names, code]) => ({ names, code }));
  // biome-ignore lint/suspicious/noExplicitAny: code without types
  const functionsOf = (api: object, of: string): any =>
    new Function("api", `const { ${blocks.at(-1)?.names} } = api; ${blocks.at(-1)?.code}; return { ${of} };`)(api);

  it("is all of losskit, and learns, pulls and measures", () => {
    expect(blocks).toHaveLength(2);
    for (const { api } of entries) {
      const { step, pull, evaluate } = functionsOf(api, "step, pull, evaluate");
      const x = Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1);
      const weights = new Float32Array(6);
      const losses = Array.from({ length: 200 }, () => step(x, [0, 1, 0, 1], weights, 4, 2, 3, 1));
      expect(losses[0]).toBeCloseTo(Math.log(3), 6);
      expect(losses.at(-1)).toBeLessThan(0.05);
      // p and n change places with their gradients' signs; the anchor goes where they leave
      const { anchor, positive, negative } = pull([0, 0, 1, 0], [0, 1, 1, 1], [0, -1, 1, -1], [2, 2]);
      for (const [i, a] of anchor.entries()) expect(a + positive[i] + negative[i]).toBeCloseTo(0, 6);
      // four tokens of a uniform vocabulary of 8, of which three are scored
      expect(evaluate([{ logits: api.tensor?.(new Float32Array(32), [4, 8]), tokens: [1, 2, 3, 4] }])).toBeCloseTo(8, 6);
    }
  });
});

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
