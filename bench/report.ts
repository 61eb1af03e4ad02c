// The measurements as Markdown, and the targets that they miss: the former goes to bench/results/ and docs/benchmarks.md, the latter is printed for those
// who work on losskit.

import { cpus } from "node:os";
import type { Timing } from "./contest.js";
import type { Extra } from "./extras.js";

/** A row of the main table, measured. */
export interface Measured {
  loss: string;
  size: string;
  target?: number;
  loops: readonly string[];
  timings: Record<string, Timing>;
  /** The fastest loop's name. */
  fastest: string;
  /** The fastest loop's median divided by that of each contestant. */
  ratios: Record<string, number>;
}

export interface Report {
  /** The heading, and what exactly ran. */
  engine: string;
  version: string;
  losskit: string;
  simd: string | null;
  cpu: string;
  date: string;
  command: string;
  rounds: number;
  rows: Measured[];
  extras: Extra[];
}

/** The JavaScript backend against the fastest loop, at least. */
export const JS_TARGET = 0.7;

/** As a shell would take it. */
function quoted(argument: string): string {
  return /^[\w.-]+$/.test(argument) ? argument : `'${argument}'`;
}

/** On what, when and by which command. */
export function about(script: string): { cpu: string; date: string; command: string } {
  const given = process.argv.slice(2).map(quoted);
  return {
    cpu: `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${cpus().length} cores`,
    date: new Date().toISOString().slice(0, 10),
    command: [`npm run ${script}`, ...(given.length > 0 ? ["--", ...given] : [])].join(" "),
  };
}

/** Three digits. */
function short(x: number): string {
  return x >= 100 ? x.toFixed(0) : x.toPrecision(3);
}

export function duration(microseconds: number): string {
  if (microseconds < 10) return `${short(1000 * microseconds)} ns`;
  return microseconds < 1000 ? `${short(microseconds)} µs` : `${short(microseconds / 1000)} ms`;
}

/** The same ratio from the quickest round of each: the least disturbed, on a machine that others use too. */
function atBest(loops: readonly string[], own: string, timings: Record<string, Timing>): number {
  const quickest = (name: string) => Math.min(...timings[name]!.rounds);
  return Math.min(...loops.map(quickest)) / quickest(own);
}

function times(ratio: number): string {
  return ratio.toFixed(ratio >= 10 ? 1 : 2);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map((_, i) => (i < 2 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

function mainTable(rows: readonly Measured[]): string {
  return markdown(
    ["loss", "size", "losskit", "spread", "fastest loop", "spread", "times faster", "quickest rounds"],
    rows.map(({ loss, size, loops, timings, fastest, ratios }) => {
      const own = timings["losskit/wasm"]!;
      const loop = timings[fastest]!;
      const ratio = ratios["losskit/wasm"]!;
      const loopText = fastest === "loop" ? duration(loop.median) : `${duration(loop.median)} (${fastest})`;
      const best = times(atBest(loops, "losskit/wasm", timings));
      return [loss, size, duration(own.median), percent(own.spread), loopText, percent(loop.spread), times(ratio), best];
    }),
  );
}

function javascriptTable(rows: readonly Measured[]): string {
  return markdown(
    ["loss", "size", "losskit/js", "spread", "each loop", "times as fast", "quickest rounds"],
    rows.flatMap(({ loss, size, loops, timings, ratios }) => {
      const own = timings["losskit/js"];
      if (!own) return []; // it takes seconds
      const ratio = ratios["losskit/js"]!;
      const each = loops.map((name) => (name === "loop" ? duration(timings[name]!.median) : `${name} ${duration(timings[name]!.median)}`)).join(", ");
      const best = times(atBest(loops, "losskit/js", timings));
      return [[loss, size, duration(own.median), percent(own.spread), each, times(ratio), best]];
    }),
  );
}

function within({ ratio, most = Number.POSITIVE_INFINITY, least = 0 }: Extra): boolean {
  return ratio <= most && ratio >= least;
}

function bounds({ most, least }: Extra): string {
  return most !== undefined ? `at most ${most}` : least !== undefined ? `at least ${least}` : "";
}

function extrasTable(extras: readonly Extra[]): string {
  return markdown(
    ["work", "measured", "ratio"],
    extras.map(({ name, timings, ratio }) => {
      const each = Object.entries(timings).map(([contestant, { median, spread }]) => `${contestant} ${duration(median)} (± ${percent(spread / 2)})`);
      return [name, each.join(", "), ratio < 0.1 ? ratio.toFixed(4) : ratio.toFixed(2)];
    }),
  );
}

export function render(report: Report): string {
  const { engine, version, losskit, simd, cpu, date, command, rounds, rows, extras } = report;
  const fewest = Math.min(...rows.map(({ timings }) => timings["losskit/wasm"]!.rounds.length));
  const fewer = fewest < rounds ? ` (${fewest} where JavaScript takes seconds)` : "";
  const parts = [
    `### ${engine}, ${simd} SIMD`,
    `${cpu}; ${version}; losskit ${losskit}; ${date}; \`${command}\`. Medians of ${rounds} rounds${fewer}; spread: interquartile range of the rounds; quickest rounds: the ratio of those.`,
  ];
  if (rows.length > 0) {
    parts.push("`losskit/wasm` against the fastest hand-written loop:", mainTable(rows));
    parts.push("The JavaScript backend, `losskit/js`, against the same loops:", javascriptTable(rows));
  }
  if (extras.length > 0) parts.push("Beside them, `losskit/wasm` where nothing else is said:", extrasTable(extras));
  return `${parts.join("\n\n")}\n`;
}

/** Every target that was missed, one a line. */
export function lost({ rows, extras }: Report): string[] {
  const lines: string[] = [];
  for (const { loss, size, target, ratios } of rows) {
    if (target !== undefined && ratios["losskit/wasm"]! < target) lines.push(`${loss} ${size}: ${times(ratios["losskit/wasm"]!)}, target ${target}`);
    if (ratios["losskit/js"]! < JS_TARGET) lines.push(`${loss} ${size}, losskit/js: ${times(ratios["losskit/js"]!)}, target ${JS_TARGET}`);
  }
  for (const extra of extras) if (!within(extra)) lines.push(`${extra.name}: ${extra.ratio.toPrecision(3)}, ${bounds(extra)}`);
  return lines;
}
