// 13: image search. Neighbours of a query before and after training with triplets, and how many are right.
// For tests: `search-query-0` … `-9` (buttons, one digit each), `search-before`, `search-after` (lists; each picture's name says its digit), `search-precision-before`,
// `search-precision`, `search-step`, `search-loss`; buttons "Train" / "Pause", "Start again".

import { button } from "../../controls.js";
import { html, set } from "../../dom.js";
import { chart, columns, columnWidth } from "../chart.js";
import { readout } from "../readout.js";
import { FOUND, STEPS } from "../search-engine.js";
import type { News, Order } from "../search-worker.js";
import { caption, listing, loss, p, type Section, see } from "../section.js";

const SIDE = 8;
/** Dark paper in both themes: a picture is what it is. */
const PAPER = [29, 33, 39];

function draw(canvas: HTMLCanvasElement, pixels: Float32Array): void {
  const image = new ImageData(SIDE, SIDE);
  pixels.forEach((x, i) => {
    image.data.set([...PAPER.map((dark) => dark + x * (245 - dark)), 255], 4 * i);
  });
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

const picture = () => html("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": "not yet loaded" });

export const search: Section = {
  id: "search",
  short: "Image search",
  claim: "Train distances, and search comes for free: what is near is what looks alike",
  height: [591, 707],
  lead: () => [
    p(
      "A small network gives each handwritten digit a place in space; to search is to list the nearest. It is never told what the digits are, only, by triplets, that two are the same and a third is not. Choose a query, then train.",
    ),
  ],
  figure(root) {
    const worker = new Worker(new URL("../search-worker.ts", import.meta.url), { type: "module" });
    const send = (order: Order) => worker.postMessage(order);
    let pixels: Float32Array | undefined;
    let classes: Int32Array;
    let queries: number[] = [];
    let chosen = 3;
    let before: Int32Array | undefined;
    let found: Int32Array | undefined;
    let running = false;
    let step = 0;
    let history: [number, number][] = [];

    const buttons = Array.from({ length: 10 }, (_, digit) => {
      const canvas = picture();
      const node = html(
        "button",
        { type: "button", class: "button query", "data-testid": `search-query-${digit}`, "aria-label": `search for this ${digit}` },
        canvas,
      );
      set(canvas, { "aria-hidden": "true" });
      node.addEventListener("click", () => {
        chosen = digit;
        show();
      });
      return { node, canvas };
    });
    const list = (id: string) => {
      const items = Array.from({ length: FOUND }, () => {
        const canvas = picture();
        const verdict = html("span", { "aria-hidden": "true" });
        return { node: html("li", {}, canvas, verdict), canvas, verdict };
      });
      return { node: html("ol", { class: "found", "data-testid": id }, ...items.map(({ node }) => node)), items };
    };
    const [first, after] = [list("search-before"), list("search-after")];
    const numbers = readout([
      { id: "search-precision-before", name: "% right before training, all 400 queries", digits: 1 },
      { id: "search-precision", name: "% right now", colour: "two", digits: 1 },
      { id: "search-step", name: `step, of ${STEPS}`, digits: 0 },
      { id: "search-loss", name: "tripletMarginLoss", colour: "one" },
    ]);
    const width = columnWidth(root, 2);
    const curve = chart({
      width,
      height: 200,
      x: { from: 0, to: STEPS, ticks: [0, 100, 200, 300], label: "step" },
      y: { from: 0, to: 100, ticks: [0, 25, 50, 75, 100], label: "" },
      label: "",
      left: 34,
    });
    const line = curve.line("two");
    const trouble = html("p", { class: "note", role: "alert", hidden: "" });
    const status = html("p", { class: "unseen", role: "status" });

    function fill(items: ReturnType<typeof list>["items"], rows: Int32Array): void {
      const query = queries[chosen]!;
      items.forEach(({ node, canvas, verdict }, i) => {
        const row = rows[query * FOUND + i]!;
        const right = classes[row] === classes[query];
        draw(canvas, pixels!.subarray(row * SIDE * SIDE, (row + 1) * SIDE * SIDE));
        set(canvas, { "aria-label": `${right ? "right" : "wrong"}: a ${classes[row]}` });
        set(node, { class: right ? "right" : "wrong" });
        verdict.textContent = right ? "✓" : "✗";
      });
    }

    function show(): void {
      buttons.forEach(({ node }, digit) => {
        set(node, { "aria-pressed": String(digit === chosen) });
      });
      if (!pixels || !before || !found) return;
      fill(first.items, before);
      fill(after.items, found);
      set(line, { d: curve.path(history) });
      curve.describe(`Percent of neighbours that are right, against the step: now ${history.at(-1)?.[1].toFixed(1)} at step ${step}`);
      train.textContent = running ? "Pause" : step >= STEPS ? "Trained" : "Train";
      train.disabled = step >= STEPS;
    }

    const obey: { [K in News["type"]]: (news: Extract<News, { type: K }>) => void } = {
      ready(news) {
        ({ pixels, classes } = news);
        queries = buttons.map((_, digit) => classes.indexOf(digit));
        buttons.forEach(({ canvas }, digit) => {
          draw(canvas, pixels!.subarray(queries[digit]! * SIDE * SIDE, (queries[digit]! + 1) * SIDE * SIDE));
        });
        train.disabled = again.disabled = false;
      },
      found(news) {
        found = news.found;
        step = news.step;
        if (step === 0) {
          before = found;
          history = [];
        }
        // a slice that was under way when the page said pause
        if (!news.running && step >= STEPS) running = false;
        history.push([step, 100 * news.precision]);
        numbers.update([history[0]![1], 100 * news.precision, step, news.loss ?? Number.NaN]);
        if (news.loss === undefined) numbers.node.querySelector("[data-testid=search-loss]")!.textContent = "–";
        if (step >= STEPS)
          status.textContent = `Trained: ${(100 * news.precision).toFixed(0)} percent of the neighbours are right, before it were ${history[0]![1].toFixed(0)}.`;
        show();
      },
      failed({ text }) {
        trouble.textContent = `The search does not run here: ${text}`;
        trouble.hidden = false;
        train.disabled = true;
      },
    };
    worker.addEventListener("message", ({ data }: MessageEvent<News>) => (obey[data.type] as (news: News) => void)(data));
    worker.addEventListener("error", (event) => obey.failed({ type: "failed", text: event.message || "the worker did not start" }));

    const train = button("Train", () => {
      running = !running;
      send(running ? "start" : "pause");
      show();
    });
    const again = button("Start again", () => {
      running = false;
      send("again");
    });
    train.disabled = again.disabled = true;
    train.classList.add("play");
    root.append(
      html("div", { class: "queries", role: "group", "aria-label": "Query" }, ...buttons.map(({ node }) => node)),
      caption("nearest before training"),
      first.node,
      caption("nearest now"),
      after.node,
      html("div", { class: "go" }, train, again),
      trouble,
      columns(288, html("div", {}, numbers.node), html("div", {}, caption(html("span", { class: "two" }, "% of the neighbours that are right")), curve.node)),
      status,
    );
    show();
    return () => worker.terminate();
  },
  after: () => [
    p(
      "The network has 64 pixels, 48 hidden units and three numbers for a place; it learns from 1397 digits and is searched with 400 that it never learns from. The same recipe finds faces, products and songs: only the network and the number of dimensions grow. In a batch, choose the ",
      see("ranking", "hardest"),
      " negative for each anchor, as ",
      loss("batchHardTripletLoss"),
      " does, and each step teaches more. Data: Alpaydin and Kaynak, UCI Machine Learning Repository, 1998.",
    ),
    listing("tripletMarginLoss.valueAndGrad(place(a), place(p), place(n), { margin: 1 })\ncdist(place(query), place(all)) // the smallest are found"),
  ],
};
