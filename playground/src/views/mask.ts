/**
 * Masks: a predicted disc over a target disc, pixel by pixel; Dice, Tversky and the binary cross entropy of the same pixels.
 *
 * For tests: `[data-testid=mask-disc]` (slider in two directions, arrow keys half a pixel), `[data-testid=mask-table]` (loss, value, largest pull of a pixel),
 * sliders "target radius", "prediction radius", "alpha (beta = 1 − alpha)", select "gradient of", button "Reset".
 */
import { bceLoss, diceLoss, tverskyLoss } from "losskit";
import { button, select, slider } from "../controls.js";
import { html, set, svg } from "../dom.js";
import type { Mount } from "../view.js";
import { clamp, draggable, fixed, ink, onTheme, table } from "./draw.js";

const CELLS = 24;
const SIDE = 336;
const CELL = SIDE / CELLS;
/** How fast a prediction falls at the rim, in pixels. */
const SOFT = 0.9;
const START = { x: 9.5, y: 13.5 };
const CENTRE = 13;
const NAMES = ["diceLoss", "tverskyLoss", "bceLoss"] as const;
type Name = (typeof NAMES)[number];

const shape = [1, 1, CELLS, CELLS];
const pixels = (of: (x: number, y: number) => number) =>
  Float64Array.from({ length: CELLS * CELLS }, (_, i) => of((i % CELLS) + 0.5, Math.floor(i / CELLS) + 0.5));

export const mount: Mount = (root) => {
  let { x, y } = START;
  let target = 5;
  let radius = 5;
  let alpha = 0.3;
  let chosen: Name = "diceLoss";

  const canvases = [0, 1].map(() => html("canvas", { width: CELLS, height: CELLS, "aria-hidden": "true" }));
  const outline = svg("circle", { class: "goal", cx: CENTRE * CELL, cy: CENTRE * CELL, fill: "none" });
  const outlines = [outline, outline.cloneNode() as SVGCircleElement];
  const handle = svg("g", { "data-testid": "mask-disc" }, svg("circle", { class: "grip", r: 11 }));
  const stages = [0, 1].map((i) =>
    svg(
      "svg",
      {
        class: "stage clipped",
        viewBox: `0 0 ${SIDE} ${SIDE}`,
        role: i ? "img" : "group",
        "aria-label": i ? "Pull on each pixel's prediction" : "Prediction of each pixel, over the outline of the target",
      },
      svg("rect", { class: "rule", x: 0.5, y: 0.5, width: SIDE - 1, height: SIDE - 1 }),
      outlines[i]!,
      ...(i ? [] : [handle]),
    ),
  );
  const numbers = table("The same pixels", ["loss", "value", "largest pull"], NAMES);
  numbers.node.dataset.testid = "mask-table";
  const lesson = html("p", { class: "note" });

  const say = draggable(handle, {
    label: "predicted disc",
    min: 0,
    max: CELLS,
    to: (px, py) => move(px / CELL, py / CELL),
    by: (dx, dy) => move(x + dx / 2, y - dy / 2),
    state: () => ({ now: x, text: `x ${fixed(x, 1)}, y ${fixed(y, 1)}` }),
  });

  function move(toX: number, toY: number): void {
    [x, y] = [clamp(Math.round(toX * 10) / 10, 0, CELLS), clamp(Math.round(toY * 10) / 10, 0, CELLS)];
    update();
  }

  function paint(canvas: HTMLCanvasElement, values: Float64Array, largest: number, up: string, down: string): void {
    const [more, less] = [ink(root, up), ink(root, down)];
    const image = new ImageData(CELLS, CELLS);
    values.forEach((v, i) => {
      image.data.set([...(v > 0 ? more : less), 255 * Math.min(1, Math.abs(v) / largest)], 4 * i);
    });
    canvas.getContext("2d")!.putImageData(image, 0, 0);
  }

  function update(): void {
    // the prediction of a model whose logit is the distance from the rim
    const predicted = pixels((px, py) => 1 / (1 + Math.exp((Math.hypot(px - x, py - y) - radius) / SOFT)));
    const truth = pixels((px, py) => (Math.hypot(px - CENTRE, py - CENTRE) <= target ? 1 : 0));
    const input = { data: predicted, shape };
    const wanted = { data: truth, shape };
    const results = {
      diceLoss: diceLoss.valueAndGrad(input, wanted),
      tverskyLoss: tverskyLoss.valueAndGrad(input, wanted, { alpha, beta: 1 - alpha }),
      bceLoss: bceLoss.valueAndGrad(input, wanted),
    };
    const largest = (name: Name) => results[name].grad.input.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    numbers.update(NAMES.map((name) => [fixed(results[name].value, 4), largest(name).toPrecision(3)]));
    const { grad } = results[chosen];
    paint(canvases[0]!, predicted, 1, "--value", "--value");
    paint(
      canvases[1]!,
      grad.input.map((g) => -g),
      largest(chosen) || 1,
      "--third",
      "--gradient",
    );
    for (const circle of outlines) set(circle, { r: target * CELL });
    set(handle, { transform: `translate(${x * CELL} ${y * CELL})` });
    const part = truth.reduce((sum, t) => sum + t, 0) / truth.length;
    lesson.textContent = `The target covers ${(100 * part).toFixed(1)} % of the pixels. Make it small and move the prediction off it: the cross entropy, a mean over all pixels, hardly rises, the overlap is lost.`;
    say();
  }

  const stack = (title: string, i: number) => html("div", {}, html("p", { class: "title" }, title), html("div", { class: "pixels" }, canvases[i]!, stages[i]!));
  const tune = (label: string, value: number, min: number, max: number, step: number, onInput: (value: number) => void) =>
    slider({
      label,
      min,
      max,
      step,
      value,
      onInput(to) {
        onInput(to);
        update();
      },
    });
  root.append(
    html("p", { class: "note" }, "Drag the blue disc, the prediction, onto the target, the dashed circle."),
    html(
      "div",
      { class: "controls" },
      tune("target radius", target, 1, 9, 0.5, (to) => {
        target = to;
      }),
      tune("prediction radius", radius, 1, 9, 0.5, (to) => {
        radius = to;
      }),
      tune("alpha (beta = 1 − alpha)", alpha, 0.1, 0.9, 0.1, (to) => {
        alpha = to;
      }),
      select({
        label: "gradient of",
        options: NAMES.map((value) => ({ value, label: value })),
        value: chosen,
        onInput(name) {
          chosen = name as Name;
          update();
        },
      }),
      button("Reset", () => move(START.x, START.y)),
    ),
    html(
      "div",
      { class: "trio" },
      stack("prediction p, over the target", 0),
      stack("minus the gradient: green up, orange down", 1),
      html("div", {}, numbers.node, lesson),
    ),
  );
  update();
  const noTheme = onTheme(update);
  return () => {
    noTheme();
    root.replaceChildren();
  };
};
