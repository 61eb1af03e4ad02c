// The view that every loss has: formula, when to use it, and value and gradient against the prediction.

import katex from "katex";
import "katex/dist/katex.min.css";
import { button, copyButton, select, slider } from "./controls.js";
import { html } from "./dom.js";
import { axisOf, evaluate, heightOf, program, short, starting, sweep } from "./evaluate.js";
import type { Control, Descriptor } from "./losses/descriptor.js";
import { chart } from "./plots.js";

function control(name: string, { label, ...rest }: Control, value: number, onInput: (value: number) => void): HTMLElement {
  const element =
    "options" in rest
      ? select({
          label,
          options: rest.options.map(({ value, label }) => ({ value: String(value), label })),
          value: String(value),
          onInput: (text) => onInput(Number(text)),
        })
      : slider({ ...rest, label, value, onInput });
  element.dataset.setting = name;
  return element;
}

/** Settings from the address: `#/huberLoss?delta=2&x=1`. What is not a number is left out. */
function restore(settings: Record<string, number>, query: URLSearchParams, { controls }: Descriptor): void {
  for (const name of Object.keys(settings)) {
    const value = Number(query.get(name) ?? Number.NaN);
    const own = controls[name]!;
    const allowed = "options" in own ? own.options.some((option) => option.value === value) : value >= own.min && value <= own.max;
    if (allowed) settings[name] = value;
  }
}

/** The picture of a loss. `remember` keeps the settings in the address. */
export function curve(root: HTMLElement, descriptor: Descriptor, query: URLSearchParams, remember: (query: string) => void): () => void {
  let settings = starting(descriptor);
  restore(settings, query, descriptor);
  let axis = axisOf(descriptor, settings);
  const asked = Number(query.get("x") ?? Number.NaN);
  let x = asked >= axis.min && asked <= axis.max ? asked : axis.value;

  const figures = { value: html("div", { class: "plot" }), gradient: html("div", { class: "plot" }) };
  const controls = html("div", { class: "controls" });
  const reading = { x: html("b"), value: html("b", { "data-testid": "value" }), gradient: html("b", { "data-testid": "gradient" }) };
  const where = html("span");
  const code = html("code", { "data-testid": "code" });

  const update = () => {
    const marked = evaluate(descriptor, x, settings);
    const points = sweep(descriptor, settings);
    where.textContent = axis.label;
    reading.x.textContent = short(x);
    for (const column of ["value", "gradient"] as const) {
      reading[column].textContent = short(marked[column]);
      reading[column].dataset.exact = String(marked[column]);
      const { node, toX } = chart(points, {
        column,
        label: `${column} of ${descriptor.name} against ${axis.label}; at ${short(x)} it is ${short(marked[column])}`,
        width: Math.max(240, figures[column].clientWidth || 400),
        x: axis,
        y: heightOf(descriptor.heights[column], settings),
        marked,
        perX: descriptor.perX ?? 1,
      });
      figures[column].replaceChildren(node);
      follow(figures[column], toX);
    }
    // an address that nobody has changed stays short
    if (code.textContent) remember(new URLSearchParams(Object.entries({ ...settings, x }).map(([name, value]) => [name, String(value)])).toString());
    code.textContent = program(descriptor, marked, settings);
  };

  const axisSlider = () =>
    control("x", axis, x, (value) => {
      x = value;
      update();
    });
  const fill = () =>
    controls.replaceChildren(
      axisSlider(),
      ...Object.entries(descriptor.controls).map(([name, own]) =>
        control(name, own, settings[name]!, (value) => {
          settings[name] = value;
          const before = axis;
          axis = axisOf(descriptor, settings);
          if (axis.label !== before.label) {
            x = axis.value;
            controls.firstElementChild!.replaceWith(axisSlider());
          }
          update();
        }),
      ),
      button("Reset", () => {
        settings = starting(descriptor);
        axis = axisOf(descriptor, settings);
        x = axis.value;
        fill();
        update();
        controls.querySelector<HTMLElement>(".button")!.focus();
      }),
    );

  /** The pointer on a plot moves the slider: by keyboard one has the slider itself. */
  const follow = (figure: HTMLElement, toX: (pixel: number) => number) => {
    const move = (event: PointerEvent) => {
      if (event.buttons !== 1) return;
      const input = controls.querySelector("input")!;
      const plot = figure.firstElementChild!.getBoundingClientRect();
      input.valueAsNumber = toX(event.clientX - plot.left);
      input.dispatchEvent(new Event("input"));
    };
    figure.onpointermove = move;
    figure.onpointerdown = (event) => {
      event.preventDefault();
      figure.setPointerCapture(event.pointerId);
      move(event);
    };
  };

  const formula = html("div", { class: "formula", tabindex: "0", role: "group", "aria-label": "Formula" });
  katex.render(descriptor.formula, formula, { displayMode: true });

  root.append(
    html("p", { class: "use" }, descriptor.use),
    formula,
    html(
      "section",
      { class: "panel", "aria-label": "Value and gradient" },
      controls,
      html(
        "div",
        { class: "figures" },
        html("figure", { class: "figure" }, html("figcaption", { class: "value" }, "Value"), figures.value),
        html("figure", { class: "figure" }, html("figcaption", { class: "gradient" }, "Gradient"), figures.gradient),
      ),
      html(
        "p",
        { class: "result", role: "status" },
        html("span", {}, where, " ", reading.x),
        " ",
        html("span", { class: "value" }, "value ", reading.value),
        " ",
        html("span", { class: "gradient" }, "gradient ", reading.gradient),
      ),
      ...(descriptor.note ? [html("p", { class: "note" }, descriptor.note)] : []),
    ),
    html(
      "section",
      { class: "listing", "aria-label": "Code" },
      html("pre", { class: "code", tabindex: "0", role: "group", "aria-label": "The call that computes the marked point" }, code),
      copyButton(() => code.textContent),
    ),
  );
  fill();
  update();
  let width = figures.value.clientWidth;
  const observer = new ResizeObserver(() => {
    if (figures.value.clientWidth === width) return;
    width = figures.value.clientWidth;
    update();
  });
  observer.observe(figures.value);
  return () => observer.disconnect();
}
