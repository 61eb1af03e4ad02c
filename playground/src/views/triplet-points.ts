import { pairwiseDistance, tripletMarginLoss, tripletRatioLoss } from "losskit";
import { html, set, svg } from "../dom.js";
import { call, clamp, draggable, fixed, GRIP, literal, pull, table } from "./draw.js";
import type { TripletOptions } from "./triplet.js";

const NAMES = ["anchor", "positive", "negative"] as const;
const START = [
  [-0.5, -0.3],
  [1.3, 0.6],
  [0.4, 0.9],
] as const;
const WIDTH = 360;
const HEIGHT = 288;
const UNIT = 72; // pixels
const EDGE = { x: WIDTH / UNIT / 2 - 0.2, y: HEIGHT / UNIT / 2 - 0.2 };
const KEY = 0.05;

const px = (x: number): number => WIDTH / 2 + x * UNIT;
const py = (y: number): number => HEIGHT / 2 - y * UNIT;

/** Three points in the plane: drag them, and see where the negative gradient pulls them. */
export function points(options: TripletOptions): { node: HTMLElement; update(): void; step(): void; reset(): void } {
  let at: number[][] = START.map((point) => [...point]);

  const ring = svg("circle", { class: "rule", "stroke-dasharray": "2 5", "stroke-width": 1.5 });
  const toPositive = svg("line", { class: "edge" });
  const toNegative = svg("line", { class: "edge", "stroke-dasharray": "6 4" });
  const swapped = svg("line", { class: "edge", "stroke-dasharray": "2 4" });
  const lengths = [0, 1].map(() => svg("text", { class: "halo" }));
  const pulls = NAMES.map(() => svg("path", { class: "pull" }));
  const handles = NAMES.map((name) => svg("g", { "data-testid": `triplet-${name}` }, svg("circle", { class: "grip", r: GRIP }), svg("text", {}, name[0]!)));
  const stage = svg(
    "svg",
    {
      class: "stage clipped",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "group",
      "aria-label": "Anchor, positive and negative in the plane, with the pull on each",
    },
    svg("rect", { class: "rule", x: 0.5, y: 0.5, width: WIDTH - 1, height: HEIGHT - 1, rx: 8 }),
    ring,
    toPositive,
    toNegative,
    swapped,
    ...lengths,
    ...pulls,
    ...handles,
  );
  const value = html("b", { "data-testid": "triplet-value" });
  const explained = html("span");
  const numbers = table("Position and pull (minus the gradient)", ["point", "x", "y", "pull x", "pull y"], NAMES);
  const status = html("p", { class: "unseen", role: "status" });
  const code = call();
  const node = html(
    "div",
    { class: "split" },
    stage,
    html("div", {}, html("p", { class: "reading" }, "loss ", value), html("p", { class: "reading" }, explained), numbers.node, code.node, status),
  );

  function loss() {
    const [anchor, positive, negative] = at as [number[], number[], number[]];
    const { swap, margin } = options;
    return options.loss === "margin"
      ? tripletMarginLoss.valueAndGrad(anchor, positive, negative, { margin, swap })
      : tripletRatioLoss.valueAndGrad(anchor, positive, negative, { swap });
  }

  function move(i: number, x: number, y: number): void {
    // Rounded, so that the call to copy is exactly what is shown.
    const round = (v: number) => Math.round(v * 1000) / 1000;
    at[i] = [round(clamp(x, -EDGE.x, EDGE.x)), round(clamp(y, -EDGE.y, EDGE.y))];
  }

  let text = "";
  const announce = handles.map((handle, i) =>
    draggable(handle, {
      label: NAMES[i]!,
      min: -EDGE.x,
      max: EDGE.x,
      to(x, y) {
        move(i, (x - WIDTH / 2) / UNIT, (HEIGHT / 2 - y) / UNIT);
        update();
      },
      by(dx, dy) {
        move(i, at[i]![0]! + dx * KEY, at[i]![1]! + dy * KEY);
        update();
      },
      state: () => ({ now: at[i]![0]!, text: `x ${fixed(at[i]![0]!, 2)}, y ${fixed(at[i]![1]!, 2)}; loss ${text}` }),
    }),
  );

  function update(): void {
    const result = loss();
    const down = NAMES.map((name) => Array.from(result.grad[name], (g) => -g));
    const [a, p, n] = at as [number[], number[], number[]];
    const near = pairwiseDistance(a, p)[0]!;
    const far = pairwiseDistance(a, n)[0]!;
    const other = pairwiseDistance(p, n)[0]!;
    const uses = options.swap && other < far;

    text = fixed(result.value, 4);
    value.textContent = text;
    explained.textContent = `δ+ ${fixed(near)}, δ− ${fixed(uses ? other : far)}${uses ? " (swapped: positive to negative)" : ""}`;
    numbers.update(at.map((point, i) => [...point, ...down[i]!].map((x) => fixed(x, 2))));

    const given = [options.loss === "margin" ? `margin: ${options.margin}` : "", options.swap ? "swap: true" : ""].filter(Boolean).join(", ");
    const name = options.loss === "margin" ? "tripletMarginLoss" : "tripletRatioLoss";
    code.update(name, [...at.map(literal), ...(given ? [`{ ${given} }`] : [])]);

    at.forEach(([x, y], i) => {
      set(handles[i]!, { transform: `translate(${px(x!)} ${py(y!)})` });
      const [gx, gy] = down[i] as [number, number];
      set(pulls[i]!, { d: pull(px(x!), py(y!), options.rate * gx * UNIT, -options.rate * gy * UNIT) });
    });
    const line = (element: SVGLineElement, from: number[], to: number[]) =>
      set(element, { x1: px(from[0]!), y1: py(from[1]!), x2: px(to[0]!), y2: py(to[1]!) });
    line(toPositive, a, p);
    line(toNegative, a, n);
    line(swapped, p, n);
    set(toNegative, { opacity: uses ? 0.3 : 1 });
    set(swapped, { visibility: uses ? "visible" : "hidden" });
    const label = (element: SVGTextElement, from: number[], to: number[], words: string) => {
      set(element, { x: px((from[0]! + to[0]!) / 2), y: py((from[1]! + to[1]!) / 2) });
      element.textContent = words;
    };
    label(lengths[0]!, a, p, "δ+");
    label(lengths[1]!, uses ? p : a, n, "δ−");
    // The margin loss is zero once the negative is outside this circle.
    set(ring, { cx: px(a[0]!), cy: py(a[1]!), r: (near + options.margin) * UNIT, visibility: options.loss === "margin" && !uses ? "visible" : "hidden" });
    for (const say of announce) say();
  }

  update();
  return {
    node,
    update,
    step() {
      const { grad } = loss();
      NAMES.forEach((name, i) => {
        move(i, at[i]![0]! - options.rate * grad[name][0]!, at[i]![1]! - options.rate * grad[name][1]!);
      });
      update();
      status.textContent = `After the step: loss ${text}`;
    },
    reset() {
      at = START.map((point) => [...point]);
      update();
      status.textContent = `As at the start: loss ${text}`;
    },
  };
}
