/**
 * Training in the page: a worker trains a small network on handwritten digits, all losses and gradients by losskit.
 *
 * For tests: `[data-testid=train-start]` (button: start, resume; "start again" after the last step), `[data-testid=train-stop]` (button: pause, disabled
 * while nothing runs), `[data-testid=train-step]` (number of steps done), `[data-testid=train-loss]` (loss, mean of the last ten steps),
 * `[data-testid=train-accuracy]` (percent of the held-out digits), `[data-testid=train-backend]`, `[data-testid=train-speed]` (steps per second).
 */
import { backend as info } from "losskit";
import { button, select, slider } from "../controls.js";
import { html } from "../dom.js";
import { curves, type Point } from "../train/curves.js";
import { objectiveOf, objectives } from "../train/objectives.js";
import { plane } from "../train/plane.js";
import { type Backend, type Frame, MAX_STEPS, type News, type Order, WINDOW } from "../train/protocol.js";
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
const NETWORK =
  "The network is 64 pixels → 48 → 2 → 10 scores, or without the last step where the loss judges the points themselves. It learns from 1397 digits, 64 a step; " +
  "the plane shows where its two middle numbers put 400 others that it never learns from, and tints the regions where it decides for a class. Point at a numeral to see the picture. " +
  "Every start has the same weights and the same batches; between the backends only the loss differs, a small part of a step: the race shows it alone. Data: Alpaydin and Kaynak, UCI Machine Learning Repository, 1998.";
const EARLIER = 3;
/** Milliseconds between two words to a screen reader, and between two drawings of the curves. */
const SAY = 1000;
const DRAW = 160;

export const mount: Mount = (root) => {
  let objective = "crossEntropy";
  let backend: Backend = info().name; // JavaScript where WebAssembly is refused
  let rate = 0.01;
  let pace = "100";
  let run = 0;
  let running = false;
  let failed = false;
  let step = 0;
  let losses: Point[] = [];
  let accuracies: Point[] = [];
  const earlier: Point[][] = [];
  /** Time and step of the frames of about the last second: the speed. */
  let recent: { time: number; step: number }[] = [];

  const number = (id: string) => html("span", { "data-testid": id }, "–");
  const shown = { step: number("train-step"), loss: number("train-loss"), accuracy: number("train-accuracy"), speed: number("train-speed") };
  const backendText = html("small", { "data-testid": "train-backend" }, "");
  const accuracyName = html("dt");
  const code = html("code");
  const note = html("p", { class: "note" });
  const trouble = html("p", { class: "note", role: "alert", hidden: "" });
  const status = html("p", { class: "unseen", role: "status" });
  const map = plane();
  const charts = curves();

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
        const words = `${shown.loss.textContent} loss, ${shown.accuracy.textContent} percent right`;
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
    shown.accuracy.textContent = (frame.accuracy * 100).toFixed(1);
    shown.loss.textContent = losses.at(-1)?.value.toPrecision(3) ?? "–";
    const [first, last] = [recent[0], recent.at(-1)];
    shown.speed.textContent =
      running && first && last && last.time > first.time ? String(Math.round(((last.step - first.step) * 1000) / (last.time - first.time))) : "–";
    const now = performance.now();
    const due = !running || frame.step === 0 || now - drawn > (still.matches ? SAY : DRAW);
    if (due || !still.matches) map.show(frame.points, frame.head, frame.step === 0);
    if (!due) return;
    drawn = now;
    charts.show(losses, accuracies, earlier);
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

  function reset(): void {
    if (accuracies.length > 1) earlier.push(accuracies);
    if (earlier.length > EARLIER) earlier.shift();
    run++;
    step = 0;
    losses = [];
    accuracies = [];
    recent = [];
    failed = false;
    trouble.hidden = true;
    const chosen = objectiveOf(objective);
    code.textContent = chosen.code;
    note.textContent = chosen.note;
    accuracyName.textContent = chosen.kind === "classes" ? "accuracy, held out" : "by 5 neighbours, held out";
    send({ type: "reset", run, objective, backend, rate, pace: stepsPerSecond() });
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
    ready: ({ classes, pixels }) => map.begin(classes, pixels),
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
      for (const value of frame.losses) losses.push({ step: 1 + WINDOW * losses.length, value });
      accuracies.push({ step, value: frame.accuracy * 100 });
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
    reset();
  };
  const tune = (change: () => void) => {
    change();
    send({ type: "tune", rate, pace: stepsPerSecond() });
  };
  const cell = (name: string | HTMLElement, ...content: (Node | string)[]) =>
    html("div", {}, typeof name === "string" ? html("dt", {}, name) : name, html("dd", {}, ...content));
  const small = (text: string) => html("small", {}, text);
  root.append(
    html(
      "div",
      { class: "controls choice" },
      select({ label: "loss", options: objectives.map(({ id, name }) => ({ value: id, label: name })), onInput: (id) => again(() => (objective = id)) }),
      select({ label: "backend", options: BACKENDS, value: backend, onInput: (name) => again(() => (backend = name as Backend)) }),
      select({ label: "steps", options: PACES, value: pace, onInput: (value) => tune(() => (pace = value)) }),
      slider({ label: "learning rate", min: 0.001, max: 0.03, step: 0.001, value: rate, onInput: (value) => tune(() => (rate = value)) }),
    ),
    html("div", { class: "go" }, start, stop),
    trouble,
    html(
      "div",
      { class: "train-view" },
      map.node,
      html(
        "div",
        {},
        html(
          "dl",
          { class: "train-numbers" },
          cell("step", shown.step, " ", small(`of ${MAX_STEPS}`)),
          cell("loss", shown.loss),
          cell(accuracyName, shown.accuracy, " ", small("%")),
          cell("steps per second", shown.speed, " ", backendText),
        ),
        charts.node,
      ),
    ),
    html("pre", { class: "code", tabindex: 0, role: "region", "aria-label": "The call" }, code),
    note,
    html("p", { class: "note" }, NETWORK),
    status,
  );
  reset();

  const endTheme = onTheme(map.redraw);
  return () => {
    worker.terminate();
    clearTimeout(saying);
    map.end();
    endTheme();
    root.replaceChildren();
  };
};
