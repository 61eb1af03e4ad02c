// One case of the table, in Node and in a page.

import { agreeing, has, measure } from "./measure.mjs";
import * as own from "./own.mjs";

/** What a contestant's module has for a case; a refusal is a note, not the end. */
async function gather(name, make, notes) {
  try {
    return [(await make()) ?? []].flat();
  } catch (error) {
    notes.push({ name, reason: error.message.split("\n")[0] });
    return [];
  }
}

/** One case: everybody agrees, then they are timed. */
export async function compete(one, rivals, effort) {
  const { loss, size, elements, family } = one;
  const made = one.make();
  const absent = [];
  const contestants = [
    ...own.losskit(made),
    ...(await gather("losskit/wasm alloc", () => own.allocated(made), absent)),
    ...(await gather("kernel alone", () => own.kernelAlone(one, made), absent)),
    ...(await gather("hand-written JS", () => own.loops(made), absent)),
  ];
  for (const { name, contestants: from } of rivals) contestants.push(...(await gather(name, () => from(made, one), absent)));
  const rows = [];
  for (const kind of ["value", "grad"]) {
    const able = contestants.filter((contestant) => has(contestant, kind));
    if (able.length === 0) continue;
    const from = performance.now();
    const { refused, inexact } = await agreeing(able, kind, made);
    const out = new Set(refused.map(({ name }) => name));
    const timings = await measure(
      able.filter(({ name }) => !out.has(name)),
      kind,
      effort,
    );
    const seconds = (performance.now() - from) / 1000;
    rows.push({ loss, size, elements, family, kind, seconds, timings, inexact, notes: kind === "value" ? [...absent, ...refused] : refused });
  }
  for (const { close } of contestants) close?.();
  return rows;
}
