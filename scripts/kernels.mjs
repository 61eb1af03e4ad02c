// Compiles assembly/ twice, for baseline and for relaxed SIMD, and writes the modules as text into src/generated/kernels.ts.

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

/** Imports nothing but memory, and keeps its static data in the first page: the window begins behind it (BASE in src/backend/wasm/window.ts). */
function checkModule(binary, target) {
  const module = new WebAssembly.Module(binary); // also proves that it is valid here
  if (WebAssembly.Module.imports(module).some(({ kind }) => kind !== "memory")) throw new Error(`${target}: the kernels may import nothing but memory`);
  new WebAssembly.Instance(module, { env: { memory: new WebAssembly.Memory({ initial: 1 }) } });
}

/** The bodies of the functions, and what lies before, between and behind them. */
function piecesOf(binary) {
  const CODE = 10; // id of the code section
  const pieces = [];
  let at = 8; // behind magic and version
  let from = 0;
  const cut = () => {
    pieces.push(binary.subarray(from, at));
    from = at;
  };
  const leb128 = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < binary.length) {
    const id = binary[at++];
    const size = leb128();
    const end = at + size;
    if (id === CODE) {
      for (let count = leb128(); count > 0; count--) {
        cut();
        const body = leb128();
        at += body;
        cut();
      }
    }
    at = end;
  }
  cut();
  return pieces;
}

/** The lower six bits of a byte, then what comes before them where the upper two are 1, 2 or 3: no character that a string literal escapes. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_.";

/**
 * Both modules in one text. What a bundle weighs is what gzip makes of it, so each function stands beside its twin of the other build, within
 * gzip's window of 32 KiB, and equal bytes are equal characters: 36 KB, where base64 of each module takes 79.
 */
function textOf(binaries) {
  const [first, ...others] = binaries.map(piecesOf);
  if (others.some((pieces) => pieces.length !== first.length)) throw new Error("the builds differ in their functions");
  const text = (bytes) => Array.from(bytes, (byte) => (byte > 63 ? ALPHABET[63 + (byte >> 6)] : "") + ALPHABET[byte & 63]).join("");
  return first.flatMap((piece, i) => [piece, ...others.map((pieces) => pieces[i])].map(text)).join();
}

export async function writeKernels() {
  const out = new URL("../src/generated/", import.meta.url);
  mkdirSync(out, { recursive: true });
  mkdirSync(new URL("../build/", import.meta.url), { recursive: true });
  const binaries = [];
  for (const target of targets) {
    const binary = await compile(target);
    if (target === "baseline") checkModule(binary, target); // relaxed SIMD does not run on Node 20; its static data is the same
    writeFileSync(new URL(`../build/${target}.wasm`, import.meta.url), binary);
    binaries.push(binary);
  }
  const parts = [
    "// Written by scripts/kernels.mjs. Do not edit.",
    'import { decode } from "../backend/wasm/decode.js";',
    `const text = "${textOf(binaries)}";`,
    `const alphabet = "${ALPHABET}";`,
  ];
  targets.forEach((target, i) => {
    parts.push(`export const ${target} = (): WebAssembly.Module => decode(text, alphabet, ${i}, ${targets.length});`);
  });
  writeFileSync(new URL("kernels.ts", out), `${parts.join("\n")}\n`);
  return targets.map((target, i) => `${target} ${binaries[i].length} bytes`).join(", ");
}
