/**
 * Training in the page: a worker trains two small networks on handwritten digits, step by step beside each other, all losses and gradients by losskit.
 *
 * For tests: `[data-testid=train-start]` (button: start, resume; "start again" after the last step), `[data-testid=train-stop]` (button: pause, disabled
 * while nothing runs), `[data-testid=train-step]` (number of steps done), `[data-testid=train-loss-0]` and `-1` (loss, mean of the last ten steps),
 * `[data-testid=train-accuracy-0]` and `-1` (percent of the held-out digits), `[data-testid=train-backend]`, `[data-testid=train-speed]` (steps per second).
 */
import { backend as info } from "losskit";
import { button, select, slider } from "../controls.js";
import { html } from "../dom.js";
import { curves, type Point, type Run } from "../train/curves.js";
import { legend } from "../train/legend.js";
import { objectiveOf, objectives } from "../train/objectives.js";
import { plane } from "../train/plane.js";
import { type Backend, type Frame, LANES, MAX_STEPS, type News, type Order, WINDOW } from "../train/protocol.js";
import type { Mount } from "../view.js";
import { onTheme } from "./draw.js";
import "../train/train.css";
import "./motion.css";

/** Steps per second. */
const PACES = [
  { value: "10", label: "10 a second" },
  { value: "100", label: "100 a second" },
  { value: "full", label: "as fast as it goes" },
];
const BACKENDS = [
  { value: "wasm", label: "losskit/wasm" },
  { value: "js", label: "losskit/js" },
];
const RATE = { min: 0.001, max: 0.03, step: 0.001 };
const NETWORK =
  "Each network is 64 pixels → 48 → 2 → 24 → 10 scores, or 64 → 48 → 2 where the loss judges the points themselves. Both learn from the same 1397 digits, 64 a step, from the same weights; " +
  "the planes show where their two middle numbers put 400 others that they never learn from, and tint the regions where they decide for a class. Point at a numeral to see the picture. " +
  "Between the backends only the loss differs, a small part of a step: the race shows it alone. Data: Alpaydin and Kaynak, UCI Machine Learning Repository, 1998.";
const EARLIER = 4;
/** Milliseconds between two words to a screen reader, and between two drawings of the curves. */
const SAY = 1000;
const DRAW = 160;
const CURVE = 148;

/** One of a list, or what there is otherwise. */
const among = (value: string | null | undefined, options: readonly { value: string }[], otherwise: string) =>
  options.some((option) => option.value === value) ? value! : otherwise;

export const mount: Mount = (root, address) => {
  const losses = objectives.map(({ id, name }) => ({ value: id, label: name }));
  const asked = address?.query;
  const chosen: [string, string] = [among(asked?.get("a"), losses, "crossEntropy"), among(asked?.get("b"), losses, "mse")];
  let backend = among(asked?.get("backend"), BACKENDS, info().name) as Backend; // JavaScript where WebAssembly is refused
  const wanted = Number(asked?.get("rate") ?? Number.NaN);
  let rate = wanted >= RATE.min && wanted <= RATE.max ? wanted : 0.01;
  let pace = among(asked?.get("pace"), PACES, "100");
  let run = 0;
  let running = false;
  let failed = false;
  let step = 0;
  let lossCurves: Point[][] = [[], []];
  let accuracies: Point[][] = [[], []];
  let names: string[] = [];
  const earlier: Run[] = [];
  /** Time and step of the frames of about the last second: the speed. */
  let recent: { time: number; step: number }[] = [];

  const number = (id: string) => html("span", { "data-testid": id }, "–");
  const shown = { step: number("train-step"), speed: number("train-speed") };
  const backendText = html("small", { "data-testid": "train-backend" }, "");
  const trouble = html("p", { class: "note", role: "alert", hidden: "" });
  const status = html("p", { class: "unseen", role: "status" });
  const digits = legend((digit) => {
    for (const { map } of lanes) map.only(digit);
  });
  const lanes = LANES.map((i) => ({
    map: plane(`Held-out digits in the plane of the ${i ? "second" : "first"} network`, digits.colours),
    loss: number(`train-loss-${i}`),
    accuracy: number(`train-accuracy-${i}`),
    by: html("span"),
    code: html("code"),
    note: html("p", { class: "note" }),
  }));
  const charts = curves(CURVE);

  const worker = new Worker(new URL("../train/worker.ts", import.meta.url), { type: "module" });
  const send = (order: Order) => worker.postMessage(order);
  const stepsPerSecond = () => (pace === "full" ? Number.POSITIVE_INFINITY : Number(pace));

  let said = 0;
  let saying = 0;
  /** Polite, and at most once a second: the newest words win. */
  function say(): void {
    clearTimeout(saying);
    saying = window.setTimeout(
      () => {
        said = performance.now();
        if (step === 0) return;
        const words = lanes.map(({ loss, accuracy }, i) => `${names[i]}: loss ${loss.textContent}, ${accuracy.textContent} percent right`).join("; ");
        status.textContent = running ? `Step ${step}: ${words}.` : `Stopped at step ${step}: ${words}.`;
      },
      Math.max(0, said + SAY - performance.now()),
    );
  }

  // Who wants less motion sees a still picture a second.
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let drawn = 0;
  function draw(frame: Frame): void {
    shown.step.textContent = String(frame.step);
    const [first, last] = [recent[0], recent.at(-1)];
    shown.speed.textContent =
      running && first && last && last.time > first.time ? String(Math.round(((last.step - first.step) * 1000) / (last.time - first.time))) : "–";
    const now = performance.now();
    const due = !running || frame.step === 0 || now - drawn > (still.matches ? SAY : DRAW);
    frame.lanes.forEach((lane, i) => {
      lanes[i]!.accuracy.textContent = (lane.accuracy * 100).toFixed(1);
      lanes[i]!.loss.textContent = lossCurves[i]!.at(-1)?.value.toPrecision(3) ?? "–";
      if (due || !still.matches) lanes[i]!.map.show(lane, frame.step === 0);
    });
    if (!due) return;
    drawn = now;
    charts.show(lossCurves, accuracies, earlier);
  }

  function buttons(): void {
    const focused = document.activeElement;
    start.textContent = step >= MAX_STEPS ? "start again" : step > 0 ? "resume" : "start";
    start.disabled = running || failed;
    stop.disabled = !running;
    // The keyboard stays where it was: on the button that can be pressed now.
    if (focused === start && start.disabled && running) stop.focus();
    if (focused === stop && stop.disabled) start.focus();
  }

  /** Into the grey: the newest run of a name takes the place of the one before. */
  function keep(): void {
    accuracies.forEach((points, i) => {
      if (points.length < 2) return;
      const name = names[i]!;
      const same = earlier.findIndex((run) => run.name === name);
      if (same >= 0) earlier.splice(same, 1);
      earlier.push({ name, accuracies: points });
    });
    earlier.splice(0, Math.max(0, earlier.length - EARLIER));
  }

  function remember(): void {
    address?.remember(new URLSearchParams({ a: chosen[0], b: chosen[1], rate: String(rate), pace, backend }).toString());
  }

  function reset(): void {
    keep();
    run++;
    step = 0;
    lossCurves = [[], []];
    accuracies = [[], []];
    recent = [];
    failed = false;
    trouble.hidden = true;
    names = chosen.map((id) => `${objectiveOf(id).name}, rate ${rate}${backend === "js" ? ", JavaScript" : ""}`);
    lanes.forEach(({ code, note, by }, i) => {
      const objective = objectiveOf(chosen[i]!);
      code.textContent = objective.code;
      note.textContent = objective.note;
      by.textContent = objective.kind === "classes" ? "% right" : "% by 5 neighbours";
    });
    send({ type: "reset", run, objectives: chosen, backend, rate, pace: stepsPerSecond(), running });
    buttons();
  }

  function go(on: boolean): void {
    if (on && step >= MAX_STEPS) reset();
    running = on;
    recent = [];
    send({ type: on ? "start" : "pause" });
    buttons();
    say();
  }

  const obey: { [K in News["type"]]: (news: Extract<News, { type: K }>) => void } = {
    ready({ classes, pixels }) {
      for (const { map } of lanes) map.begin(classes, pixels);
    },
    backend: ({ text }) => {
      backendText.textContent = text;
    },
    failed({ text }) {
      running = false;
      failed = true;
      backendText.textContent = "";
      trouble.textContent = `This does not run here: ${text}`;
      trouble.hidden = false;
      buttons();
    },
    frame(frame) {
      // A frame that was on its way when the page said pause shows where it stopped, but does not start it again.
      step = frame.step;
      frame.lanes.forEach((lane, i) => {
        for (const value of lane.losses) lossCurves[i]!.push({ step: 1 + WINDOW * lossCurves[i]!.length, value });
        accuracies[i]!.push({ step, value: lane.accuracy * 100 });
      });
      const now = performance.now();
      recent = [...recent.filter(({ time }) => now - time < 1500), { time: now, step }];
      if (running && !frame.running && step >= MAX_STEPS) running = false;
      buttons();
      draw(frame);
      say();
    },
  };
  worker.addEventListener("message", ({ data }: MessageEvent<News>) => {
    if (data.type === "frame") send({ type: "seen" });
    if (data.type !== "ready" && data.run !== run) return;
    (obey[data.type] as (news: News) => void)(data);
  });
  worker.addEventListener("error", (event) => obey.failed({ type: "failed", run, text: event.message || "the worker did not start" }));

  const start = button("start", () => go(true));
  const stop = button("pause", () => go(false));
  start.dataset.testid = "train-start";
  stop.dataset.testid = "train-stop";

  const again = (change: () => void) => {
    change();
    remember();
    reset();
  };
  const tune = (change: () => void) => {
    change();
    remember();
    send({ type: "tune", rate, pace: stepsPerSecond() });
  };
  root.append(
    html(
      "div",
      { class: "controls train-controls" },
      html("div", { class: "train-go" }, start, stop),
      html("p", { class: "train-steps" }, "step ", shown.step, html("small", {}, ` of ${MAX_STEPS}, `, shown.speed, " a second")),
      select({ label: "steps", options: PACES, value: pace, onInput: (value) => tune(() => (pace = value)) }),
      slider({ label: "learning rate", ...RATE, value: rate, onInput: (value) => tune(() => (rate = value)) }),
      select({ label: "backend", options: BACKENDS, value: backend, onInput: (name) => again(() => (backend = name as Backend)) }),
    ),
    trouble,
    html(
      "div",
      { class: "train-view" },
      ...lanes.map(({ map, loss, accuracy, by }, i) =>
        html(
          "div",
          { class: `train-lane lane-${i}` },
          select({
            label: i ? "second loss" : "first loss",
            options: losses,
            value: chosen[i]!,
            onInput: (id) => again(() => (chosen[i] = id)),
          }),
          map.node,
          html("p", { class: "train-numbers" }, html("span", {}, "loss ", html("b", {}, loss)), html("span", {}, html("b", {}, accuracy), " ", by)),
        ),
      ),
      html("div", { class: "train-charts" }, charts.node),
      digits.node,
    ),
    html(
      "div",
      { class: "split" },
      ...lanes.map(({ code, note }, i) =>
        html("div", {}, html("pre", { class: "code", tabindex: 0, role: "region", "aria-label": i ? "The second call" : "The first call" }, code), note),
      ),
    ),
    html("p", { class: "note" }, NETWORK, " ", backendText),
    status,
  );
  reset();

  const endTheme = onTheme(() => {
    for (const { map } of lanes) map.redraw();
  });
  return () => {
    worker.terminate();
    clearTimeout(saying);
    for (const { map } of lanes) map.end();
    endTheme();
    root.replaceChildren();
  };
};
