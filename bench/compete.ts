// One row of the table: the contestants agree, then they are timed.

import * as js from "losskit/js";
import * as wasm from "losskit/wasm";
import { agree, type Effort, measure } from "./contest.js";
import type { Measured } from "./report.js";
import type { Row } from "./rows/row.js";

/** Of a row whose loops take seconds a call. */
const SLOW_ROUNDS = 3;

export function compete({ loss, size, target, loops, slow, contest }: Row, effort: Effort): Measured {
  const prepared = contest({ "losskit/wasm": wasm, "losskit/js": js });
  try {
    agree(prepared);
  } catch (error) {
    throw new Error(`${loss} ${size}: the contestants disagree`, { cause: error });
  }
  const timings = measure(prepared, slow ? { ...effort, rounds: SLOW_ROUNDS } : effort);
  const fastest = loops.reduce((best, name) => (timings[name]!.median < timings[best]!.median ? name : best));
  const ratios = Object.fromEntries(Object.entries(timings).map(([name, { median }]) => [name, timings[fastest]!.median / median]));
  return { loss, size, ...(target === undefined ? {} : { target }), loops, timings, fastest, ratios };
}
