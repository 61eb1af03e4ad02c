// 2: reductions. Five points, and what none, mean and sum make of their five losses.
// For tests: `reduction-point-0` … `-4` (handles), `reduction-mean`, `reduction-sum`, `reduction-table` (d, none, gradients), slider "copies of the batch".

import { mseLoss } from "losskit";
import { slider } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { clamp, draggable, fixed, GRIP, table } from "../../views/draw.js";
import { chart, columns, columnWidth } from "../chart.js";
import { readout } from "../readout.js";
import { code, listing, maths, p, type Section } from "../section.js";

const TARGETS = [1, 2.5, 2, 3.5, 3];
const START = [1.5, 1.5, 2.2, 3, 4.5];
const HIGHEST = 5;
const KEY = 0.1;

export const reductions: Section = {
  id: "reductions",
  short: "Reductions",
  claim: "A batch has many losses; the reduction makes one number of them, and sets the size of the gradient",
  height: [371, 701],
  lead: () => [
    p(
      "Five predictions (dots, to drag) and their targets (dashes). Each has its own squared error: its square. ",
      code("none"),
      " gives all five, ",
      code("mean"),
      " and ",
      code("sum"),
      " one number.",
    ),
  ],
  figure(root) {
    const inputs = [...START];
    let copies = 1;
    const width = columnWidth(root, 2);
    const picture = chart({
      width,
      height: 280,
      x: { from: 0.4, to: 5.6, ticks: [1, 2, 3, 4, 5], label: "sample" },
      y: { from: 0, to: HIGHEST, ticks: [0, 1, 2, 3, 4, 5], label: "" },
      label: "Five predictions to drag up and down, with their targets and squared errors",
      handles: true,
      left: 26,
    });
    const unit = Math.abs(picture.y(1) - picture.y(0));
    const squares = TARGETS.map(() => picture.inner.appendChild(svg("rect", { class: "square" })));
    TARGETS.forEach((target, i) => {
      picture.over.append(svg("line", { class: "target", x1: picture.x(i + 1) - 18, x2: picture.x(i + 1) + 18, y1: picture.y(target), y2: picture.y(target) }));
    });
    const handles = TARGETS.map((_, i) =>
      picture.over.appendChild(
        svg("g", { "data-testid": `reduction-point-${i}` }, svg("circle", { class: "reach", r: 18 }), svg("circle", { class: "grip", r: GRIP - 4 })),
      ),
    );
    const numbers = readout([
      { id: "reduction-sum", name: "sum", digits: 3 },
      { id: "reduction-mean", name: "mean", digits: 3 },
      { id: "reduction-scale", name: "gradient of sum is larger by", digits: 0 },
    ]);
    const rows = table(
      "none: the first five losses; the gradients by each prediction",
      ["sample", "x − t", "none", "∂ sum", "∂ mean"],
      TARGETS.map((_, i) => String(i + 1)),
    );
    rows.node.dataset.testid = "reduction-table";

    const announce = handles.map((handle, i) => {
      const to = (y: number) => {
        inputs[i] = clamp(Math.round(y * 100) / 100, 0, HIGHEST);
        update();
      };
      set(handle, { "aria-orientation": "vertical" });
      return draggable(handle, {
        label: `prediction ${i + 1}`,
        min: 0,
        max: HIGHEST,
        to: (_, y) => to(picture.toY(y)),
        by: (dx, dy) => to(inputs[i]! + KEY * (dx + dy)),
        state: () => ({ now: inputs[i]!, text: `${fixed(inputs[i]!, 2)}; target ${TARGETS[i]}` }),
      });
    });

    function update(): void {
      const repeat = (values: readonly number[]) => Array.from({ length: copies }, () => values).flat();
      const [input, target] = [repeat(inputs), repeat(TARGETS)];
      const none = mseLoss(input, target, { reduction: "none" });
      const sum = mseLoss.valueAndGrad(input, target, { reduction: "sum" });
      const mean = mseLoss.valueAndGrad(input, target);
      numbers.update([sum.value, mean.value, input.length]);
      rows.update(inputs.map((x, i) => [x - TARGETS[i]!, none[i]!, sum.grad.input[i]!, mean.grad.input[i]!].map((n) => fixed(n))));
      inputs.forEach((x, i) => {
        const side = Math.abs(x - TARGETS[i]!) * unit;
        set(handles[i]!, { transform: `translate(${picture.x(i + 1)} ${picture.y(x)})` });
        set(squares[i]!, { x: picture.x(i + 1) - (i < 3 ? 0 : side), y: picture.y(Math.max(x, TARGETS[i]!)), width: side, height: side });
      });
      for (const say of announce) say();
    }

    const repeat = slider({
      label: "copies of the batch",
      min: 1,
      max: 20,
      step: 1,
      value: copies,
      onInput(value) {
        copies = value;
        update();
      },
    });
    root.append(columns(288, html("div", {}, picture.node), html("div", {}, numbers.node, html("div", { class: "controls" }, repeat), rows.node)));
    update();
    return () => {};
  },
  after: () => [
    maths("sum = ℓ₁ + … + ℓₙ", "mean = (ℓ₁ + … + ℓₙ) / n"),
    p(
      "Feed the same five points twenty times: the mean stays, and so does the step that training takes, for each copy has a twentieth of its share; the sum grows twentyfold, and with it the step. That is why the mean is the default, and why ",
      code("sum"),
      " needs a smaller learning rate. Keep ",
      code("none"),
      " to look at single samples, or to weight them yourself.",
    ),
    listing('mseLoss(x, t)                        // mean\nmseLoss(x, t, { reduction: "sum" })\nmseLoss(x, t, { reduction: "none" }) // one loss a sample'),
  ],
};
