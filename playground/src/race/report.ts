// A result in words: on the page and as Markdown.

import type { Result, Timing } from "./protocol.js";

/** Three significant digits, in the unit that reads best; it stays with its number. */
export function time(microseconds: number): string {
  if (microseconds < 1) return `${(microseconds * 1000).toPrecision(3)}\u00a0ns`;
  if (microseconds < 999.5) return `${microseconds.toPrecision(3)}\u00a0µs`;
  return `${(microseconds / 1000).toPrecision(3)}\u00a0ms`;
}

export const times = (ratio: number): string => (ratio < 9.95 ? ratio.toFixed(2) : ratio.toFixed(1));

export const spread = ({ median, low, high }: Timing): string => `${(((high - low) / median) * 100).toFixed(0)}\u00a0%`;

export function agreement({ difference }: Result): string {
  if (difference === null) return "";
  return difference === 0 ? "The gradients are the same to the last bit." : `The gradients agree: at most ${difference.toExponential(0)} of the largest apart.`;
}

/** Every result of this visit as one table. */
export function markdown(results: readonly Result[]): string {
  const rows = results.map(({ loss, size, wasm, threads, js, hand, ratio }) => {
    const javascript = `${time(js.median)} | ${spread(js)} | ${hand ? `${time(hand.median)} | ${spread(hand)}` : "– | "}`;
    return wasm && ratio
      ? `| \`${loss}\` | ${size} | ${threads ? time(threads.median) : "–"} | ${time(wasm.median)} | ${spread(wasm)} | ${javascript} | ${times(ratio.median)} (${times(ratio.low)} to ${times(ratio.high)}) |`
      : `| \`${loss}\` | ${size} | – | refused | | ${javascript} | |`;
  });
  const last = results.at(-1);
  if (!last) return "";
  const cores = last.threads
    ? `losskit/threads on ${last.count} threads`
    : "losskit/threads on one thread, not raced (a page that is not isolated, a policy, or one core)";
  const simd = last.simd ? `losskit/wasm with ${last.simd} SIMD` : `losskit/wasm refused: ${last.refused}`;
  return [
    "| loss, value and gradient | size | losskit/threads | losskit/wasm | spread | losskit/js | spread | a hand-written loop | spread | losskit/wasm, times as fast as losskit/js (quartiles) |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
    "",
    `losskit ${last.version}; ${simd}; ${cores}; float32; medians of ${last.rounds} rounds, spread: interquartile range; ${new Date().toISOString().slice(0, 10)}.`,
    "",
    `Browser: ${navigator.userAgent}; ${navigator.hardwareConcurrency} logical processors.`,
    "",
  ].join("\n");
}
