/**
 * WebAssembly against JavaScript, losskit's and a loop written by hand, in this browser, in a worker that can be ended at any moment.
 *
 * For tests: `[data-testid=race-start]` (button), `[data-testid=race-stop]` (button, disabled while nothing runs), `[data-testid=race-ratio]` (times as
 * fast, there when the first race is over, "…" during the next; "–" where WebAssembly is refused), `[data-testid=race-markdown]` (the results as Markdown),
 * `[data-testid=race-hand]` (the hand-written loop beside losskit, in words, when a race is over),
 * `[data-testid=race-refused]` (why WebAssembly is refused; hidden where it runs).
 */
import { button, copyButton, select } from "../controls.js";
import { html } from "../dom.js";
import { bars } from "../race/bars.js";
import type { News, Order, Result } from "../race/protocol.js";
import { agreement, markdown, spread, times } from "../race/report.js";
import { sizeText } from "../race/rows.js";
import { table } from "../race/table.js";
import type { Mount } from "../view.js";
import "../race/race.css";
import "./motion.css";

const HOW =
  "All get the same random data and must agree before they are timed. Each is warmed up; then they take turns, 40 milliseconds each, " +
  "and the medians of the rounds are compared. Gradients go into prepared buffers, ordinary arrays, so the copy into WebAssembly's memory and back counts. " +
  "The hand-written loop is plain JavaScript for the loss with its default options and nothing else: no checks, no other reduction. " +
  "Of the loops in losskit's benchmarks it is the one that is fastest in Chromium at most sizes. " +
  "Other tabs and a busy machine make the spread larger.";

export const mount: Mount = (root) => {
  let loss = "crossEntropyLoss";
  let size = 1;
  let worker: Worker | undefined;
  const results: Result[] = [];

  const status = html("p", { class: "note", role: "status" });
  const progress = html("progress", { max: 1, value: 0, "aria-label": "progress of the race", hidden: "" });
  const refused = html("p", { class: "note", "data-testid": "race-refused", hidden: "" });
  const figure = html("b", { "data-testid": "race-ratio" });
  const stage = html("div");
  const text = html("pre", { class: "code race-markdown", "data-testid": "race-markdown", tabindex: 0, role: "region", "aria-label": "Results as Markdown" });
  const report = html(
    "div",
    { hidden: "" },
    html("p", { class: "race-title" }, "The results of this visit, as Markdown"),
    text,
    copyButton(() => text.textContent ?? ""),
  );
  const start = button("start", run);
  const stop = button("stop", () => end("Stopped."));
  start.dataset.testid = "race-start";
  stop.dataset.testid = "race-stop";

  /** `told`: the page shows it in another place, and the words are for screen readers. */
  function end(words: string, told = false): void {
    const focused = document.activeElement;
    worker?.terminate();
    worker = undefined;
    const last = results.at(-1)?.ratio;
    figure.textContent = last ? times(last.median) : "–";
    status.textContent = words;
    status.classList.toggle("unseen", told);
    progress.hidden = true;
    start.disabled = false;
    stop.disabled = true;
    if (focused === stop) start.focus(); // a button that is switched off loses the keyboard
  }

  function show(result: Result): void {
    results.push(result);
    const { wasm, js, ratio, threads, count, hand } = result;
    const own = wasm ?? js;
    const verdict = ratio
      ? ["losskit/wasm is ", figure, " times as fast as losskit/js ", html("small", {}, `quartiles ${times(ratio.low)} to ${times(ratio.high)}`)]
      : [figure, " WebAssembly does not run here"];
    stage.replaceChildren(
      html("p", { class: "race-verdict" }, ...verdict),
      html("p", { class: "note" }, `${result.loss}, ${result.size}, float32, value and gradient in one call; bars are medians of ${result.rounds} rounds.`),
      bars(result),
      html(
        "p",
        { class: "note", "data-testid": "race-hand" },
        hand
          ? `losskit/${wasm ? "wasm" : "js"} is ${times(hand.median / own.median)} times as fast as a hand-written loop.`
          : "This loss has no hand-written loop to race against.",
      ),
      html(
        "p",
        { class: "note" },
        threads && wasm
          ? `On ${count} threads losskit/threads is ${times(wasm.median / threads.median)} times as fast as losskit/wasm: calls that are large enough are split.`
          : "losskit/threads is not raced: this page has one core, is not isolated from other origins, or its policy forbids workers of blob:.",
      ),
      html(
        "p",
        { class: "note" },
        `${agreement(result)} Spread of the rounds: ${wasm ? `WebAssembly ${spread(wasm)}, ` : ""}JavaScript ${spread(js)}${hand ? `, the hand-written loop ${spread(hand)}` : ""}.`,
      ),
    );
    refused.hidden = result.refused === null;
    if (result.refused !== null)
      refused.textContent = `WebAssembly is refused here, so losskit computes in JavaScript: ${result.chosen.reason ?? result.refused}`;
    text.textContent = markdown(results);
    report.hidden = false;
    end(ratio ? `${result.loss}: losskit/wasm ${times(ratio.median)} times as fast as losskit/js.` : `${result.loss}: measured in JavaScript alone.`, true);
  }

  function run(): void {
    const focused = document.activeElement;
    end("Starting.");
    stop.disabled = false;
    start.disabled = true;
    if (focused === start) stop.focus();
    progress.hidden = false;
    progress.value = 0;
    figure.textContent = "…";
    const order: Order = { loss, size };
    worker = new Worker(new URL("../race/worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<News>) => {
      if (data.type === "progress") {
        progress.value = data.done;
        const words = `${order.loss}: ${data.text} …`;
        if (status.textContent !== words) status.textContent = words;
      } else if (data.type === "result") show(data);
      else end(`The race was given up: ${data.text}.`);
    });
    worker.addEventListener("error", (event) => end(`The race was given up: ${event.message || "the worker did not start"}.`));
    worker.postMessage(order);
  }

  // Small, middling, large: each loss has its own.
  const sizes = html("div");
  const choose = () => {
    const row = table.find((row) => row.loss === loss)!;
    const options = row.sizes.map((shape, i) => ({ value: String(i), label: sizeText(shape) }));
    sizes.replaceChildren(select({ label: `size: ${row.axes}`, options, value: String(size), onInput: (value) => (size = Number(value)) }));
  };
  const losses = table.map((row) => ({ value: row.loss, label: row.loss }));
  root.append(
    html(
      "div",
      { class: "controls choice" },
      select({
        label: "loss",
        options: losses,
        value: loss,
        onInput(value) {
          loss = value;
          choose();
        },
      }),
      sizes,
    ),
    html("div", { class: "go" }, start, stop),
    html("div", { class: "race-view" }, progress, status, refused, stage, report),
    html("p", { class: "note" }, HOW),
  );
  choose();
  end("");
  return () => end("");
};
