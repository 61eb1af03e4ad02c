/**
 * Cross entropy of softmax: five logits to drag, and the gradient p − q under them.
 *
 * For tests: `[data-testid=softmax-value]` (the loss), `[data-testid=softmax-logit-0]` … `-4` (sliders: arrow keys 0.1, with Shift or Page keys 0.5;
 * `aria-valuenow` is the logit), `input[name=softmax-class][value="0"]` … `"4"`, `[data-testid=softmax-table]` (class, logit, p, q, p − q, gradient),
 * a slider "label smoothing", a button "Reset".
 */
import { crossEntropyLoss, softmax } from "losskit";
import { button, slider } from "../controls.js";
import { html, set, svg } from "../dom.js";
import type { Mount } from "../view.js";
import { call, clamp, draggable, fixed, literal, table } from "./draw.js";

const START = [1.5, 0.5, -1, 2.2, -0.4];
const LARGEST = 5;
const WIDTH = 360;
const COLUMN = WIDTH / START.length;
const BAR = 36;

export const mount: Mount = (root) => {
  let logits = [...START];
  let target = 0;
  let labelSmoothing = 0;

  const middle = (i: number) => (i + 0.5) * COLUMN;
  const bars = (y: number, fill: string) => START.map((_, i) => svg("rect", { x: middle(i) - BAR / 2, y, width: BAR, height: 0, rx: 3, fill: `var(${fill})` }));
  const words = () => START.map((_, i) => svg("text", { x: middle(i), class: "halo" }));
  const rule = (y: number) => svg("line", { class: "rule", x1: 0, x2: WIDTH, y1: y, y2: y });

  // Logits: 18 pixels a unit.
  const logitBars = bars(110, "--third");
  const handles = START.map((_, i) =>
    svg(
      "g",
      { "data-testid": `softmax-logit-${i}` },
      svg("rect", { class: "grip", x: middle(i) - 27, y: -12, width: 54, height: 24, rx: 12 }),
      svg("text", { x: middle(i) }),
    ),
  );
  const logitStage = svg(
    "svg",
    { class: "stage", viewBox: `0 0 ${WIDTH} 220`, role: "group", "aria-label": "The logits, as bars to drag" },
    ...START.map((_, i) => svg("rect", { class: "rule", x: middle(i) - BAR / 2, y: 14, width: BAR, height: 192, rx: 6 })),
    rule(110),
    ...logitBars,
    ...handles,
  );
  const logitY = (x: number) => 110 - (x * 96) / LARGEST;

  // Probabilities: 120 pixels are 1; a dashed line is the target q.
  const probabilityBars = bars(140, "--value");
  const targets = START.map(() => svg("g", {}, svg("path", { class: "goal-ground" }), svg("path", { class: "goal" })));
  const probabilityWords = words();
  const probabilityStage = svg(
    "svg",
    { class: "stage", viewBox: `0 0 ${WIDTH} 168`, role: "img" },
    rule(140),
    ...probabilityBars,
    ...targets,
    ...probabilityWords,
  );

  // Gradients: 70 pixels are 1.
  const gradientBars = bars(85, "--gradient");
  const gradientWords = words();
  const gradientStage = svg("svg", { class: "stage", viewBox: `0 0 ${WIDTH} 170`, role: "img" }, rule(85), ...gradientBars, ...gradientWords);

  const radios = START.map((_, i) => html("input", { type: "radio", name: "softmax-class", value: i }));
  const classes = html("fieldset", { class: "classes" }, html("legend", {}, "target class"), ...radios.map((radio, i) => html("label", {}, radio, ` ${i}`)));

  const value = html("b", { "data-testid": "softmax-value" });
  const numbers = table(
    "Class by class",
    ["class", "logit", "p", "q", "p − q", "gradient"],
    START.map((_, i) => String(i)),
  );
  numbers.node.dataset.testid = "softmax-table";

  const code = call();

  const announce = handles.map((handle, i) => {
    const to = (x: number) => {
      logits[i] = clamp(Math.round(x * 100) / 100, -LARGEST, LARGEST);
      update();
    };
    set(handle, { "aria-orientation": "vertical" });
    return draggable(handle, {
      label: `logit of class ${i}`,
      min: -LARGEST,
      max: LARGEST,
      to: (_, y) => to(((110 - y) * LARGEST) / 96),
      by: (dx, dy) => to(logits[i]! + 0.1 * (dx + dy)),
      state: () => ({ now: logits[i]!, text: `${fixed(logits[i]!, 2)}; probability ${fixed(softmax(logits, { dim: 0 })[i]!)}; loss ${value.textContent}` }),
    });
  });

  function update(): void {
    const p = softmax(logits, { dim: 0 });
    const { value: loss, grad } = crossEntropyLoss.valueAndGrad(logits, target, { labelSmoothing });
    const q = logits.map((_, i) => (i === target ? 1 - labelSmoothing : 0) + labelSmoothing / logits.length);

    value.textContent = fixed(loss, 4);
    numbers.update(logits.map((x, i) => [fixed(x, 2), ...[p[i]!, q[i]!, p[i]! - q[i]!, grad.input[i]!].map((n) => fixed(n))]));
    logits.forEach((x, i) => {
      const y = logitY(x);
      set(logitBars[i]!, { y: Math.min(110, y), height: Math.abs(110 - y) });
      set(handles[i]!, { transform: `translate(0 ${y})` });
      handles[i]!.querySelector("text")!.textContent = fixed(x, 2);

      const top = 140 - 120 * p[i]!;
      set(probabilityBars[i]!, { y: top, height: 120 * p[i]! });
      const goal = 140 - 120 * q[i]!;
      for (const line of targets[i]!.children) set(line, { d: `M${middle(i) - 30} ${goal}h60` });
      set(probabilityWords[i]!, { y: 156 });
      probabilityWords[i]!.textContent = fixed(p[i]!);

      const g = grad.input[i]!;
      const end = 85 - 70 * g;
      set(gradientBars[i]!, { y: Math.min(85, end), height: Math.abs(70 * g) });
      set(gradientWords[i]!, { y: g < 0 ? end + 9 : end - 9 });
      gradientWords[i]!.textContent = fixed(g);
      radios[i]!.checked = i === target;
    });
    set(probabilityStage, { "aria-label": `Probabilities: ${Array.from(p, (x, i) => `class ${i} ${fixed(x, 2)}`).join(", ")}` });
    set(gradientStage, { "aria-label": `Gradient by each logit: ${Array.from(grad.input, (x, i) => `class ${i} ${fixed(x, 2)}`).join(", ")}` });
    code.update("crossEntropyLoss", [literal(logits), String(target), `{ labelSmoothing: ${labelSmoothing} }`]);
    for (const say of announce) say();
  }

  classes.addEventListener("change", () => {
    target = radios.findIndex((radio) => radio.checked);
    update();
  });

  const chart = (title: string, stage: Element) => html("div", {}, html("p", { class: "title" }, title), stage);
  root.append(
    html(
      "p",
      { class: "note" },
      "The loss is −Σ q log p, with p the softmax of the logits and q the target: 1 at its class, or with label smoothing ε, 1 − ε there and ε spread over all. ",
      "The gradient by each logit is what is between them, p − q.",
    ),
    html(
      "div",
      { class: "controls" },
      slider({
        label: "label smoothing",
        min: 0,
        max: 1,
        step: 0.05,
        value: labelSmoothing,
        onInput: (x) => {
          labelSmoothing = x;
          update();
        },
      }),
      button("Reset", () => {
        logits = [...START];
        update();
      }),
    ),
    html(
      "div",
      { class: "split" },
      html(
        "div",
        {},
        chart("logits", logitStage),
        classes,
        chart("probabilities p; dashed: the target q", probabilityStage),
        chart("gradient = p − q", gradientStage),
      ),
      html("div", {}, html("p", { class: "reading" }, "loss ", value), numbers.node, code.node),
    ),
  );
  update();
  return () => root.replaceChildren();
};
