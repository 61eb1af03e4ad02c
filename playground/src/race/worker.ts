// Races off the page's own thread: the page stays free, and can end this worker at any moment.

import * as losskit from "losskit";
import * as js from "losskit/js";
import * as threads from "losskit/threads";
import * as wasm from "losskit/wasm";
import { seeded } from "../../../bench/data.js";
import { consumed, difference, ROUNDS, race, summary } from "./contest.js";
import { hand } from "./hand.js";
import type { Backend, News, Order } from "./protocol.js";
import { type Kit, sizeText } from "./rows.js";
import { table } from "./table.js";

const SEED = 1;
const post = (news: News) => self.postMessage(news);

/** What `losskit/wasm` runs on here, or why it does not. */
function webAssembly(): { info: Backend | null; refused: string | null } {
  try {
    return { info: wasm.backend(), refused: null };
  } catch (error) {
    return { info: null, refused: error instanceof Error ? error.message : String(error) };
  }
}

async function run({ loss, size }: Order): Promise<void> {
  const row = table.find((row) => row.loss === loss)!;
  const shape = row.sizes[size]!;
  post({ type: "progress", done: 0, text: "checking that all agree" });
  const { info, refused } = webAssembly();
  const contest = row.prepare(seeded(SEED), shape);
  await threads.threads.ready();
  const { count } = threads.threads;
  const racing = { js, wasm: info && wasm, threads: info && count > 1 && threads, hand: loss in hand && hand };
  const names = (Object.keys(racing) as (keyof typeof racing)[]).filter((name) => racing[name]);
  const kits = names.map((name) => racing[name] as unknown as Kit);
  const [first, ...others] = kits;
  const apart = others.length ? Math.max(...others.map((kit) => difference(contest, first!, kit))) : null;
  post({ type: "progress", done: 0, text: "warming up" });
  const rounds = race(contest, kits);
  let next = rounds.next();
  for (; !next.done; next = rounds.next()) {
    if (next.value > 0) post({ type: "progress", done: next.value, text: "racing" });
    // A worker that never rests is ended by Chromium only after two seconds.
    await new Promise((rested) => setTimeout(rested));
  }
  const measured = next.value;
  const times: Partial<Record<keyof typeof racing, number[]>> = Object.fromEntries(names.map((name, i) => [name, measured[i]!]));
  const timing = (one: number[] | undefined) => (one ? summary(one) : null);
  const slow = times.js!;
  if (Number.isNaN(consumed())) throw new Error("a loss was not a number");
  post({
    type: "result",
    loss,
    size: sizeText(shape),
    version: losskit.version,
    chosen: losskit.backend(),
    js: summary(slow),
    wasm: timing(times.wasm),
    threads: timing(times.threads),
    count,
    hand: timing(times.hand),
    ratio: timing(times.wasm?.map((time, i) => slow[i]! / time)),
    difference: apart,
    simd: info?.simd ?? null,
    refused,
    rounds: ROUNDS,
  });
}

self.addEventListener("message", ({ data }: MessageEvent<Order>) => {
  run(data).catch((error) => post({ type: "failed", text: error instanceof Error ? error.message : String(error) }));
});
