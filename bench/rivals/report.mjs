// The measurements as Markdown: what is printed and written to bench/results/.

import { execFileSync } from "node:child_process";
import { duration, markdown } from "../../build/tools/bench/report.js";

/** Columns: first our own, then the others. */
const OWN = ["losskit", "losskit/deterministic", "losskit/js", "losskit/wasm alloc", "kernel alone"];
const WASM = "losskit/wasm";
const KINDS = { value: "Value", grad: "Value + gradient" };

const times = (ratio) => ratio.toFixed(ratio >= 100 ? 0 : ratio >= 10 ? 1 : 2);
const percent = (share) => `${(100 * share).toFixed(0)} %`;

/** How many times the first contestant's time the second's is; undefined where one of them did not run. */
export function ratio({ timings }, of, to) {
  return timings[of] && timings[to] && timings[to].median / timings[of].median;
}

const geometric = (ratios) => Math.exp(ratios.reduce((sum, x) => sum + Math.log(x), 0) / ratios.length);

function columns(rows) {
  const present = new Set(rows.flatMap(({ timings }) => Object.keys(timings)));
  present.delete(WASM);
  const own = OWN.filter((name) => present.has(name));
  return [...own, ...[...present].filter((name) => !own.includes(name))];
}

function table(rows) {
  const others = columns(rows);
  return markdown(
    ["loss", "size", WASM, ...others],
    rows.map((row) => {
      const { loss, size, timings } = row;
      const cells = others.map((name) => {
        const x = ratio(row, WASM, name);
        if (x === undefined) return "";
        const text = `${times(x)} ± ${percent(timings[name].spread / 2)}`;
        // what is ours is not lost to ourselves
        return x < 1 && !OWN.includes(name) ? `**${text}**` : text;
      });
      return [loss, size, `${duration(timings[WASM].median)} ± ${percent(timings[WASM].spread / 2)}`, ...cells];
    }),
  );
}

const small = ({ elements }) => elements <= 10000;
const large = (row) => !small(row);
const inside = (low, high) => (row) => row.elements >= low && row.elements < high;
const MI = 1 << 20;

/** `of` and `to`: the ratio is the time of `to` divided by that of `of`; a bar is at least or at most. */
const QUESTIONS = [
  { text: "PyTorch eager / losskit/wasm, value + gradient, above 10 000 elements", of: WASM, to: "PyTorch eager", kind: "grad", where: large, least: 4 },
  { text: "PyTorch eager / losskit/wasm, value, above 10 000 elements", of: WASM, to: "PyTorch eager", kind: "value", where: large, least: 3 },
  { text: "PyTorch eager / losskit/wasm, value + gradient, small", of: WASM, to: "PyTorch eager", kind: "grad", where: small, least: 25 },
  { text: "PyTorch eager / losskit/wasm, value, small", of: WASM, to: "PyTorch eager", kind: "value", where: small, least: 8 },
  { text: "torch.compile / losskit/wasm, value + gradient, above 10 000 elements", of: WASM, to: "torch.compile", kind: "grad", where: large, least: 3 },
  {
    text: "torch.compile / losskit/wasm alloc, value, above 10 000 elements",
    of: "losskit/wasm alloc",
    to: "torch.compile",
    kind: "value",
    where: large,
    least: 1.2,
  },
  { text: "kernel alone / fused C, 1 Mi to 4 Mi elements", of: "fused C", to: "kernel alone", where: inside(1e6, 5e6), most: 1.6 },
  { text: "kernel alone / fused C, 64 Ki to 128 Ki elements", of: "fused C", to: "kernel alone", where: inside(1 << 16, 1e6), most: 2 },
  { text: "losskit/wasm, plain arrays / fused C, 1 Mi elements and above", of: "fused C", to: WASM, where: inside(MI, Infinity), most: 2 },
  { text: "call / kernel alone, 320 elements, 32 x 10 and 32 x 16", of: "kernel alone", to: WASM, where: small, most: 2 },
];

/** Why a contestant has no figure at all. */
function missing(report, names) {
  for (const name of names) {
    if (name === "losskit/wasm alloc") {
      if (!report.rows.some(({ timings }) => timings[name])) return "losskit has no alloc yet";
      continue;
    }
    const found = report.skipped.find((skip) => name === skip.name || (skip.name === "PyTorch" && /torch/i.test(name)));
    if (found) return found.reason;
  }
  return "no such cell in this run";
}

function answers(report) {
  return QUESTIONS.map(({ text, of, to, kind, where, least, most }) => {
    const cells = report.rows
      .filter((row) => (!kind || row.kind === kind) && where(row))
      .map((row) => ({ name: `${row.loss} ${row.size}, ${row.kind}`, x: ratio(row, of, to) }))
      .filter(({ x }) => x !== undefined);
    const bar = least === undefined ? `at most ${most}` : `at least ${least}`;
    if (cells.length === 0) return { text, bar, line: `not measured: ${missing(report, [to, of])}` };
    const mean = geometric(cells.map(({ x }) => x));
    const met = least === undefined ? mean <= most : mean >= least;
    cells.sort((a, b) => (least === undefined ? b.x - a.x : a.x - b.x));
    const worst = cells.slice(0, 5).map(({ name, x }) => `${name} ${times(x)}`);
    return { text, bar, met, mean, count: cells.length, line: `${times(mean)} (${cells.length} cells; worst for losskit: ${worst.join("; ")})` };
  });
}

/** The bars that are our own business: printed, not written. */
export function bars(report) {
  const verdict = ({ met }) => (met === undefined ? "not measured" : met ? "met" : "missed");
  const lines = answers(report).map((answer) => `- ${verdict(answer)}: ${answer.text}: ${answer.mean ? times(answer.mean) : ""}, bar ${answer.bar}`);
  return ["Bars:", ...lines, ""].join("\n");
}

/** Sizes that README.md, docs/benchmarks.md and the picture show. */
const SHOWN = new Set(["320", "32 x 10", "32 x 16", "1 Mi", "4096 x 1000", "16 x 151936", "4096 x 384", "500 x 16 x 128 x 60"]);

const TOLD = ["losskit/js", "losskit/wasm alloc", "hand-written JS", "TensorFlow.js wasm", "jax-js", "PyTorch eager", "torch.compile", "fused C", WASM];

/** What scripts/pages.mjs reads, a row a line: of some cells the median and the spread of each contestant, and the geometric means of all cells. */
export function summary(report) {
  const { node, cpu, simd, losskit, commit, date, command, versions } = report;
  const about = { node, cpu, simd, losskit, commit, date, command, versions };
  const means = answers(report).flatMap(({ text, mean, count }) => (mean === undefined ? [] : [{ text, mean, count }]));
  const brief = (timings) => Object.fromEntries(TOLD.flatMap((name) => (timings[name] ? [[name, [timings[name].median, timings[name].spread]]] : [])));
  const rows = report.rows.filter(({ size }) => SHOWN.has(size)).map(({ loss, size, kind, timings }) => ({ loss, size, kind, timings: brief(timings) }));
  const line = (value) => JSON.stringify(value, (_key, x) => (typeof x === "number" ? Number(x.toPrecision(4)) : x));
  return `{\n"about": ${line(about)},\n"means": ${line(means)},\n"rows": [\n${rows.map(line).join(",\n")}\n]\n}\n`;
}

/** Every kernel against the C that does the same. */
function kernels(rows) {
  const both = rows.filter(({ timings }) => timings["kernel alone"] && timings["fused C"]);
  return markdown(
    ["loss", "size", "", "kernel alone", "fused C", "kernel / C", "plain arrays / C"],
    both.map((row) => [
      row.loss,
      row.size,
      KINDS[row.kind].toLowerCase(),
      duration(row.timings["kernel alone"].median),
      duration(row.timings["fused C"].median),
      times(ratio(row, "fused C", "kernel alone")),
      times(ratio(row, "fused C", WASM)),
    ]),
  );
}

/** The same reason in many cells is one line. */
function grouped(rows) {
  const by = new Map();
  for (const { loss, size, kind, notes } of rows) {
    for (const { name, reason } of notes) {
      const general = reason.replace(/-?\d[\d.e+-]*/g, "…");
      const key = `${name}: ${general}`;
      if (!by.has(key)) by.set(key, { name, reason, cells: [] });
      by.get(key).cells.push(`${loss} ${size} (${KINDS[kind].toLowerCase()})`);
    }
  }
  return [...by.values()].map(({ name, reason, cells }) => `- ${name}: ${reason}; ${cells.join(", ")}`);
}

/** Whose values are off, in how many cells, and where most. */
function sums(rows) {
  const all = rows.flatMap(({ loss, size, kind, inexact }) => inexact.map(({ name, off }) => ({ name, off, cell: `${loss} ${size}, ${kind}` })));
  return [...new Set(all.map(({ name }) => name))].map((name) => {
    const some = all.filter((one) => one.name === name).sort((a, b) => b.off - a.off);
    return `- ${name}: ${some.length} cells, at most by ${(100 * some[0].off).toPrecision(2)} % (${some[0].cell})`;
  });
}

export function render(report) {
  const { engine, version, losskit, simd, cpu, flags, commit, date, command, rounds, minutes, versions, skipped, rows } = report;
  const parts = [
    `### losskit beside others: ${engine}, ${simd} SIMD`,
    `${cpu}${flags.length > 0 ? ` (${flags.join(" ")})` : ""}; ${version}; losskit ${losskit}, commit ${commit}; ${date}; \`${command}\`, ${minutes.toFixed(1)} minutes.`,
    Object.entries(versions)
      .map(([name, version]) => `- ${name}: ${version}`)
      .join("\n"),
    `One thread each. Medians of ${rounds} alternated rounds, ± half the interquartile range. The column \`${WASM}\` is a time; all others are their time divided by it: how many times faster \`${WASM}\` is. **Bold**: faster than \`${WASM}\`. losskit takes plain arrays and writes to \`out\`; the others have their inputs where they want them, and their results are read back.`,
  ];
  if (skipped.length > 0) parts.push(`Not here:\n\n${skipped.map(({ name, reason }) => `- ${name}: ${reason}`).join("\n")}`);
  for (const [kind, title] of Object.entries(KINDS)) {
    const some = rows.filter((row) => row.kind === kind && row.timings[WASM]);
    if (some.length > 0) parts.push(`#### ${title}`, table(some));
  }
  parts.push("#### Kernels beside fused C", kernels(rows));
  const notes = grouped(rows);
  if (notes.length > 0) parts.push("#### Cells that are empty although the contestant was there", notes.join("\n"));
  const inexact = sums(rows);
  if (inexact.length > 0) parts.push("#### Values that are further off than 1e-4 (sums in float32), timed all the same", inexact.join("\n"));
  const lines = answers(report).map(({ text, line }) => `- ${text}: ${line}`);
  parts.push("#### Geometric means", lines.join("\n"));
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

/** The commit that was measured. */
export function commit() {
  try {
    const git = (...args) => execFileSync("git", args, { cwd: new URL("../..", import.meta.url), encoding: "utf8" }).trim();
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") ? " with changes" : "");
  } catch {
    return "unknown";
  }
}
