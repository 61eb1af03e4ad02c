/**
 * Contrastive loss: two points to drag, the circle of the margin, and the loss against the distance.
 *
 * For tests: `[data-testid=contrastive-value]`, `[data-testid=contrastive-input1]`, `-input2` (sliders in two directions: arrow keys 0.05, with Shift or
 * Page keys 0.25; `aria-valuetext` has x and y), select "target", sliders "margin" and "step size", buttons "Step", "Play", "Reset".
 */
import * as Plot from "@observablehq/plot";
import { contrastiveLoss, pairwiseDistance } from "losskit";
import { button, select, slider } from "../controls.js";
import { html, picture, set, svg } from "../dom.js";
import type { Mount } from "../view.js";
import { call, clamp, draggable, fixed, GRIP, literal, pull, table } from "./draw.js";
import { player } from "./play.js";

const NAMES = ["input1", "input2"] as const;
const START = [
  [-0.4, -0.15],
  [0.35, 0.3],
];
const WIDTH = 440;
const HEIGHT = 340;
const UNIT = 100;
const EDGE = { x: WIDTH / 2 / UNIT - 0.2, y: HEIGHT / 2 / UNIT - 0.2 };
const KEY = 0.05;
const FAR = 2.5;
/** Less than this and nothing moves any more. */
const REST = 1e-3;

const px = (x: number) => WIDTH / 2 + x * UNIT;
const py = (y: number) => HEIGHT / 2 - y * UNIT;
const distances = Float64Array.from({ length: 126 }, (_, i) => (i * FAR) / 125);

/** The losses of pairs this far apart. */
function curve(target: number, margin: number): Float64Array {
  const shape = [distances.length, 1];
  return contrastiveLoss({ data: new Float64Array(distances.length), shape }, { data: distances, shape }, new Array(distances.length).fill(target), {
    margin,
    reduction: "none",
  });
}

export const mount: Mount = (root) => {
  let at = START.map((point) => [...point]);
  let target = -1;
  let margin = 1.2;
  let rate = 0.1;

  const ring = svg("circle", { class: "rule ring", "stroke-dasharray": "3 5", "stroke-width": 1.5 });
  const edge = svg("line", { class: "edge", "stroke-dasharray": "6 4" });
  const length = svg("text", { class: "halo" });
  const pulls = NAMES.map(() => svg("path", { class: "pull" }));
  const handles = NAMES.map((name, i) =>
    svg("g", { "data-testid": `contrastive-${name}` }, svg("circle", { class: "grip", r: GRIP }), svg("text", {}, String(i + 1))),
  );
  const stage = svg(
    "svg",
    { class: "stage clipped", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": "Two points in the plane, with the pull on each" },
    svg("rect", { class: "rule", x: 0.5, y: 0.5, width: WIDTH - 1, height: HEIGHT - 1, rx: 8 }),
    ring,
    edge,
    length,
    ...pulls,
    ...handles,
  );
  const value = html("b", { "data-testid": "contrastive-value" });
  const apart = html("span");
  const graph = html("div");
  const numbers = table("Position and pull (minus the gradient)", ["point", "x", "y", "pull x", "pull y"], NAMES);
  const code = call();

  const loss = () => contrastiveLoss.valueAndGrad(at[0]!, at[1]!, target, { margin });

  function move(i: number, x: number, y: number): void {
    // rounded, so that the call to copy is exactly what is shown
    const round = (v: number) => Math.round(v * 1000) / 1000;
    at[i] = [round(clamp(x, -EDGE.x, EDGE.x)), round(clamp(y, -EDGE.y, EDGE.y))];
  }

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
      state: () => ({ now: at[i]![0]!, text: `x ${fixed(at[i]![0]!, 2)}, y ${fixed(at[i]![1]!, 2)}; loss ${value.textContent}` }),
    }),
  );

  function draw(distance: number, now: number): void {
    const lines = [1, -1].flatMap((sign) => Array.from(curve(sign, margin), (y, i) => ({ x: distances[i]!, y, sign })));
    const plot = Plot.plot({
      width: Math.min(graph.clientWidth || 340, 480),
      height: 200,
      marginLeft: 36,
      marginBottom: 38,
      marginRight: 16,
      style: { fontSize: "12px", background: "none", color: "var(--text)", overflow: "visible" },
      x: { domain: [0, FAR], ticks: 5, label: "distance", labelAnchor: "center", labelArrow: "none" },
      y: { domain: [0, 4], ticks: 4, label: "loss", grid: true },
      marks: [
        Plot.line(lines, {
          x: "x",
          y: "y",
          z: "sign",
          clip: true,
          stroke: (d) => (d.sign === 1 ? "var(--value)" : "var(--third)"),
          strokeWidth: (d) => (d.sign === target ? 3 : 1.25),
        }),
        Plot.ruleX([margin], { stroke: "var(--muted)", strokeDasharray: "3 5" }),
        Plot.text([[margin, 3.7]], { text: ["margin"], textAnchor: "start", dx: 5, fill: "var(--muted)" }),
        Plot.dot([[distance, now]], { r: 6, fill: "var(--panel)", stroke: "var(--text)", strokeWidth: 2.5, clip: true }),
      ],
    });
    picture(plot).setAttribute(
      "aria-label",
      `Loss against the distance for both targets. Now: target ${target}, distance ${fixed(distance)}, loss ${fixed(now)}.`,
    );
    graph.replaceChildren(plot);
  }

  function update(): void {
    const { value: now, grad } = loss();
    const [a, b] = at as [number[], number[]];
    const distance = pairwiseDistance(a, b)[0]!;
    value.textContent = fixed(now, 4);
    apart.textContent = fixed(distance);
    const down = NAMES.map((name) => Array.from(grad[name], (g) => -g));
    numbers.update(at.map((point, i) => [...point, ...down[i]!].map((x) => fixed(x, 2))));
    at.forEach(([x, y], i) => {
      set(handles[i]!, { transform: `translate(${px(x!)} ${py(y!)})` });
      const [gx, gy] = down[i] as [number, number];
      set(pulls[i]!, { d: pull(px(x!), py(y!), 0.3 * gx * UNIT, -0.3 * gy * UNIT) });
    });
    set(edge, { x1: px(a[0]!), y1: py(a[1]!), x2: px(b[0]!), y2: py(b[1]!) });
    set(length, { x: px((a[0]! + b[0]!) / 2), y: py((a[1]! + b[1]!) / 2) });
    length.textContent = `d = ${fixed(distance, 2)}`;
    set(ring, { cx: px(a[0]!), cy: py(a[1]!), r: margin * UNIT, visibility: target === -1 ? "visible" : "hidden" });
    code.update("contrastiveLoss", [literal(a), literal(b), String(target), `{ margin: ${margin} }`]);
    draw(distance, now);
    for (const say of announce) say();
  }

  function step(size: number): boolean {
    const { grad } = loss();
    NAMES.forEach((name, i) => {
      move(i, at[i]![0]! - size * grad[name][0]!, at[i]![1]! - size * grad[name][1]!);
    });
    update();
    return Math.hypot(grad.input1[0]!, grad.input1[1]!) * size > REST;
  }
  const play = player(() => step(rate / 6));

  root.append(
    html(
      "p",
      { class: "note" },
      "Alike pairs pull each other with twice their distance. Others push each other away only while the second point is inside the dotted circle, the harder the deeper it is. Arrows are 0.3 times minus the gradient.",
    ),
    html(
      "div",
      { class: "controls" },
      select({
        label: "target",
        options: [
          { value: "1", label: "1: alike" },
          { value: "-1", label: "-1: different" },
        ],
        value: String(target),
        onInput(sign) {
          target = Number(sign);
          update();
        },
      }),
      slider({
        label: "margin",
        min: 0.1,
        max: 2,
        step: 0.05,
        value: margin,
        onInput(x) {
          margin = x;
          update();
        },
      }),
      slider({
        label: "step size",
        min: 0.05,
        max: 0.25,
        step: 0.05,
        value: rate,
        onInput(x) {
          rate = x;
        },
      }),
      button("Step", () => step(rate)),
      play.node,
      button("Reset", () => {
        play.pause();
        at = START.map((point) => [...point]);
        update();
      }),
    ),
    html(
      "div",
      { class: "split" },
      html("div", {}, stage, numbers.node),
      html("div", {}, html("p", { class: "reading" }, "loss ", value), html("p", { class: "reading" }, "distance ", apart), graph, code.node),
    ),
  );
  update();
  return () => {
    play.pause();
    root.replaceChildren();
  };
};
