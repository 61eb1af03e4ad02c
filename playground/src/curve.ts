// The view that every loss has: formula, when to use it, and value and gradient against the prediction.

import { peersOf, settingsOf } from "./compare.js";
import { button, copyButton, select, slider } from "./controls.js";
import { html } from "./dom.js";
import { axisOf, evaluate, heightOf, program, short, starting, sweep } from "./evaluate.js";
import { formula } from "./formula.js";
import type { Control, Descriptor } from "./losses/descriptor.js";
import { type Chart, chart } from "./plots.js";

/** Heights of a plot: on a phone both of them and the reading are on the first screen. */
const HIGH = 260;
const LOW = 158;

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
  const low = matchMedia("(max-width: 40rem)");
  let settings = starting(descriptor);
  restore(settings, query, descriptor);
  let axis = axisOf(descriptor, settings);
  const asked = Number(query.get("x") ?? Number.NaN);
  let x = asked >= axis.min && asked <= axis.max ? asked : axis.value;
  const peers = peersOf(descriptor);
  const named = (name: string | null | undefined) => peers.find((peer) => peer.name === name);
  let second = query.has("with") ? named(query.get("with")) : named(descriptor.beside);

  const figures = { value: html("div", { class: "plot" }), gradient: html("div", { class: "plot" }) };
  const controls = html("div", { class: "controls" });
  const reading = { x: html("b"), value: html("b", { "data-testid": "value" }), gradient: html("b", { "data-testid": "gradient" }) };
  const where = html("span");
  const other = { name: html("b"), value: html("span", { "data-testid": "second-value" }), gradient: html("span", { "data-testid": "second-gradient" }) };
  const beside = html("span", { class: "second" }, other.name, " value ", other.value, ", gradient ", other.gradient);
  const code = html("code", { "data-testid": "code" });

  const charts: { value?: Chart; gradient?: Chart } = {};
  let peerSettings: Record<string, number> = {};

  /** The curves: what they show depends on all but x. */
  const draw = () => {
    peerSettings = second ? settingsOf(second, settings) : {};
    const points = sweep(descriptor, settings);
    const laid = second && sweep(second, peerSettings, axis);
    for (const column of ["value", "gradient"] as const) {
      const made = chart(points, {
        column,
        width: Math.max(240, figures[column].clientWidth || 400),
        height: low.matches ? LOW : HIGH,
        x: axis,
        y: heightOf(descriptor.heights[column], settings),
        perX: descriptor.perX ?? 1,
        second: laid,
      });
      charts[column] = made;
      figures[column].replaceChildren(made.node);
    }
    mark();
  };

  /** The marked point on them. */
  const mark = () => {
    const marked = evaluate(descriptor, x, settings);
    const peer = second && evaluate(second, x, peerSettings);
    beside.hidden = !peer;
    other.name.textContent = second?.name ?? "";
    where.textContent = axis.label;
    reading.x.textContent = short(x);
    for (const column of ["value", "gradient"] as const) {
      reading[column].textContent = short(marked[column]);
      reading[column].dataset.exact = String(marked[column]);
      other[column].textContent = peer ? short(peer[column]) : "";
      other[column].dataset.exact = String(peer?.[column]);
      const words = `${column} of ${descriptor.name} against ${axis.label}; at ${short(x)} it is ${short(marked[column])}`;
      charts[column]!.mark(marked, peer, peer ? `${words}, that of ${second!.name}, dashed, ${short(peer[column])}` : words);
    }
    // an address that nobody has changed stays short
    const kept: Record<string, string | number> = { ...settings, x };
    if (peers.length > 0 && second?.name !== descriptor.beside) kept.with = second?.name ?? "";
    if (code.textContent) remember(new URLSearchParams(Object.entries(kept).map(([name, value]) => [name, String(value)])).toString());
    code.textContent = program(descriptor, marked, settings);
  };

  const axisSlider = () =>
    control("x", axis, x, (value) => {
      x = value;
      mark();
    });
  const laidOver = () =>
    select({
      label: "compare with",
      options: [{ value: "", label: "no other" }, ...peers.map(({ name }) => ({ value: name, label: name }))],
      value: second?.name ?? "",
      onInput: (name) => {
        second = named(name);
        draw();
      },
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
          draw();
        }),
      ),
      ...(peers.length > 0 ? [laidOver()] : []),
      button("Reset", () => {
        settings = starting(descriptor);
        second = named(descriptor.beside);
        axis = axisOf(descriptor, settings);
        x = axis.value;
        fill();
        draw();
        controls.querySelector<HTMLElement>(".button")!.focus();
      }),
    );

  /** The pointer on a plot moves the slider: by keyboard one has the slider itself. */
  for (const column of ["value", "gradient"] as const) {
    const figure = figures[column];
    const move = (event: PointerEvent) => {
      if (event.buttons !== 1) return;
      const input = controls.querySelector("input")!;
      input.valueAsNumber = charts[column]!.toX(event.clientX - figure.getBoundingClientRect().left);
      input.dispatchEvent(new Event("input"));
    };
    figure.onpointermove = move;
    figure.onpointerdown = (event) => {
      event.preventDefault();
      figure.setPointerCapture(event.pointerId);
      move(event);
    };
  }

  const written = formula(descriptor.formula);
  root.append(
    html("p", { class: "use" }, descriptor.use),
    written.node,
    html(
      "section",
      { class: "panel curve", "aria-label": "Value and gradient" },
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
        " ",
        beside,
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
  draw();
  let width = figures.value.clientWidth;
  const observer = new ResizeObserver(() => {
    if (figures.value.clientWidth === width) return;
    width = figures.value.clientWidth;
    draw();
  });
  observer.observe(figures.value);
  low.addEventListener("change", draw);
  return () => {
    observer.disconnect();
    low.removeEventListener("change", draw);
    written.end();
  };
}
