// Compiles assembly/ twice, for baseline and for relaxed SIMD, and writes the modules as base64 into src/generated/kernels.ts.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("..", import.meta.url));
const { options, targets: flagsOf } = JSON.parse(readFileSync(new URL("../asconfig.json", import.meta.url), "utf8"));
export const targets = Object.keys(flagsOf);

/** Every file of kernels is an entry: there is no list of exports to keep. */
function entries() {
  return [
    "core/tiles.ts",
    ...readdirSync(`${root}assembly/losses`)
      .sort()
      .map((file) => `losses/${file}`),
  ].map((file) => `assembly/${file}`);
}

function flags(record) {
  return Object.entries(record).flatMap(([name, value]) => {
    if (value === true) return [`--${name}`];
    return (Array.isArray(value) ? value : [value]).flatMap((one) => [`--${name}`, String(one)]);
  });
}

/** The module of one target; throws on any warning, since some mean code that compiles and computes wrong values. */
export async function compile(target, files = entries(), extra = []) {
  let binary;
  const { error, stderr } = await asc.main(
    [...files, "--baseDir", root, "--config", "none", "--outFile", "kernels.wasm", ...flags({ ...options, ...flagsOf[target] }), ...extra],
    {
      writeFile: (name, contents) => {
        if (name.endsWith(".wasm")) binary = contents;
      },
    },
  );
  const messages = stderr.toString();
  if (error || /WARNING|ERROR/.test(messages) || !binary) throw new Error(`asc, target ${target}: ${error?.message ?? ""}\n${messages}`);
  return binary;
}

/** Imports nothing but memory, and keeps its static data in the first page: the window begins behind it (BASE in src/backend/staging.ts). */
function checkModule(binary, target) {
  const module = new WebAssembly.Module(binary); // also proves that it is valid here
  if (WebAssembly.Module.imports(module).some(({ kind }) => kind !== "memory")) throw new Error(`${target}: the kernels may import nothing but memory`);
  new WebAssembly.Instance(module, { env: { memory: new WebAssembly.Memory({ initial: 1 }) } });
}

export async function writeKernels() {
  const parts = ["// Written by scripts/kernels.mjs. Do not edit.", "", 'import { decode } from "../backend/decode.js";'];
  const out = new URL("../src/generated/", import.meta.url);
  mkdirSync(out, { recursive: true });
  mkdirSync(new URL("../build/", import.meta.url), { recursive: true });
  const sizes = [];
  for (const target of targets) {
    const binary = await compile(target);
    if (target === "baseline") checkModule(binary, target); // relaxed SIMD does not run on Node 20; its static data is the same
    writeFileSync(new URL(`../build/${target}.wasm`, import.meta.url), binary);
    parts.push("", `export const ${target} = (): WebAssembly.Module => decode(`, `  "${Buffer.from(binary).toString("base64")}",`, ");");
    sizes.push(`${target} ${binary.length} bytes`);
  }
  writeFileSync(new URL("kernels.ts", out), `${parts.join("\n")}\n`);
  return sizes.join(", ");
}
