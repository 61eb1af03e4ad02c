// Compiles the modules of assembly/ twice each, for baseline and for relaxed SIMD, and writes them as text into src/generated/<module>.ts, with the
// layouts of the blocks that their kernels are pointed to.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { deflateRawSync } from "node:zlib";
import asc from "assemblyscript/asc";
import { blocksOf, usesPositions, withExports } from "./exports.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { options, targets: flagsOf } = JSON.parse(readFileSync(new URL("../asconfig.json", import.meta.url), "utf8"));
export const targets = Object.keys(flagsOf);

const source = (file) => readFileSync(`${root}${file}`, "utf8");
const folder = (name) =>
  readdirSync(`${root}assembly/losses/${name}`)
    .sort()
    .map((file) => `assembly/losses/${name}/${file}`);

/** A folder of assembly/losses is a module, and each file in it an entry; and what tells which build runs. */
export const modules = Object.fromEntries(
  readdirSync(`${root}assembly/losses`)
    .sort()
    .map((name) => [name, [...folder(name), ...(folder(name).some((file) => usesPositions(source(file))) ? ["assembly/core/positions.ts"] : [])]]),
);
modules.probe = ["assembly/probe.ts"];

// Static data: all modules of an entry share one memory, so each has its own part of what lies below the window (STATICS in src/backend/wasm/window.ts).
const STATICS = 1 << 16;
const FIRST = 1024;
const PART = 4096;

function baseOf(module) {
  const base = FIRST + PART * Object.keys(modules).indexOf(module);
  if (base + PART > STATICS) throw new Error("more modules than static data has room for");
  return base;
}

function flags(record) {
  return Object.entries(record).flatMap(([name, value]) => {
    if (value === true) return [`--${name}`];
    return (Array.isArray(value) ? value : [value]).flatMap((one) => [`--${name}`, String(one)]);
  });
}

/**
 * A module of one target; throws on any warning, since some mean code that compiles and computes wrong values. `read` may change what a file says.
 */
async function run(target, files, extra, read) {
  let binary;
  const { error, stderr } = await asc.main(
    [...files, "--baseDir", root, "--config", "none", "--outFile", "kernels.wasm", ...flags({ ...options, ...flagsOf[target] }), ...extra],
    {
      readFile: (name, base) =>
        readFile(`${base}/${name}`, "utf8").then(
          (text) => (files.includes(name) ? read(text) : text),
          () => null,
        ),
      writeFile: (name, contents) => {
        if (name.endsWith(".wasm")) binary = contents;
      },
    },
  );
  const messages = stderr.toString();
  if (error || /WARNING|ERROR/.test(messages) || !binary) throw new Error(`asc, target ${target}: ${error?.message ?? ""}\n${messages}`);
  return binary;
}

/** Some files, with the exports that their classes stand for. */
export function compile(target, files, extra = []) {
  return run(target, files, extra, (text) => withExports(text, root));
}

/** One of the modules. Imports nothing but memory, and writes its static data to its own part. */
export async function compileModule(target, name) {
  const base = baseOf(name);
  const binary = await compile(target, modules[name], ["--memoryBase", String(base)]);
  if (target !== "baseline") return binary; // relaxed SIMD does not run on Node 20; its imports and static data are the same
  const module = new WebAssembly.Module(binary);
  if (WebAssembly.Module.imports(module).some(({ kind }) => kind !== "memory")) throw new Error(`${name}: the kernels may import nothing but memory`);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  new WebAssembly.Instance(module, { env: { memory } });
  const written = new Uint8Array(memory.buffer);
  const outside = written.findIndex((byte, at) => byte !== 0 && (at < base || at >= base + PART));
  if (outside >= 0) throw new Error(`${name}: static data at ${outside}, its part is ${base} to ${base + PART}`);
  return binary;
}

/**
 * Where each field of the blocks is, as the compiler lays them out: it is asked for each. Indices from the block's beginning, of 32 bits for integers and
 * addresses, of 64 for doubles.
 */
async function layouts() {
  const files = [...new Set([...Object.values(modules).flat(), "assembly/core/vectors.ts"])];
  const blocks = files.flatMap((file) => blocksOf(source(file)).map((block) => ({ file, ...block })));
  const ask = (text) =>
    [
      text,
      ...blocksOf(text).flatMap(({ name, fields }) =>
        fields.map(({ field }) => `export function ${name}_${field}(): usize { return offsetof<${name}>("${field}"); }`),
      ),
    ].join("\n");
  const binary = await run("baseline", [...new Set(blocks.map(({ file }) => file))], ["--disableWarning", "235"], ask);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory: new WebAssembly.Memory({ initial: 1, maximum: 1 }) } });
  return blocks.map(({ name, fields }) => {
    const part = (double) =>
      fields
        .filter(({ type }) => (type === "f64") === double)
        .map(({ field }) => `${field}: ${exports[`${name}_${field}`]() / (double ? 8 : 4)}`)
        .join(", ");
    return `export const ${name} = { i32: { ${part(false)} }, f64: { ${part(true)} } } as const;`;
  });
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
      const count = leb128();
      cut();
      for (let i = 0; i < count; i++) {
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

/** As src/backend/wasm/decode.ts reads it: the lower six bits of a byte, what comes before them where the upper two are 1, 2 or 3, and frequent bytes. */
const decoder = source("src/backend/wasm/decode.ts");
const ALPHABET = decoder.match(/ALPHABET = "(.*)"/)[1];
const FREQUENT = decoder
  .match(/FREQUENT = \[(.*)\]/)[1]
  .split(", ")
  .map(Number);
const characterOf = (byte) => {
  const at = FREQUENT.indexOf(byte);
  return at >= 0 ? ALPHABET[67 + at] : (byte > 63 ? ALPHABET[63 + (byte >> 6)] : "") + ALPHABET[byte & 63];
};

/** So that texts stand beside those they resemble: each next is the one that adds least to what gzip makes of the two before it. */
function orderOf(texts) {
  const weigh = (text) => deflateRawSync(text, { level: 4 }).length;
  const order = [0];
  const left = new Set(texts.keys());
  left.delete(0);
  while (left.size > 0) {
    const before = order
      .slice(-2)
      .map((i) => texts[i])
      .join();
    const base = weigh(before);
    const added = new Map([...left].map((i) => [i, (weigh(before + texts[i]) - base) / texts[i].length]));
    const next = [...left].reduce((best, i) => (added.get(i) < added.get(best) ? i : best));
    order.push(next);
    left.delete(next);
  }
  return order;
}

/**
 * Both modules in one text. What a bundle weighs is what gzip makes of it, so each function stands beside its twin of the other build and those that
 * resemble it, within gzip's window of 32 KiB, and equal bytes are equal characters: 34 KB, where base64 of each module takes 79. The first piece says
 * where each function went.
 */
function textOf(binaries) {
  const pieces = binaries.map(piecesOf);
  const twins = pieces[0].map((_, i) => pieces.map((own) => Array.from(own[i], characterOf).join("")).join());
  if (pieces.some((own) => own.length !== twins.length)) throw new Error("the builds differ in their functions");
  if (twins.length > ALPHABET.length) throw new Error("more functions than there are characters");
  const order = orderOf(twins);
  return [twins.map((_, i) => ALPHABET[order.indexOf(i)]).join(""), ...order.map((i) => twins[i])].join();
}

/** Compilers at a time: each uses one core, and some hundred MB. */
const COMPILERS = Math.min(availableParallelism(), 4);

/** All modules of all targets, by target and name. */
async function compileAll() {
  const jobs = Object.keys(modules).flatMap((name) => targets.map((target) => ({ target, name })));
  const binaries = {};
  const work = (worker) =>
    new Promise((resolve, reject) => {
      const next = () => {
        const job = jobs.shift();
        if (!job) return resolve();
        worker.once("message", ({ binary, error }) => {
          if (error) return reject(new Error(error));
          binaries[`${job.target} ${job.name}`] = binary;
          next();
        });
        worker.postMessage(job);
      };
      worker.once("error", reject);
      next();
    });
  const workers = Array.from({ length: COMPILERS }, () => new Worker(new URL("compile.mjs", import.meta.url)));
  try {
    await Promise.all(workers.map(work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return binaries;
}

export async function writeKernels() {
  const out = new URL("../src/generated/", import.meta.url);
  mkdirSync(out, { recursive: true });
  mkdirSync(new URL("../build/", import.meta.url), { recursive: true });
  const sizes = [];
  const compiled = await compileAll();
  for (const name of Object.keys(modules)) {
    const binaries = [];
    for (const target of targets) {
      const binary = compiled[`${target} ${name}`];
      writeFileSync(new URL(`../build/${name}.${target}.wasm`, import.meta.url), binary);
      binaries.push(binary);
    }
    const parts = [
      "// Written by scripts/kernels.mjs. Do not edit.",
      'import { type Builds, builds } from "../backend/wasm/decode.js";',
      `export const ${name}: Builds = /* @__PURE__ */ builds("${textOf(binaries)}");`,
    ];
    writeFileSync(new URL(`${name}.ts`, out), `${parts.join("\n")}\n`);
    sizes.push(`${name} ${binaries.map((binary) => binary.length).join(" + ")}`);
  }
  writeFileSync(new URL("layouts.ts", out), `// Written by scripts/kernels.mjs. Do not edit.\n${(await layouts()).join("\n")}\n`);
  return `${sizes.join(", ")} bytes (${targets.join(" + ")})`;
}
