// 6: binary cross entropy with logits and without, at the ends where the naive one breaks. All in float32, as in training.
// For tests: `binary-handle` (`aria-valuenow`: the logit), `binary-naive`, `binary-bce`, `binary-logits` (values), `binary-naive-gradient`, `binary-bce-gradient`,
// `binary-logits-gradient`; select "target".

import { bceLoss, bceWithLogitsLoss } from "losskit";
import { select } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { clamp, draggable, fixed, GRIP } from "../../views/draw.js";
import { chart, columns, columnWidth, steps } from "../chart.js";
import { readout } from "../readout.js";
import { caption, code, listing, loss, maths, p, type Section } from "../section.js";

const REACH = 120;
const GRID = Float32Array.from(steps(-REACH, REACH, 960));
const { fround } = Math;

/** Of many logits at once. */
interface Curve {
  readonly value: Float32Array;
  /** By the logit. */
  readonly gradient: Float32Array;
}

const sigmoid = (x: number) => fround(1 / fround(1 + fround(Math.exp(fround(-x)))));
/** Of the sigmoid, from its value. */
const slope = (probability: number) => fround(probability * fround(1 - probability));

/** As one would write it, each step rounded to float32. */
function naive(logits: Float32Array, target: number): Curve {
  const probabilities = logits.map(sigmoid);
  return {
    value: probabilities.map((p) => -Math.log(target ? p : fround(1 - p))),
    // by the probability, then through the sigmoid
    gradient: probabilities.map((p) => fround(fround(p - target) / slope(p)) * slope(p)),
  };
}

const all = (logits: Float32Array, target: number) => new Float32Array(logits.length).fill(target);

function clamped(logits: Float32Array, target: number): Curve {
  const probabilities = logits.map(sigmoid);
  const { value, grad } = bceLoss.valueAndGrad(probabilities, all(logits, target), { reduction: "none" });
  return { value, gradient: grad.input.map((g, i) => g * slope(probabilities[i]!)) };
}

function fromLogit(logits: Float32Array, target: number): Curve {
  const { value, grad } = bceWithLogitsLoss.valueAndGrad(logits, all(logits, target), { reduction: "none" });
  return { value, gradient: grad.input };
}

const KINDS = [
  { id: "naive", name: "by hand", colour: "gradient", of: naive },
  { id: "bce", name: "bceLoss", colour: "two", of: clamped },
  { id: "logits", name: "bceWithLogitsLoss", colour: "one", of: fromLogit },
] as const;

export const binary: Section = {
  id: "binary",
  short: "BCE",
  claim: "At the ends the sigmoid rounds to 0 or 1: take the loss of the logit, before it",
  height: [419, 885],
  lead: () => [
    p(
      "A yes or no question, and a model that is sure and wrong. Drag the logit to the right, beyond 17: in float32 the sigmoid becomes exactly 1, its logarithm infinite, and the gradient nothing at all.",
    ),
  ],
  figure(root) {
    let logit = 8;
    let target = 0;
    const width = columnWidth(root, 2);
    const axis = { from: -REACH, to: REACH, ticks: [-100, -50, 0, 50, 100], label: "logit" };
    const values = chart({
      width,
      height: 250,
      x: axis,
      y: { from: 0, to: 125, ticks: [0, 25, 50, 75, 100], label: "" },
      label: "Three binary cross entropies against the logit, which is dragged",
      handles: true,
      left: 34,
    });
    const gradients = chart({
      width,
      height: 250,
      x: axis,
      y: { from: -1.15, to: 1.15, ticks: [-1, -0.5, 0, 0.5, 1], label: "" },
      label: "",
      left: 34,
    });
    const order = [1, 0, 2];
    const lines = [values, gradients].map((chart) => {
      const drawn = KINDS.map(({ colour }) => chart.line(colour === "gradient" ? "orange" : colour));
      for (const i of order) chart.inner.append(drawn[i]!);
      return drawn;
    });
    set(lines[0]![2]!, { "stroke-width": 4 });
    const rule = gradients.over.appendChild(svg("line", { class: "edge", "stroke-dasharray": "2 4" }));
    const handle = values.over.appendChild(
      svg("g", { "data-testid": "binary-handle" }, svg("circle", { class: "reach", r: 22 }), svg("circle", { class: "grip", r: GRIP - 3 })),
    );
    const named = KINDS.map(({ colour, name }) => ({ colour, name }));
    const numbers = readout(KINDS.map(({ id }, i) => ({ id: `binary-${id}`, ...named[i]! })));
    const slopes = readout(KINDS.map(({ id }, i) => ({ id: `binary-${id}-gradient`, ...named[i]! })));

    const to = (x: number) => {
      logit = clamp(Math.round(x), -REACH, REACH);
      update();
    };
    const announce = draggable(handle, {
      label: "logit",
      min: -REACH,
      max: REACH,
      to: (x) => to(values.toX(x)),
      by: (dx, dy) => to(logit + dx + dy),
      state() {
        const [, bce, logits] = at();
        return { now: logit, text: `${logit}; bceLoss ${fixed(bce!.value)}, bceWithLogitsLoss ${fixed(logits!.value)}` };
      },
    });

    /** The curves: of the target alone. */
    function draw(): void {
      KINDS.forEach(({ of }, i) => {
        const { value, gradient } = of(GRID, target);
        // what is infinite runs out of the picture
        set(lines[0]![i]!, { d: values.path(Array.from(GRID, (x, j) => [x, Math.min(value[j]!, 1000)] as const)) });
        set(lines[1]![i]!, { d: gradients.path(Array.from(GRID, (x, j) => [x, gradient[j]!] as const)) });
      });
      update();
    }

    /** Where the handle is. */
    function at(): { value: number; gradient: number }[] {
      return KINDS.map(({ of }) => {
        const { value, gradient } = of(Float32Array.of(logit), target);
        return { value: value[0]!, gradient: gradient[0]! };
      });
    }

    function update(): void {
      const now = at();
      numbers.update(now.map(({ value }) => value));
      slopes.update(now.map(({ gradient }) => gradient));
      set(handle, { transform: `translate(${values.x(logit)} ${values.y(now[2]!.value)})` });
      set(rule, { x1: gradients.x(logit), x2: gradients.x(logit), y1: gradients.y(-1.15), y2: gradients.y(1.15) });
      gradients.describe(`Gradients by the logit: at ${logit} ${KINDS.map(({ name }, i) => `${name} ${fixed(now[i]!.gradient)}`).join(", ")}`);
      announce();
    }

    root.append(
      html(
        "div",
        { class: "controls" },
        select({
          label: "target",
          options: [
            { value: "0", label: "0: no" },
            { value: "1", label: "1: yes" },
          ],
          value: "0",
          onInput(value) {
            target = Number(value);
            logit = -logit;
            draw();
          },
        }),
      ),
      columns(
        288,
        html("div", {}, caption("value"), values.node, numbers.node),
        html("div", {}, caption("gradient by the logit"), gradients.node, slopes.node),
      ),
    );
    draw();
    return () => {};
  },
  after: () => [
    maths("BCE = −t log σ(x) − (1 − t) log(1 − σ(x))", "with logits = max(x, 0) − t x + log(1 + exp(−|x|))"),
    p(
      "The second line is the same function, written so that nothing overflows: wrong by 50 costs 50, and pulls with all its force. ",
      code("bceLoss"),
      " of a probability does what can be done: it keeps each logarithm above −100, so that the value stays finite, but the pull through the sigmoid is gone, just where the model is most wrong. By hand it is 1 / 0 times 0, which is NaN, and NaN spreads through a network in one step. (",
      loss("bceWithLogitsLoss"),
      ", ",
      loss("bceLoss"),
      ")",
    ),
    listing("bceWithLogitsLoss(logits, targets) // not bceLoss(sigmoid(logits), targets)"),
  ],
};
