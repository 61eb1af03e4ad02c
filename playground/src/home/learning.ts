// Two networks that learn digits, small: the training's own worker, begun again whenever it has got far enough.

import { html } from "../dom.js";
import { legend } from "../train/legend.js";
import { objectiveOf } from "../train/objectives.js";
import { plane } from "../train/plane.js";
import { LANES, type News, type Order } from "../train/protocol.js";
import type { Mount } from "../view.js";
import { onTheme } from "../views/draw.js";
import "../train/train.css";

const CHOSEN = ["crossEntropy", "tripletRatio"] as const;
const PACE = 40;
const RATE = 0.01;
const STEPS = 500;
/** Milliseconds to look at the end. */
const REST = 4000;

export const mount: Mount = (root) => {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const inks = legend(() => {});
  inks.node.hidden = true;
  const lanes = LANES.map((i) => ({
    map: plane(`Digits in the plane of a network that learns by ${objectiveOf(CHOSEN[i]).name}`, inks.colours),
    accuracy: html("b", {}, "–"),
  }));
  const steps = html("span", { "data-testid": "home-step" }, "0");
  const worker = new Worker(new URL("../train/worker.ts", import.meta.url), { type: "module" });
  const send = (order: Order) => worker.postMessage(order);
  let run = 0;
  let seen = false;
  let done = false;
  let again: ReturnType<typeof setTimeout> | undefined;

  function begin(): void {
    run++;
    done = false;
    send({ type: "reset", run, objectives: CHOSEN, backend: "wasm", rate: RATE, pace: still.matches ? Number.POSITIVE_INFINITY : PACE, running: seen });
  }
  function finish(): void {
    done = true;
    send({ type: "pause" });
    // a picture that stands still stays
    if (still.matches) return;
    again = setTimeout(() => {
      if (seen) begin();
    }, REST);
  }

  worker.addEventListener("message", ({ data }: MessageEvent<News>) => {
    if (data.type === "ready") for (const { map } of lanes) map.begin(data.classes, data.pixels);
    if (data.type === "failed") root.closest("section")?.remove();
    if (data.type !== "frame") return;
    send({ type: "seen" });
    if (data.run !== run) return;
    steps.textContent = String(data.step);
    data.lanes.forEach((lane, i) => {
      lanes[i]!.map.show(lane, data.step === 0);
      lanes[i]!.accuracy.textContent = (100 * lane.accuracy).toFixed(0);
    });
    if (data.step >= STEPS && !done) finish();
  });

  root.append(
    html("h2", {}, "Two losses, the same network"),
    html(
      "div",
      { class: "live-planes" },
      ...lanes.map(({ map, accuracy }, i) =>
        html(
          "div",
          { class: `train-lane lane-${i}` },
          map.node,
          html("p", { class: "train-numbers" }, html("span", {}, objectiveOf(CHOSEN[i]!).name), html("span", {}, accuracy, " % right")),
        ),
      ),
    ),
    html(
      "p",
      { class: "note" },
      "Handwritten digits that it never learns from, after ",
      steps,
      " steps. ",
      html("a", { href: `#/train?a=${CHOSEN[0]}&b=${CHOSEN[1]}` }, "Choose two losses and train"),
    ),
    inks.node,
  );
  begin();
  const observer = new IntersectionObserver(([entry]) => {
    seen = entry!.isIntersecting;
    if (seen && done && !still.matches) begin();
    else if (!done) send({ type: seen ? "start" : "pause" });
  });
  observer.observe(root);
  const endTheme = onTheme(() => {
    for (const { map } of lanes) map.redraw();
  });
  return () => {
    clearTimeout(again);
    observer.disconnect();
    worker.terminate();
    for (const { map } of lanes) map.end();
    endTheme();
    root.replaceChildren();
  };
};
