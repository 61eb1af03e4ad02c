// 3: L2, L1, Huber and smooth L1 as a line fit with an outlier; soft-shrink beside them.
// For tests: `outlier-mse`, `outlier-l1`, `outlier-huber` (slopes), `outlier-handle-0` … `-2` (the outlier in each panel: x is fixed, `aria-valuenow` is y),
// `outlier-smooth` (smooth L1 of the third line), `outlier-shrunk`, slider "delta".

import { huberLoss, l1Loss, mseLoss, smoothL1Loss, softshrink } from "losskit";
import { slider } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { clamp, draggable, fixed, GRIP } from "../../views/draw.js";
import { chart, columns, columnWidth, steps } from "../chart.js";
import { type Fit, fit, type Gradient } from "../fit.js";
import { readout, say } from "../readout.js";
import { caption, code, loss, maths, p, type Section, strong } from "../section.js";

/** About y = 1 + 0.6 x, and the last but one, which is dragged. */
const X = Float64Array.of(0.5, 1.2, 2, 2.8, 3.6, 4.5, 5.3, 6.1, 7, 7.8, 8.6, 9.4);
const Y = Float64Array.of(1.5, 1.5, 2.4, 2.5, 3.3, 3.5, 4.4, 4.5, 5.4, 5.5, 1, 6.8);
const OUTLIER = 10;
const [LOWEST, HIGHEST] = [0, 11];
const CENTRE = X.reduce((sum, x) => sum + x, 0) / X.length;
/** The ends of a shrinking curve, in units of x. */
const REACH = 3;

export const outlier: Section = {
  id: "outlier",
  short: "L2, L1, Huber",
  claim: "Squares listen to the outlier, absolute values outvote it, Huber does both",
  height: [542, 1414],
  lead: () => [
    p(
      "One data set, one straight line, three losses. Drag the ringed point up and down in any of the pictures. The ",
      html("span", { class: "gradient" }, "orange bars"),
      " are the gradients: how hard each point pulls at the line.",
    ),
  ],
  figure(root) {
    const y = Float64Array.from(Y);
    let delta = 0.5;
    const kinds: { id: string; name: string; colour: string; gradient: Gradient; scale: number }[] = [
      { id: "mse", name: "mseLoss (L2)", colour: "one", scale: 0.3, gradient: (x, t) => mseLoss.valueAndGrad(x, t, { reduction: "sum" }).grad.input },
      { id: "l1", name: "l1Loss", colour: "two", scale: 0.8, gradient: (x, t) => l1Loss.valueAndGrad(x, t, { reduction: "sum" }).grad.input },
      {
        id: "huber",
        name: "huberLoss",
        colour: "three",
        scale: 0.8,
        gradient: (x, t) => huberLoss.valueAndGrad(x, t, { delta, reduction: "sum" }).grad.input,
      },
    ];
    const width = columnWidth(root, 3, 240);
    const fits: Fit[] = [];

    const panels = kinds.map(({ id, name, colour }, k) => {
      const picture = chart({
        width,
        height: width < 420 ? 210 : 240,
        x: { from: 0, to: 10, ticks: [0, 2, 4, 6, 8, 10], label: "" },
        y: { from: LOWEST, to: HIGHEST, ticks: [0, 5, 10], label: "" },
        label: `A line fitted to twelve points by ${name}`,
        handles: true,
        left: 24,
      });
      const line = picture.line(colour);
      const bars = Array.from(X, () => picture.inner.appendChild(svg("path", { class: "bar" })));
      const dots = Array.from(X, (x, i) =>
        i === OUTLIER ? undefined : picture.over.appendChild(svg("circle", { class: "dot", r: 3.5, cx: picture.x(x), cy: picture.y(y[i]!) })),
      );
      const handle = picture.over.appendChild(
        svg(
          "g",
          { "data-testid": `outlier-handle-${k}` },
          svg("circle", { class: "reach", r: 22 }),
          svg("circle", { class: "grip", r: GRIP - 4 }),
          svg("circle", { class: "dot", r: 3.5 }),
        ),
      );
      set(handle, { "aria-orientation": "vertical" });
      const slope = html("b", { "data-testid": `outlier-${id}` });
      const announce = draggable(handle, {
        label: `outlier, ${name}`,
        min: LOWEST,
        max: HIGHEST,
        to: (_, at) => to(picture.toY(at)),
        by: (dx, dy) => to(y[OUTLIER]! + 0.25 * (dx + dy)),
        state: () => ({ now: y[OUTLIER]!, text: `${fixed(y[OUTLIER]!, 2)}; slope ${slope.textContent}` }),
      });
      const node = html("div", {}, caption(html("span", { class: colour }, name), " slope ", slope), picture.node);
      return { picture, line, bars, dots, handle, slope, announce, node };
    });

    const width2 = columnWidth(root, 2);
    const shrink = chart({
      width: width2,
      height: 210,
      x: { from: -REACH, to: REACH, ticks: [-3, -2, -1, 0, 1, 2, 3], label: "x" },
      y: { from: -REACH, to: REACH, ticks: [-2, 0, 2], label: "" },
      label: "",
      left: 28,
    });
    const same = shrink.line("faint");
    const pulled = shrink.line("orange");
    const shrunk = shrink.line("three");
    set(same, { d: shrink.path([[-REACH, -REACH] as const, [REACH, REACH] as const]) });
    const smooth = html("b", { "data-testid": "outlier-smooth" });
    const huber = html("b", { "data-testid": "outlier-hubervalue" });
    const at2 = readout([
      { id: "outlier-gradient", name: "Huber gradient at x = 2", colour: "gradient" },
      { id: "outlier-shrunk", name: "softshrink(2)", colour: "three" },
    ]);

    function to(value: number): void {
      y[OUTLIER] = clamp(Math.round(value * 100) / 100, LOWEST + 0.5, HIGHEST - 0.5);
      update();
    }

    function update(): void {
      kinds.forEach(({ gradient, scale }, k) => {
        const { picture, line, bars, handle, slope, announce } = panels[k]!;
        const found = fit(X, y, gradient, fits[k]);
        fits[k] = found;
        const height = (x: number) => found.level + found.slope * (x - CENTRE);
        set(line, { d: picture.path([[0, height(0)] as const, [10, height(10)] as const]) });
        bars.forEach((bar, i) => {
          // from the line towards the point: minus the gradient
          const from = height(X[i]!);
          set(bar, { d: picture.path([[X[i]!, from] as const, [X[i]!, from - scale * found.pulls[i]!] as const]) });
        });
        set(handle, { transform: `translate(${picture.x(X[OUTLIER]!)} ${picture.y(y[OUTLIER]!)})` });
        say(slope, found.slope);
        picture.describe(`A line fitted to twelve points; its slope is ${fixed(found.slope, 2)}`);
        announce();
      });
      const found = fits[2]!;
      const predictions = X.map((x) => found.level + found.slope * (x - CENTRE));
      say(huber, huberLoss(predictions, y, { delta }));
      say(smooth, smoothL1Loss(predictions, y, { beta: delta }));
    }

    function shrinking(): void {
      const grid = Float64Array.from(steps(-REACH, REACH, 120));
      const zero = new Float64Array(grid.length);
      const { grad } = huberLoss.valueAndGrad(grid, zero, { delta, reduction: "sum" });
      const out = softshrink(grid, { lambda: delta });
      set(pulled, { d: shrink.path(Array.from(grid, (x, i) => [x, grad.input[i]!] as const)) });
      set(shrunk, { d: shrink.path(Array.from(grid, (x, i) => [x, out[i]!] as const)) });
      const gradient = huberLoss.valueAndGrad([2], [0], { delta, reduction: "sum" }).grad.input[0]!;
      const result = softshrink([2], { lambda: delta })[0]!;
      at2.update([gradient, result]);
      shrink.describe(`Soft-shrink with lambda ${delta}, the gradient of the Huber loss, and the diagonal; at 2: ${fixed(result)} and ${fixed(gradient)}`);
    }

    const control = slider({
      label: "delta",
      min: 0.1,
      max: 3,
      step: 0.1,
      value: delta,
      onInput(value) {
        delta = value;
        update();
        shrinking();
      },
    });
    root.append(
      columns(240, ...panels.map(({ node }) => node)),
      html(
        "div",
        { class: "under" },
        html("div", { class: "controls" }, control),
        html("p", { class: "reading" }, "third line: huberLoss ", huber, ", smoothL1Loss ", smooth),
      ),
      columns(
        288,
        html(
          "div",
          {},
          caption(html("span", { class: "three" }, "soft-shrink"), " = x − ", html("span", { class: "gradient" }, "gradient of Huber")),
          shrink.node,
        ),
        html(
          "div",
          {},
          html(
            "p",
            {},
            strong("Soft-shrink beside them."),
            " What remains of x when a step along the Huber gradient is taken off: small values become exactly 0, large ones come nearer by delta. It cleans noise from signals, and is what an L1 penalty does to a weight.",
          ),
          at2.node,
        ),
      ),
    );
    update();
    shrinking();
    return () => {};
  },
  after: () => [
    maths("L2 = d²", "L1 = |d|", "Huber = ½ d² where |d| < δ, else δ (|d| − ½ δ)", "smooth L1 = Huber / δ"),
    p(
      "L2’s pull grows with the error, so one wrong measurement can outweigh the rest. L1 pulls with the same force everywhere: a line through the middle of the points. Huber is L2 near the line and L1 far away; ",
      code("delta"),
      " says where far begins. Smooth L1 is the same loss divided by delta, hence the same line. (",
      loss("mseLoss"),
      ", ",
      loss("l1Loss"),
      ", ",
      loss("huberLoss"),
      ", ",
      loss("smoothL1Loss"),
      ")",
    ),
  ],
};
