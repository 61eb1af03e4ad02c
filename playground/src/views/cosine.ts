/**
 * Cosine embedding loss: two unit vectors to turn, the gradient at their tips, and the loss against the angle between them.
 *
 * For tests: `[data-testid=cosine-value]` (the loss), `[data-testid=cosine-cosine]` (the cosine), `[data-testid=cosine-input1]`, `-input2` (sliders: arrow
 * keys 1°, with Shift or Page keys 5°; `aria-valuenow` is the angle in degrees, 0 to 359; Home and End go there), a select "target" (1, -1), a slider "margin", a button "Reset".
 */
import * as Plot from "@observablehq/plot";
import { cosineEmbeddingLoss, cosineSimilarity } from "losskit";
import { button, select, slider } from "../controls.js";
import { html, picture, set, svg } from "../dom.js";
import type { Mount } from "../view.js";
import { arrow, call, draggable, fixed, GRIP, literal, pull, table } from "./draw.js";

const START = [25, 95];
const NAMES = ["input1", "input2"] as const;
const WIDTH = 360;
const HEIGHT = 320;
const RADIUS = 100;
const RADIANS = Math.PI / 180;
const HALF_TURN = Array.from({ length: 181 }, (_, degrees) => degrees);

const unit = (degrees: number): number[] => [Math.cos(degrees * RADIANS), Math.sin(degrees * RADIANS)];
const px = (x: number): number => WIDTH / 2 + x * RADIUS;
const py = (y: number): number => HEIGHT / 2 - y * RADIUS;

/** The loss at every whole angle from 0 to 180 degrees: one call. */
function curve(target: number, margin: number): Float64Array {
  const shape = [HALF_TURN.length, 2];
  const input1 = { data: Float64Array.from(HALF_TURN.flatMap(() => [1, 0])), shape };
  const input2 = { data: Float64Array.from(HALF_TURN.flatMap(unit)), shape };
  return cosineEmbeddingLoss(input1, input2, new Float64Array(HALF_TURN.length).fill(target), { margin, reduction: "none" });
}

export const mount: Mount = (root) => {
  let angles = [...START];
  let target = 1;
  let margin = 0;

  const vectors = NAMES.map(() => svg("path", { class: "vector" }));
  const pulls = NAMES.map(() => svg("path", { class: "pull" }));
  const between = svg("path", { class: "edge", "stroke-dasharray": "3 3" });
  const handles = NAMES.map((name, i) =>
    svg("g", { "data-testid": `cosine-${name}` }, svg("circle", { class: "grip", r: GRIP }), svg("text", {}, String(i + 1))),
  );
  const stage = svg(
    "svg",
    { class: "stage", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": "Two unit vectors, with the pull on each" },
    svg("circle", { class: "rule", cx: px(0), cy: py(0), r: RADIUS }),
    svg("circle", { cx: px(0), cy: py(0), r: 2.5 }),
    between,
    ...vectors,
    ...pulls,
    ...handles,
  );
  const value = html("b", { "data-testid": "cosine-value" });
  const cosine = html("span", { "data-testid": "cosine-cosine" });
  const apart = html("span");
  const numbers = table("Vector and pull (minus the gradient)", ["vector", "x", "y", "pull x", "pull y"], NAMES);
  const graph = html("div");
  const code = call();

  const announce = handles.map((handle, i) => {
    const to = (degrees: number) => {
      angles[i] = ((Math.round(degrees) % 360) + 360) % 360;
      update();
    };
    return draggable(handle, {
      label: `${NAMES[i]}, angle`,
      min: 0,
      max: 359,
      to: (x, y) => to(Math.atan2(HEIGHT / 2 - y, x - WIDTH / 2) / RADIANS),
      // Right and up turn counterclockwise, as an angle grows.
      by: (dx, dy) => to(Number.isFinite(dx) ? angles[i]! + dx + dy : dx < 0 ? 0 : 359),
      state: () => ({ now: angles[i]!, text: `${angles[i]} degrees; cosine ${cosine.textContent}; loss ${value.textContent}` }),
    });
  });

  function draw(angle: number, loss: number): void {
    const available = graph.clientWidth || 340;
    const lines = [1, -1].flatMap((sign) => Array.from(curve(sign, margin), (y, x) => ({ x, y, sign })));
    const plot = Plot.plot({
      width: Math.min(available, 480),
      height: 240,
      marginLeft: 36,
      marginBottom: 38,
      marginRight: 16,
      ariaLabel: `Loss against the angle between the vectors, for both targets. Now: target ${target}, ${fixed(angle, 0)} degrees, loss ${fixed(loss)}.`,
      style: { fontSize: "12px", background: "none", color: "var(--text)", overflow: "visible" },
      x: { domain: [0, 180], ticks: [0, 45, 90, 135, 180], label: "angle between, degrees", labelAnchor: "center", labelArrow: "none" },
      y: { domain: [0, 2], ticks: 4, label: "loss", grid: true },
      marks: [
        Plot.line(lines, {
          x: "x",
          y: "y",
          z: "sign",
          stroke: (d) => (d.sign === 1 ? "var(--value)" : "var(--third)"),
          strokeWidth: (d) => (d.sign === target ? 3 : 1.5),
        }),
        ...[1, -1].map((sign) => {
          const x = sign === 1 ? 125 : 30;
          const side = sign === 1 ? ({ textAnchor: "end", dx: -10 } as const) : ({ textAnchor: "start", dx: 10 } as const);
          return Plot.text([[x, curve(sign, margin)[x]!]], {
            ...side,
            dy: -8,
            text: [`target ${sign}`],
            fill: "var(--text)",
            stroke: "var(--panel)",
            strokeWidth: 4,
          });
        }),
        Plot.ruleX([angle], { stroke: "var(--muted)", strokeDasharray: "3 3" }),
        Plot.dot([[angle, loss]], { r: 6, fill: "var(--panel)", stroke: "var(--text)", strokeWidth: 2.5 }),
      ],
    });
    graph.replaceChildren(picture(plot));
  }

  function update(): void {
    const [first, second] = angles.map(unit) as [number[], number[]];
    const { value: loss, grad } = cosineEmbeddingLoss.valueAndGrad(first, second, target, { margin });
    const similarity = cosineSimilarity(first, second, { dim: 0 })[0]!;
    const turn = ((((angles[1]! - angles[0]!) % 360) + 540) % 360) - 180;

    value.textContent = fixed(loss, 4);
    cosine.textContent = fixed(similarity, 4);
    apart.textContent = `${Math.abs(turn)}°`;
    const down = NAMES.map((name) => Array.from(grad[name], (g) => -g));
    numbers.update([first, second].map((vector, i) => [...vector, ...down[i]!].map((x) => fixed(x, 3))));

    [first, second].forEach(([x, y], i) => {
      set(handles[i]!, { transform: `translate(${px(x!)} ${py(y!)})` });
      set(vectors[i]!, { d: arrow(px(0), py(0), px(x! * 0.87), py(y! * 0.87)) });
      const [gx, gy] = down[i] as [number, number];
      set(pulls[i]!, { d: pull(px(x!), py(y!), 0.5 * gx * RADIUS, -0.5 * gy * RADIUS) });
    });
    const [x1, y1, x2, y2] = [...first, ...second].map((x) => 0.3 * x) as [number, number, number, number];
    set(between, { d: `M${px(x1)} ${py(y1)}A${0.3 * RADIUS} ${0.3 * RADIUS} 0 0 ${turn > 0 ? 0 : 1} ${px(x2)} ${py(y2)}` });
    code.update("cosineEmbeddingLoss", [literal(first), literal(second), String(target), `{ margin: ${margin} }`]);
    draw(Math.abs(turn), loss);
    for (const say of announce) say();
  }

  root.append(
    html("p", { class: "note" }, "With target 1 the loss is 1 − cos, with target -1 it is max(0, cos − margin): what is different enough is left alone."),
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
        onInput: (sign) => {
          target = Number(sign);
          update();
        },
      }),
      slider({
        label: "margin",
        min: 0,
        max: 0.9,
        step: 0.05,
        value: margin,
        onInput: (x) => {
          margin = x;
          update();
        },
      }),
      button("Reset", () => {
        angles = [...START];
        update();
      }),
    ),
    html(
      "div",
      { class: "split" },
      html(
        "div",
        {},
        stage,
        html(
          "p",
          { class: "note" },
          "Arrows are half of minus the gradient. It has no part along its own vector: the length of a vector does not matter to the loss.",
        ),
      ),
      html(
        "div",
        {},
        html("p", { class: "reading" }, "loss ", value),
        html("p", { class: "reading" }, "cosine ", cosine, ", angle ", apart),
        graph,
        numbers.node,
        code.node,
      ),
    ),
  );
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (graph.clientWidth === width) return;
    width = graph.clientWidth;
    update();
  });
  observer.observe(graph);
  update();
  return () => {
    observer.disconnect();
    root.replaceChildren();
  };
};
