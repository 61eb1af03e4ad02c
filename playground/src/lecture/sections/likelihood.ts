// 4: the negative log-likelihood: −log of what the right class got. Weights for what is rare, and samples that do not count.
// For tests: `likelihood-handle` (`aria-valuenow`: p of ill), `likelihood-value`, `likelihood-best`, `likelihood-healthy`, `likelihood-ill` (losses of one
// sample), slider "weight of ill", buttons `likelihood-sample-0` … `-9` (`aria-pressed`: it counts).

import { nllLoss } from "losskit";
import { slider } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { clamp, draggable, fixed, GRIP } from "../../views/draw.js";
import { chart, columns, columnWidth, steps } from "../chart.js";
import { readout } from "../readout.js";
import { code, listing, loss, maths, p, type Section } from "../section.js";

/** Eight are healthy (class 0), two are ill (class 1). */
const CLASSES = [0, 0, 0, 0, 1, 0, 0, 0, 1, 0];
const IGNORED = -100;
const LEAST = 0.01;
const GRID = steps(LEAST, 1 - LEAST, 98);

export const likelihood: Section = {
  id: "likelihood",
  short: "NLL",
  claim: "The negative log-likelihood looks at one number: the probability that the right class was given",
  height: [419, 823],
  lead: () => [
    p(
      "Ten people, two of them ill. A model that knows nothing else says the same probability of ill to all. Drag the dot of the ill along the curve: what makes their loss small makes that of the healthy large. Click on someone who is not to count.",
    ),
  ],
  figure(root) {
    let ill = 0.35;
    let weight = 1;
    const counted = CLASSES.map(() => true);
    const width = columnWidth(root, 2);
    const height = 250;
    const curve = chart({
      width,
      height,
      x: { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1], label: "probability of the right class" },
      y: { from: 0, to: 5, ticks: [0, 1, 2, 3, 4, 5], label: "loss of one person" },
      label: "Minus the logarithm of the probability of the right class; the ill and the healthy on it",
      handles: true,
      left: 26,
    });
    const one = (probability: number) => nllLoss([Math.log1p(-probability), Math.log(probability)], 1);
    const line = curve.line("one");
    set(line, { d: curve.path(steps(0.003, 1, 200).map((x) => [x, one(x)] as const)) });
    const healthy = curve.over.appendChild(svg("circle", { class: "blob two", r: 10 }));
    const healthyName = curve.over.appendChild(svg("text", { class: "halo start" }, "healthy"));
    const handle = curve.over.appendChild(
      svg("g", { "data-testid": "likelihood-handle" }, svg("circle", { class: "reach", r: 22 }), svg("circle", { class: "grip", r: GRIP - 3 })),
    );
    const illName = curve.over.appendChild(svg("text", { class: "halo start" }, "ill"));

    const whole = chart({
      width,
      height,
      x: { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1], label: "probability of ill, said to all" },
      y: { from: 0, to: 2.5, ticks: [0, 0.5, 1, 1.5, 2, 2.5], label: "mean loss of all who count" },
      label: "",
      left: 32,
    });
    const mean = whole.line("one");
    const drop = whole.line("drop one");
    const low = whole.over.appendChild(svg("circle", { class: "low one", r: 6 }));
    const here = whole.over.appendChild(svg("circle", { class: "here", r: 5 }));
    const numbers = readout([
      { id: "likelihood-value", name: "mean loss", colour: "one" },
      { id: "likelihood-best", name: "best probability of ill", colour: "one", digits: 2 },
      { id: "likelihood-healthy", name: "loss of one healthy", digits: 3 },
      { id: "likelihood-ill", name: "loss of one ill", digits: 3 },
    ]);

    const input = (probability: number) => ({
      data: Float64Array.from(CLASSES.flatMap(() => [Math.log1p(-probability), Math.log(probability)])),
      shape: [CLASSES.length, 2],
    });
    const target = () => CLASSES.map((label, i) => (counted[i] ? label : IGNORED));
    const total = (probability: number) => nllLoss.valueAndGrad(input(probability), target(), { weight: [1, weight], ignoreIndex: IGNORED });
    /** By the probability: the gradient by each log-probability, through the logarithms. */
    const slope = (probability: number) => total(probability).grad.input.reduce((sum, g, i) => sum + (i % 2 ? g / probability : g / (probability - 1)), 0);
    function best(): number {
      let [from, to] = [0, 1];
      for (let i = 0; i < 30; i++) {
        const middle = (from + to) / 2;
        if (slope(middle) > 0) to = middle;
        else from = middle;
      }
      return (from + to) / 2;
    }

    const to = (probability: number) => {
      ill = clamp(Math.round(probability * 100) / 100, LEAST, 1 - LEAST);
      update();
    };
    const announce = draggable(handle, {
      label: "probability of ill",
      min: LEAST,
      max: 1 - LEAST,
      to: (x) => to(curve.toX(x)),
      by: (dx, dy) => to(ill + 0.01 * (dx + dy)),
      state: () => ({ now: ill, text: `${fixed(ill, 2)}; mean loss ${fixed(total(ill).value)}` }),
    });

    function update(): void {
      const [illLoss, healthyLoss] = [one(ill), one(1 - ill)];
      set(handle, { transform: `translate(${curve.x(ill)} ${curve.y(illLoss)})` });
      set(illName, { x: curve.x(ill) + 15, y: curve.y(illLoss) - 9 });
      set(healthy, { cx: curve.x(1 - ill), cy: curve.y(healthyLoss) });
      set(healthyName, { x: curve.x(1 - ill) + 14, y: curve.y(healthyLoss) - (Math.abs(1 - 2 * ill) < 0.15 ? 26 : 9) });
      for (const [node, label, name] of [
        [healthyName, 0, "healthy"],
        [illName, 1, "ill"],
      ] as const) {
        const count = CLASSES.filter((other, i) => other === label && counted[i]).length;
        node.textContent = `${count} ${name}${label && weight !== 1 ? ` × ${fixed(weight, 1)}` : ""}`;
      }
      const nothing = !counted.includes(true);
      const now = total(ill).value;
      const lowest = nothing ? Number.NaN : best();
      set(mean, { d: whole.path(GRID.map((x) => [x, total(x).value] as const)) });
      const bottom = nothing ? Number.NaN : total(clamp(lowest, LEAST, 1 - LEAST)).value;
      set(drop, { d: whole.path([[lowest, bottom] as const, [lowest, 0] as const]) });
      for (const [node, x, y] of [
        [low, lowest, bottom],
        [here, ill, now],
      ] as const) {
        set(node, { visibility: nothing ? "hidden" : "visible" });
        if (!nothing) set(node, { cx: whole.x(x), cy: whole.y(y) });
      }
      numbers.update([now, lowest, healthyLoss, illLoss]);
      whole.describe(`Mean loss against the probability of ill: now ${fixed(now)}, lowest at ${fixed(lowest, 2)}`);
      announce();
    }

    const people = CLASSES.map((label, i) => {
      const person = html(
        "button",
        { type: "button", class: `button person ${label ? "ill" : "two"}`, "aria-pressed": "true", "data-testid": `likelihood-sample-${i}` },
        label ? "ill" : "healthy",
      );
      person.addEventListener("click", () => {
        counted[i] = !counted[i];
        set(person, { "aria-pressed": String(counted[i]) });
        update();
      });
      return person;
    });
    root.append(
      columns(288, html("div", {}, curve.node), html("div", {}, whole.node)),
      numbers.node,
      html("div", { class: "people", role: "group", "aria-label": "Who counts" }, ...people),
      html(
        "div",
        { class: "controls" },
        slider({
          label: "weight of ill",
          min: 1,
          max: 10,
          step: 0.5,
          value: weight,
          onInput(value) {
            weight = value;
            update();
          },
        }),
      ),
    );
    update();
    return () => {};
  },
  after: () => [
    maths("NLL = −Σ wᵧ log p(right class) / Σ wᵧ, over the samples that count"),
    p(
      "Unweighted, the best answer is the base rate: two in ten. A weight of 4 makes two ill people weigh as much as eight healthy ones, and the best answer is one half: that is how an unbalanced data set is told that the rare class matters. The mean divides by the weights, not by ten. ",
      "A target equal to ",
      code("ignoreIndex"),
      " (−100) drops out of both sums: padding, or a pixel that nobody labelled; if nothing is left, the mean of nothing is NaN. (",
      loss("nllLoss"),
      ")",
    ),
    listing("nllLoss(logProbs, classes, { weight: [1, 4], ignoreIndex: -100 })"),
  ],
};
