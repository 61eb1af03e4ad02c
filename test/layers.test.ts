/**
 * Imports of src/ point down only, types included, and make no circle: losses → families → call → backend/seam → array. CONTRIBUTING says what is where.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path/posix";
import { describe, expect, it } from "vitest";

const src = new URL("../src/", import.meta.url);
const IMPORT = /^(?:import|export)\b[^"';]*?\bfrom "(\.[^"]+)";|\bimport\("(\.[^"]+)"\)/gm;

/** What each room may import, beside itself; the longest name that a file begins with counts. "" is the entries, and what only they use. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  "array/": [],
  "types.ts": [],
  "backend/protocol.ts": [],
  "backend/seam.ts": ["array/"],
  "backend/host.ts": ["array/"],
  "backend/js/": ["array/", "backend/seam.ts", "backend/protocol.ts"],
  "backend/wasm/": ["array/", "backend/seam.ts", "backend/host.ts", "backend/protocol.ts", "backend/js/", "generated/"],
  "backend/threads/": ["array/", "backend/seam.ts", "backend/host.ts", "backend/wasm/", "generated/"],
  // the kernels as text: a decoder, and nothing of what reads them
  "generated/": ["backend/wasm/decode.ts"],
  "call/": ["array/", "backend/seam.ts", "types.ts"],
  "families/": ["array/", "backend/seam.ts", "backend/protocol.ts", "backend/js/", "call/", "types.ts"],
  "losses/": ["array/", "backend/seam.ts", "backend/protocol.ts", "backend/js/", "call/", "families/", "types.ts"],
  "operations/": ["array/", "backend/seam.ts", "backend/protocol.ts", "backend/js/", "call/", "families/", "types.ts"],
  "tokens/": ["array/", "backend/seam.ts", "backend/protocol.ts", "backend/js/", "call/", "families/", "types.ts"],
  "": ["tokens/", "array/", "backend/", "call/", "families/", "losses/", "operations/", "generated/", "types.ts"],
};
/** Written by the build for each entry point: entries themselves. */
const ENTRIES = /^generated\/(index|wasm|deterministic|js|threads)\.ts$/;

const files = readdirSync(src, { recursive: true })
  .map((file) => String(file).replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts"));

const imports = new Map(
  files.map((file) => [
    file,
    [...readFileSync(new URL(file, src), "utf8").matchAll(IMPORT)].map((match) =>
      normalize(join(file, "..", (match[1] ?? match[2]) as string)).replace(/\.js$/, ".ts"),
    ),
  ]),
);

function roomOf(file: string): string {
  if (ENTRIES.test(file)) return "";
  return Object.keys(BELOW).reduce((best, room) => (file.startsWith(room) && room.length > best.length ? room : best), "");
}

describe("imports of src/", () => {
  it("are found", () => {
    expect(imports.get("losses/mse.ts")).toEqual(expect.arrayContaining(["families/pointwise.ts", "types.ts"]));
    for (const [file, targets] of imports) for (const target of targets) expect(files, `${file} imports ${target}`).toContain(target);
  });

  it("point down", () => {
    const wrong: string[] = [];
    for (const [file, targets] of imports) {
      const room = roomOf(file);
      for (const target of targets) {
        const inside = room !== "" && target.startsWith(room);
        if (!inside && !(BELOW[room] as readonly string[]).some((below) => target.startsWith(below)) && room !== "") wrong.push(`${file} -> ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("make no circle", () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      expect(path, "a circle").not.toContain(file);
      if (done.has(file)) return;
      for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });
});
