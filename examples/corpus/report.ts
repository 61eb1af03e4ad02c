// The table at the end.

import { percent, table } from "../digits/table.js";
import { thousands } from "./progress.js";
import type { RunResult } from "./queue.js";
import { summary } from "./score.js";

export interface Row {
  readonly name: string;
  readonly workers: number;
  readonly result: RunResult;
  /** Whether it was done by an earlier start. */
  readonly before: boolean;
}

/** The scores, how fast each run was, and whether all have the serial run's bits; a first row stands for the serial run if it was left out. */
export function report(rows: readonly Row[], serial: RunResult | undefined): { text: string; equal: boolean } {
  const reference = serial ?? (rows[0] as Row).result;
  const { tokens, bytes, perplexity, bitsPerByte, entropy, first, five } = summary(reference.score);
  const wanted = JSON.stringify(reference.score);
  const equal = ({ score }: RunResult): boolean => JSON.stringify(score) === wanted;
  const speed = ({ began, ended }: RunResult): string => thousands((tokens * 1000) / Math.max(ended - began, 1));
  const speeds = [
    ["run", "workers", "tokens/s", "result", ""],
    ...(serial ? [["serial", "no queue", speed(serial), "", ""]] : []),
    ...rows.map(({ name, workers, result, before }) => [
      name,
      String(workers),
      speed(result),
      equal(result) ? "equal" : "DIFFERENT",
      before ? "done by an earlier start" : "",
    ]),
  ];
  const scores = [
    ["tokens", thousands(tokens)],
    ["bytes of text", thousands(bytes)],
    ["perplexity", perplexity.toFixed(4)],
    ["bits per byte", bitsPerByte.toFixed(4)],
    ["entropy", `${entropy.toFixed(4)} nats`],
    ["top-1 accuracy", percent(first)],
    ["top-5 accuracy", percent(five)],
  ];
  const same = rows.every(({ result }) => equal(result));
  const to = serial ? "the serial run" : "one another";
  const verdict = same ? `equal to ${to}, bit for bit` : `NOT equal to ${to}`;
  return { text: `\n${table([["score", ""], ...scores], 1)}\n\n${table(speeds, 1)}\n\n${verdict}`, equal: same };
}
