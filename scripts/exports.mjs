// What a file of assembly/ exports, derived from its classes: a function for each op of core/pointwise.ts, and for each class that extends Kernel, by
// dtype and norm. Appended when the compiler reads the file, so that nobody writes it twice or reads it.

import { readFileSync } from "node:fs";

const OP = /class (\w+)<T extends number> extends PointwiseOp<T>/g;
const KERNEL = /class (\w+) extends Kernel \{[\s\S]*?static run(<[^(]*>)?\(([^)]*)\): (\w+) \{/g;
const NORM = /class (\w+)<T extends (number|f64)> extends Norm<T>/g;
const FLOATS = { number: ["f32", "f64"], f64: ["f64"] };

/** Whether a file has ops: its module needs the kernels of core/positions.ts, too. */
export const usesPositions = (text) => text.match(OP) !== null;

/** The parameters of a pointwise kernel: those of Pointwise.run, all addresses. */
const POSITIONS = "a: usize, b: usize, c: usize, n: i32, p: f64, q: f64, scale: f64, v: usize, ga: usize, gb: usize, gc: usize";

const lower = (name) => name[0].toLowerCase() + name.slice(1);
const namesOf = (parameters) => parameters.replace(/:[^,]*/g, "");

function exported(name, parameters, result, call) {
  return `export function ${name}(${parameters}): ${result} {\n  ${result === "void" ? "" : "return "}${call}(${namesOf(parameters)});\n}`;
}

function norms(root) {
  return [...readFileSync(`${root}assembly/core/vectors.ts`, "utf8").matchAll(NORM)].map(([, name, floats]) => ({ name, floats: FLOATS[floats] }));
}

/** A file's text with its exports, for files that are entries. */
export function withExports(text, root) {
  const lines = [];
  if (text.match(OP)) lines.push('import { Pointwise } from "../../core/pointwise";');
  for (const [, name] of text.matchAll(OP)) {
    for (const T of FLOATS.number) lines.push(exported(`${lower(name)}_${T}`, POSITIONS, "f64", `Pointwise.run<${name}<${T}>, ${T}>`));
  }
  for (const [, name, generics = "", parameters, result] of text.matchAll(KERNEL)) {
    if (generics.includes("Norm<T>")) {
      const names = norms(root).map((norm) => norm.name);
      lines.push(`import { ${names.join(", ")} } from "../../core/vectors";`);
      for (const norm of norms(root)) {
        for (const T of norm.floats) lines.push(exported(`${lower(name)}${norm.name}_${T}`, parameters, result, `${name}.run<${norm.name}<${T}>, ${T}>`));
      }
    } else if (generics) for (const T of FLOATS.number) lines.push(exported(`${lower(name)}_${T}`, parameters, result, `${name}.run<${T}>`));
    else lines.push(exported(`${lower(name)}_f64`, parameters, result, `${name}.run`));
  }
  return `${text}\n${lines.join("\n")}\n`;
}

const BLOCK = /class (\w+) extends Block \{([\s\S]*?)\n\}/g;
const FIELD = /^ {2}(\w+): (i32|usize|f64)\b/gm;

/** The fields of the blocks that a file declares, by class. */
export function blocksOf(text) {
  return [...text.matchAll(BLOCK)].map(([, name, body]) => ({ name, fields: [...body.matchAll(FIELD)].map(([, field, type]) => ({ field, type })) }));
}
