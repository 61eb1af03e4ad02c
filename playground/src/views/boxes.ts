/**
 * Boxes: two of them to drag by the middle and by a corner, and the three losses of their overlap.
 *
 * For tests: `[data-testid=boxes-input]`, `-target` (the boxes: sliders in two directions, arrow keys 0.1), `[data-testid=boxes-input-corner]`,
 * `-target-corner` (their lower right corners), `[data-testid=boxes-table]` (loss, value, gradient by x1 y1 x2 y2), select "arrows of", buttons "Step", "Play", "Reset".
 */
import { completeBoxIouLoss, distanceBoxIouLoss, generalizedBoxIouLoss } from "losskit";
import { button, select } from "../controls.js";
import { html, set, svg } from "../dom.js";
import type { Mount } from "../view.js";
import { call, clamp, draggable, fixed, literal, pull, table } from "./draw.js";
import { player } from "./play.js";

const LOSSES = { generalizedBoxIouLoss, distanceBoxIouLoss, completeBoxIouLoss };
type Name = keyof typeof LOSSES;
const ORDER = Object.keys(LOSSES) as Name[];
const BOXES = ["input", "target"] as const;
const START = [
  [0.6, 0.6, 2.4, 2.2],
  [3.2, 1.8, 5.4, 4.4],
];
const WIDTH = 440;
const HEIGHT = 360;
const UNIT = 64;
const LIMIT = { x: WIDTH / UNIT, y: HEIGHT / UNIT };
const KEY = 0.1;
const SMALLEST = 0.4;
/** Of an arrow: pixels for a gradient of 1. */
const ARROW = 320;
const RATE = 0.08;

export const mount: Mount = (root) => {
  let boxes = START.map((box) => [...box]);
  let chosen: Name = "generalizedBoxIouLoss";

  const shapes = BOXES.map((name) => svg("rect", { class: `box ${name}`, rx: 2 }));
  const around = svg("rect", { class: "edge", "stroke-dasharray": "3 4" });
  const shared = svg("rect", { class: "shared" });
  const pulls = [0, 1].map(() => svg("path", { class: "pull" }));
  const middles = BOXES.map((name) =>
    svg("g", { "data-testid": `boxes-${name}` }, svg("rect", { class: "grip", x: -30, y: -13, width: 60, height: 26, rx: 13 }), svg("text", {}, name)),
  );
  const corners = BOXES.map((name) => svg("g", { "data-testid": `boxes-${name}-corner` }, svg("circle", { class: "grip", r: 9 })));
  const stage = svg(
    "svg",
    { class: "stage clipped", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": "Two boxes, with the pull on two corners of the first" },
    svg("rect", { class: "rule", x: 0.5, y: 0.5, width: WIDTH - 1, height: HEIGHT - 1, rx: 8 }),
    around,
    ...shapes,
    shared,
    ...pulls,
    ...corners,
    ...middles,
  );
  const numbers = table(
    "Value, and gradient by each coordinate of the input",
    ["loss", "value", "x1", "y1", "x2", "y2"],
    ORDER.map((name) => name.replace("BoxIouLoss", "")),
  );
  numbers.node.dataset.testid = "boxes-table";
  const code = call();

  const evaluate = (name: Name) => LOSSES[name].valueAndGrad(boxes[0]!, boxes[1]!);
  const round = (x: number) => Math.round(x * 1000) / 1000;

  /** The whole box, kept on the stage. */
  function place(i: number, x: number, y: number): void {
    const [x1, y1, x2, y2] = boxes[i] as [number, number, number, number];
    const [w, h] = [x2 - x1, y2 - y1];
    const [left, top] = [round(clamp(x, 0, LIMIT.x - w)), round(clamp(y, 0, LIMIT.y - h))];
    boxes[i] = [left, top, round(left + w), round(top + h)];
    update();
  }
  function stretch(i: number, x: number, y: number): void {
    const [x1, y1] = boxes[i] as [number, number];
    boxes[i] = [x1, y1, round(clamp(x, x1 + SMALLEST, LIMIT.x)), round(clamp(y, y1 + SMALLEST, LIMIT.y))];
    update();
  }
  const words = (i: number) => boxes[i]!.map((x) => fixed(x, 2)).join(", ");
  const announce = BOXES.flatMap((name, i) => [
    draggable(middles[i]!, {
      label: `${name}, the whole box`,
      min: 0,
      max: LIMIT.x,
      to(x, y) {
        const [x1, y1, x2, y2] = boxes[i] as [number, number, number, number];
        place(i, x / UNIT - (x2 - x1) / 2, y / UNIT - (y2 - y1) / 2);
      },
      // up is a smaller y: pictures count from above
      by: (dx, dy) => place(i, boxes[i]![0]! + dx * KEY, boxes[i]![1]! - dy * KEY),
      state: () => ({ now: boxes[i]![0]!, text: `box ${words(i)}` }),
    }),
    draggable(corners[i]!, {
      label: `${name}, its lower right corner`,
      min: 0,
      max: LIMIT.x,
      to: (x, y) => stretch(i, x / UNIT, y / UNIT),
      by: (dx, dy) => stretch(i, boxes[i]![2]! + dx * KEY, boxes[i]![3]! - dy * KEY),
      state: () => ({ now: boxes[i]![2]!, text: `box ${words(i)}` }),
    }),
  ]);

  function rectangle(element: SVGRectElement, x1: number, y1: number, x2: number, y2: number): void {
    set(element, { x: x1 * UNIT, y: y1 * UNIT, width: Math.max(0, x2 - x1) * UNIT, height: Math.max(0, y2 - y1) * UNIT });
  }

  function update(): void {
    const results = ORDER.map(evaluate);
    numbers.update(results.map(({ value, grad }) => [fixed(value, 4), ...Array.from(grad.input, (g) => fixed(g, 2))]));
    const [a, b] = boxes as [number[], number[]];
    boxes.forEach((box, i) => {
      const [x1, y1, x2, y2] = box as [number, number, number, number];
      rectangle(shapes[i]!, x1, y1, x2, y2);
      set(middles[i]!, { transform: `translate(${((x1 + x2) / 2) * UNIT} ${((y1 + y2) / 2) * UNIT})` });
      set(corners[i]!, { transform: `translate(${x2 * UNIT} ${y2 * UNIT})` });
    });
    const least = (i: number) => Math.min(a[i]!, b[i]!);
    const most = (i: number) => Math.max(a[i]!, b[i]!);
    rectangle(around, least(0), least(1), most(2), most(3));
    rectangle(shared, most(0), most(1), least(2), least(3));
    const { input } = results[ORDER.indexOf(chosen)]!.grad;
    [0, 2].forEach((from, i) => {
      set(pulls[i]!, { d: pull(a[from]! * UNIT, a[from + 1]! * UNIT, -ARROW * input[from]!, -ARROW * input[from + 1]!) });
    });
    code.update(chosen, [literal(a), literal(b)]);
    for (const say of announce) say();
  }

  function step(size: number): boolean {
    const { input } = evaluate(chosen).grad;
    const [x1, y1, x2, y2] = boxes[0]!.map((x, i) => x - size * input[i]!) as [number, number, number, number];
    const [left, top] = [clamp(x1, 0, LIMIT.x - SMALLEST), clamp(y1, 0, LIMIT.y - SMALLEST)];
    boxes[0] = [left, top, clamp(x2, left + SMALLEST, LIMIT.x), clamp(y2, top + SMALLEST, LIMIT.y)];
    update();
    return evaluate(chosen).value > 0.02;
  }
  const play = player(() => step(RATE));

  root.append(
    html(
      "p",
      { class: "note" },
      "Drag a box by its name, or its lower right corner. Dashed: the smallest box around both. Two boxes that do not meet share no area, and still all three losses pull: the arrows at two corners are minus the gradient. Play lets the box follow them.",
    ),
    html(
      "div",
      { class: "controls" },
      select({
        label: "arrows of",
        options: ORDER.map((value) => ({ value, label: value })),
        value: chosen,
        onInput(name) {
          chosen = name as Name;
          update();
        },
      }),
      button("Step", () => step(4 * RATE)),
      play.node,
      button("Reset", () => {
        play.pause();
        boxes = START.map((box) => [...box]);
        update();
      }),
    ),
    html("div", { class: "split" }, stage, html("div", {}, numbers.node, code.node)),
  );
  update();
  return () => {
    play.pause();
    root.replaceChildren();
  };
};
