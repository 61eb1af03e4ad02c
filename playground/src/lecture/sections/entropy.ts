// 5: from softmax to cross entropy, by hand. Four logits, and the gradient p − q as arrows on them.
// For tests: `entropy-logit-0` … `-3` (handles), `entropy-table` (logit, p, q, p − q, gradient), `entropy-lse`, `entropy-right`, `entropy-value`, `entropy-log`,
// radios `entropy-class`, "Play" (gradient steps), "Reset".

import { crossEntropyLoss, logSoftmax, logSumExp, softmax } from "losskit";
import { button } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { arrow, clamp, draggable, fixed, table } from "../../views/draw.js";
import { chart, columns, columnWidth } from "../chart.js";
import { motion } from "../motion.js";
import { readout } from "../readout.js";
import { code, listing, loss, maths, p, type Section } from "../section.js";

const NAMES = ["cat", "dog", "fox", "owl"];
const START = [0.5, 2, -1, 0.8];
const LARGEST = 4;
/** Units of a logit that a gradient of 1 is drawn as, and moves a logit by in a second. */
const DRAWN = 1.6;
const SPEED = 2.5;

export const entropy: Section = {
  id: "entropy",
  short: "Softmax, cross entropy",
  claim: "Softmax with cross entropy pulls every logit by p − q: what was said, less what is true",
  height: [457, 816],
  lead: () => [
    p(
      "Four scores (logits) become probabilities p; the truth q is 1 for the right class. The ",
      html("span", { class: "gradient" }, "arrows"),
      " are q − p, the push that one training step gives. Drag the scores, choose the truth, or let it learn.",
    ),
  ],
  figure(root) {
    let logits = [...START];
    let right = 0;
    const width = columnWidth(root, 2);
    const picture = chart({
      width,
      height: 310,
      x: { from: -0.6, to: 3.6, ticks: [0, 1, 2, 3], label: "", format: (i) => NAMES[i]! },
      y: { from: -LARGEST - 0.6, to: LARGEST + 0.6, ticks: [-4, -2, 0, 2, 4], label: "logit" },
      label: "Four logits to drag, with the push on each",
      handles: true,
      left: 30,
    });
    const bars = NAMES.map((_, i) => picture.inner.appendChild(svg("rect", { class: "column", x: picture.x(i) - 18, width: 36, rx: 3 })));
    const pushes = NAMES.map(() => picture.over.appendChild(svg("path", { class: "pull" })));
    const handles = NAMES.map((_, i) =>
      picture.over.appendChild(
        svg(
          "g",
          { "data-testid": `entropy-logit-${i}` },
          svg("rect", { class: "grip", x: picture.x(i) - 24, y: -11, width: 48, height: 22, rx: 11 }),
          svg("text", { x: picture.x(i) }),
        ),
      ),
    );
    const numbers = readout([
      { id: "entropy-lse", name: "log Σ exp(logits)" },
      { id: "entropy-right", name: "− right logit" },
      { id: "entropy-value", name: "= cross entropy", colour: "one" },
      { id: "entropy-log", name: "or: −log p(right)", colour: "one" },
    ]);
    const rows = table("By hand", ["class", "logit", "p", "q", "p − q", "gradient"], NAMES);
    rows.node.dataset.testid = "entropy-table";
    const probabilities = NAMES.map(() => html("i", { class: "fill" }));
    const radios = NAMES.map((_, i) => html("input", { type: "radio", name: "entropy-class", value: i }));
    const truth = html(
      "fieldset",
      { class: "choices" },
      html("legend", {}, "the truth, and p"),
      ...radios.map((radio, i) => html("label", {}, radio, ` ${NAMES[i]} `, html("span", { class: "track" }, probabilities[i]!))),
    );

    const announce = handles.map((handle, i) => {
      const to = (x: number) => {
        logits[i] = clamp(Math.round(x * 100) / 100, -LARGEST, LARGEST);
        update();
      };
      set(handle, { "aria-orientation": "vertical" });
      return draggable(handle, {
        label: `logit of ${NAMES[i]}`,
        min: -LARGEST,
        max: LARGEST,
        to: (_, y) => to(picture.toY(y)),
        by: (dx, dy) => to(logits[i]! + 0.1 * (dx + dy)),
        state: () => ({ now: logits[i]!, text: `${fixed(logits[i]!, 2)}; probability ${fixed(softmax(logits, { dim: 0 })[i]!)}` }),
      });
    });

    function update(): void {
      const probability = softmax(logits, { dim: 0 });
      const { value, grad } = crossEntropyLoss.valueAndGrad(logits, right);
      numbers.update([logSumExp(logits, { dim: 0 })[0]!, -logits[right]!, value, -logSoftmax(logits, { dim: 0 })[right]!]);
      rows.update(
        logits.map((x, i) => {
          const q = i === right ? 1 : 0;
          return [fixed(x, 2), fixed(probability[i]!), String(q), fixed(probability[i]! - q), fixed(grad.input[i]!)];
        }),
      );
      logits.forEach((x, i) => {
        const [y, zero] = [picture.y(x), picture.y(0)];
        set(bars[i]!, { y: Math.min(y, zero), height: Math.abs(y - zero) });
        set(handles[i]!, { transform: `translate(0 ${y})` });
        handles[i]!.querySelector("text")!.textContent = fixed(x, 2);
        const push = -grad.input[i]! * DRAWN * (picture.y(1) - zero);
        const from = y + Math.sign(push) * 13;
        set(pushes[i]!, { d: arrow(picture.x(i), from, picture.x(i), from + push) });
        probabilities[i]!.style.width = `${100 * probability[i]!}%`;
        radios[i]!.checked = i === right;
      });
      for (const say of announce) say();
    }

    truth.addEventListener("change", () => {
      right = radios.findIndex((radio) => radio.checked);
      update();
    });
    const moving = motion({
      stage: root,
      frame(seconds) {
        const { grad } = crossEntropyLoss.valueAndGrad(logits, right);
        logits = logits.map((x, i) => clamp(x - SPEED * seconds * grad.input[i]!, -LARGEST, LARGEST));
        update();
        return softmax(logits, { dim: 0 })[right]! < 0.985;
      },
    });
    const reset = button("Reset", () => {
      logits = [...START];
      update();
    });
    root.append(columns(288, html("div", {}, picture.node, html("div", { class: "go" }, moving.node, reset)), html("div", {}, numbers.node, truth, rows.node)));
    update();
    return moving.end;
  },
  after: () => [
    maths("pᵢ = exp(zᵢ) / Σ exp(zⱼ)", "cross entropy = −Σ qᵢ log pᵢ = log Σ exp(zⱼ) − z(right)", "gradient by zᵢ = pᵢ − qᵢ"),
    p(
      "The right score is pushed up by what it lacks, each wrong one down by what it took; the four arrows add up to nothing. Being confidently wrong is pushed hardest, and never harder than 1. ",
      "Give the loss the logits themselves: a softmax of your own and then a logarithm lose digits on the way. (",
      loss("crossEntropyLoss"),
      ")",
    ),
    listing(
      "crossEntropyLoss(logits, 0)                  // the logits, not softmax(logits)\nnllLoss(logSoftmax(logits, { dim: 0 }), 0)   // the same in two steps\ncrossEntropyLoss.valueAndGrad(logits, 0).grad.input // p − q",
    ),
    p(
      "In code the target is the class’s number; an array of the logits’ shape is read as probabilities q, and ",
      code("labelSmoothing"),
      " makes such a q of a class.",
    ),
  ],
};
