// 11: the cosine. Two vectors by their tips; their lengths do not matter.
// For tests: `cosine-a`, `cosine-b` (handles), `cosine-cosine`, `cosine-loss`, `cosine-length-a`, `-b`; select "target", slider "margin", "Play" (lengths).

import { cosineEmbeddingLoss, cosineSimilarity } from "losskit";
import { select, slider } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { arrow, pull } from "../../views/draw.js";
import { board } from "../board.js";
import { columns, columnWidth } from "../chart.js";
import { motion } from "../motion.js";
import { readout } from "../readout.js";
import { listing, loss, maths, p, type Section } from "../section.js";

const START = [
  [1.5, 0.5],
  [0.3, 1],
];
/** Lengths of vectors that play: 0.5 to 1.7, each at its own pace. */
const LENGTH = { middle: 1.1, swing: 0.6, pace: [1.7, 2.6] };

export const cosine: Section = {
  id: "cosine",
  short: "Cosine",
  claim: "The cosine compares directions: how long a vector is does not matter",
  height: [348, 629],
  lead: () => [
    p(
      "Drag a tip. Outwards and inwards nothing changes but the arrows, which turn a long vector less; around the origin everything does. Play changes the lengths alone.",
    ),
  ],
  figure(root) {
    let target = 1;
    let margin = 0;
    const width = columnWidth(root, 2);
    const stage = board({
      width,
      height: 300,
      unit: 72,
      label: "Two vectors from one origin, with the pull on their tips",
      points: ["a", "b"].map((letter, i) => ({ id: `cosine-${letter}`, name: `vector ${letter}`, letter, colour: i ? "two" : "one" })),
      start: START,
      changed: () => update(),
      describe: () => `cosine ${numbers.node.querySelector("dd")!.textContent}`,
    });
    const unit = stage.x(1) - stage.x(0);
    stage.under.append(
      svg("circle", { class: "edge", "stroke-dasharray": "2 5", cx: stage.x(0), cy: stage.y(0), r: unit }),
      svg("circle", { cx: stage.x(0), cy: stage.y(0), r: 2.5 }),
    );
    const between = stage.under.appendChild(svg("path", { class: "edge" }));
    const vectors = ["one", "two"].map((colour) => stage.under.appendChild(svg("path", { class: `ray ${colour}` })));
    const pulls = [0, 1].map(() => stage.under.appendChild(svg("path", { class: "pull" })));
    const numbers = readout([
      { id: "cosine-cosine", name: "cosine", digits: 4 },
      { id: "cosine-loss", name: "cosineEmbeddingLoss", colour: "one", digits: 4 },
      { id: "cosine-length-a", name: "length of a", digits: 2 },
      { id: "cosine-length-b", name: "length of b", digits: 2 },
    ]);
    const length = ([x, y]: readonly number[]) => Math.hypot(x!, y!);

    function update(): void {
      const [a, b] = stage.at as [number[], number[]];
      const { value, grad } = cosineEmbeddingLoss.valueAndGrad(a, b, target, { margin });
      numbers.update([cosineSimilarity(a, b, { dim: 0 })[0]!, value, length(a), length(b)]);
      [grad.input1, grad.input2].forEach((g, i) => {
        const [x, y] = stage.at[i]!.map((v, axis) => (axis ? stage.y(v) : stage.x(v))) as [number, number];
        const reach = Math.hypot(x - stage.x(0), y - stage.y(0));
        const part = Math.max(0, 1 - 15 / (reach || 1));
        set(vectors[i]!, { d: arrow(stage.x(0), stage.y(0), stage.x(0) + part * (x - stage.x(0)), stage.y(0) + part * (y - stage.y(0))) });
        set(pulls[i]!, { d: pull(x, y, -0.6 * g[0]! * unit, 0.6 * g[1]! * unit) });
      });
      const [from, to] = stage.at.map(([x, y]) => Math.atan2(y!, x!)) as [number, number];
      const turn = ((to - from + 3 * Math.PI) % (2 * Math.PI)) - Math.PI;
      const on = (angle: number) => `${stage.x(0.35 * Math.cos(angle))} ${stage.y(0.35 * Math.sin(angle))}`;
      set(between, { d: `M${on(from)}A${0.35 * unit} ${0.35 * unit} 0 0 ${turn > 0 ? 0 : 1} ${on(to)}` });
      stage.draw();
    }

    const moving = motion({
      stage: root,
      play: "Play: lengths",
      frame(_, total) {
        stage.at.forEach((point, i) => {
          const to = (LENGTH.middle + LENGTH.swing * Math.sin(LENGTH.pace[i]! * total)) / (length(point) || 1);
          stage.at[i] = point.map((x) => x * to);
        });
        update();
        return undefined;
      },
    });
    root.append(
      columns(
        288,
        html("div", {}, stage.node, html("div", { class: "go" }, moving.node)),
        html(
          "div",
          {},
          numbers.node,
          html(
            "div",
            { class: "controls" },
            select({
              label: "target",
              options: [
                { value: "1", label: "1: alike" },
                { value: "-1", label: "-1: different" },
              ],
              value: "1",
              onInput(value) {
                target = Number(value);
                update();
              },
            }),
            slider({
              label: "margin",
              min: 0,
              max: 0.9,
              step: 0.05,
              value: margin,
              onInput(value) {
                margin = value;
                update();
              },
            }),
          ),
        ),
      ),
    );
    update();
    return moving.end;
  },
  after: () => [
    maths("cos = a · b / (|a| |b|)", "alike (1): ℓ = 1 − cos", "different (−1): ℓ = max(0, cos − m)"),
    p(
      "The pull is at a right angle to its vector: it turns the vector, and leaves its length alone. Where length is a nuisance, such as how bright a picture or how long a text is, that is what one wants. Different means no more than the margin: a right angle with 0, not opposite. (",
      loss("cosineEmbeddingLoss"),
      ")",
    ),
    listing("cosineEmbeddingLoss(a, b, alikeOrNot, { margin: 0 }) // 1 or -1\ncosineSimilarity(a, b, { dim: 0 })"),
  ],
};
