/**
 * Says which place of a loss was forgotten, and looks into the compiled modules: a call in a hot loop would cost more than what it calls.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { specs } from "../scripts/entries.mjs";
import { modules } from "../scripts/kernels.mjs";
import { entries } from "./entries.js";
import { corners, extremes } from "./reference/extremes.js";
import { kinks } from "./reference/kinks.js";
import { acceptance } from "./reference/points.js";
import { losses, operations } from "./table.js";

const root = new URL("../", import.meta.url);
const found = specs();
const rows = new Set([...losses, ...operations].map((row) => row.name));
const points = new Set([...acceptance, ...kinks, ...extremes, ...corners].map((point) => point.loss));

describe("every place of a loss", () => {
  it("each file of src/losses and src/operations exports a spec", () => {
    for (const folder of ["losses", "operations"]) {
      for (const file of readdirSync(new URL(`src/${folder}/`, root))) {
        const name = file.replace(/\.ts$/, "");
        expect(
          found.some((one) => one.folder === folder && one.file === name),
          `src/${folder}/${file} has no "export const …: LossSpec<" below a docstring`,
        ).toBe(true);
      }
    }
  });

  for (const { folder, file, doc, name, module } of found) {
    it(name, async () => {
      // the build finds the module in the text: where it does not, an entry would compute in JavaScript, and every other test would pass
      const spec = (await import(`../src/${folder}/${file}.ts`))[name];
      expect(module, `src/${folder}/${file}.ts names its module on a line of its own`).toBe(spec.module);
      for (const word of folder === "losses" ? [/PyTorch/, /Shapes?:? /, /Gradient/, /Throws/, /Source/] : [/PyTorch/, /Shapes?:? /, /Throws/]) {
        expect(doc, `the docstring in src/${folder}/${file}.ts lacks ${word}`).toMatch(word);
      }
      for (const entry of entries) expect(entry.api[name], `${entry.name} does not export ${name}`).toBeTypeOf("function");
      // what gives a record has tests of its own: test/scoreTokens.test.ts
      if (folder === "tokens") return;
      expect(rows.has(name), `test/table.ts has no row for ${name}`).toBe(true);
      expect(points.has(name), `no point of ${name} is worked out by hand in test/reference/points.ts, kinks.ts or extremes.ts`).toBe(true);
    });
  }

  it("every module of kernels has a loss or operation", () => {
    const bound = new Set(found.map(({ module }) => module));
    expect(Object.keys(modules).filter((module) => module !== "probe" && !bound.has(module))).toEqual([]);
  });

  it("every row of test/table.ts is of a public function", () => {
    const names = found.map((one) => one.name);
    expect([...rows].filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe("compiled modules", () => {
  for (const build of ["baseline", "relaxed"]) {
    for (const name of Object.keys(modules)) {
      it(`${name}, ${build}: no call anywhere, imports nothing but memory`, async () => {
        const path = new URL(`build/${name}.${build}.wasm`, root);
        expect(existsSync(path), "npm run build writes it").toBe(true);
        const { default: binaryen } = await import("binaryen");
        const binary = new Uint8Array(readFileSync(path));
        const module = binaryen.readBinary(binary);
        expect(module.getNumFunctions()).toBeGreaterThan(0);
        for (let i = 0; i < module.getNumFunctions(); i++) {
          const { name: kernel, body } = binaryen.getFunctionInfo(module.getFunctionByIndex(i));
          // no kernel calls another function, in a loop or out of one
          expect(/\(call(_indirect)?\s/.test(binaryen.emitText(body)), `${build}: ${kernel} calls a function`).toBe(false);
        }
        module.dispose();
        const exported = functionSizes(binary);
        console.log(`${name}, ${build}: ${binary.length} bytes, ${exported.length} kernels; code bytes of each: ${exported.join(", ")}`);
      });
    }
  }
});

/** Name and code size of each exported function, from the binary itself. */
function functionSizes(binary: Uint8Array): string[] {
  let at = 8;
  const number = (): number => {
    let result = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++] as number;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
  };
  const sizes: number[] = [];
  const names: [string, number][] = [];
  while (at < binary.length) {
    const section = binary[at++];
    const end = number() + at;
    if (section === 7) {
      for (let count = number(); count > 0; count--) {
        const length = number();
        const name = new TextDecoder().decode(binary.subarray(at, at + length));
        at += length + 1;
        names.push([name, number()]);
      }
    } else if (section === 10) {
      for (let count = number(); count > 0; count--) {
        const size = number();
        sizes.push(size);
        at += size;
      }
    }
    at = end;
  }
  return names.map(([name, index]) => `${name} ${sizes[index]}`);
}
