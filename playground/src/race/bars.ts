// The times as bars: length is the median, the line across the end goes from quartile to quartile.

import { html } from "../dom.js";
import type { Result, Timing } from "./protocol.js";
import { time } from "./report.js";

function bar(name: string, detail: string, timing: Timing, longest: number, kind: string): HTMLElement {
  const part = (x: number) => `${((100 * x) / longest).toFixed(2)}%`;
  const length = html("span", { class: "race-length" });
  const whisker = html("span", { class: "race-whisker" });
  // Not as a style attribute: a page's policy may forbid those.
  length.style.width = part(timing.median);
  Object.assign(whisker.style, { left: part(timing.low), width: part(timing.high - timing.low) });
  return html(
    "li",
    { class: `race-row ${kind}` },
    html("span", { class: "race-name" }, name, " ", html("small", {}, detail)),
    html("span", { class: "race-track", "aria-hidden": "true" }, length, whisker),
    html("span", { class: "race-time" }, time(timing.median), " ", html("small", {}, `${time(timing.low)} – ${time(timing.high)}`)),
  );
}

export function bars({ wasm, js, simd, threads, count, hand }: Result): HTMLElement {
  const longest = Math.max(...[wasm, js, threads, hand].map((timing) => timing?.high ?? 0));
  const list = html("ul", { class: "race-bars" });
  if (threads) list.append(bar("losskit/threads", `${simd} SIMD, ${count} threads`, threads, longest, "race-wasm"));
  if (wasm) list.append(bar("losskit/wasm", `${simd} SIMD`, wasm, longest, "race-wasm"));
  list.append(bar("losskit/js", "JavaScript", js, longest, "race-js"));
  if (hand) list.append(bar("a hand-written loop", "JavaScript", hand, longest, "race-hand"));
  return list;
}
