// 9: pairs, and a network that is used twice. Nine points of three kinds, all 36 pairs of them.
// For tests: `pairs-point-0` … `-8` (handles; 0 to 2 are A, 3 to 5 B, 6 to 8 C), `pairs-value` (mean contrastive loss), `pairs-pulling` (pairs with a gradient),
// slider "margin", "Play", "Reset".

import { contrastiveLoss, pairwiseDistance } from "losskit";
import { button, slider } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { pull } from "../../views/draw.js";
import { board } from "../board.js";
import { chart, columns, columnWidth, steps } from "../chart.js";
import { motion } from "../motion.js";
import { readout } from "../readout.js";
import { caption, listing, loss, maths, p, type Section } from "../section.js";

const KINDS = ["A", "B", "C"];
const COLOURS = ["one", "two", "three"];
const START = [
  [-1.2, 0.9],
  [0.3, -0.2],
  [1.3, 0.5],
  [-1.5, -0.7],
  [0.1, 1.1],
  [1.1, -1],
  [-0.6, -1.2],
  [-0.4, 0.4],
  [1.8, -0.3],
];
const PAIRS = START.flatMap((_, i) => START.slice(i + 1).map((_, j) => [i, i + 1 + j] as const));
const kind = (point: number) => Math.floor(point / 3);
const SIGNS = PAIRS.map(([i, j]) => (kind(i) === kind(j) ? 1 : -1));
/** Of the mean's gradient, in a second. */
const SPEED = 9;
const FARTHEST = 4;

export const pairs: Section = {
  id: "pairs",
  short: "Pairs, Siamese",
  claim: "Pairs need no classes: the alike are drawn together, the others pushed apart until a margin",
  height: [470, 896],
  lead: () => [
    p(
      "Nine pictures, placed by a network; what is said of each pair is only: the same, or not. Solid lines draw, dashed ones push, and the ",
      html("span", { class: "gradient" }, "arrows"),
      " are the sum for each point. Drag them, or let them learn.",
    ),
  ],
  figure(root) {
    let margin = 1.5;
    const width = columnWidth(root, 2);
    const stage = board({
      width,
      height: 300,
      unit: Math.min(90, width / 4.2),
      label: "Nine points of three kinds in the plane",
      points: START.map((_, i) => ({ id: `pairs-point-${i}`, name: `a point of kind ${KINDS[kind(i)]}`, letter: KINDS[kind(i)]!, colour: COLOURS[kind(i)]! })),
      start: START,
      changed: () => update(),
    });
    const unit = stage.x(1) - stage.x(0);
    const lines = PAIRS.map(([i], n) => stage.under.appendChild(svg("path", { class: `pair ${SIGNS[n] === 1 ? COLOURS[kind(i)] : "apart"}` })));
    const pulls = START.map(() => stage.under.appendChild(svg("path", { class: "pull" })));

    const picture = chart({
      width,
      height: 300,
      x: { from: 0, to: FARTHEST, ticks: [0, 1, 2, 3, 4], label: "distance of a pair" },
      y: { from: 0, to: 6, ticks: [0, 2, 4, 6], label: "loss" },
      label: "",
      left: 26,
    });
    const same = picture.line("one");
    const apart = picture.line("orange");
    const dots = SIGNS.map((sign) => picture.over.appendChild(svg("circle", { class: `pair-dot ${sign === 1 ? "one" : "orange"}`, r: 4 })));
    const numbers = readout([
      { id: "pairs-value", name: "contrastiveLoss, mean of 36 pairs", colour: "one" },
      { id: "pairs-pulling", name: "pairs that still pull", digits: 0 },
    ]);

    const shape = [PAIRS.length, 2];
    const evaluate = () => {
      const side = (end: 0 | 1) => ({ data: Float64Array.from(PAIRS.flatMap((pair) => stage.at[pair[end]]!)), shape });
      const [first, second] = [side(0), side(1)];
      const { value, grad } = contrastiveLoss.valueAndGrad(first, second, SIGNS, { margin });
      // the same network made both: what each of the two places is told adds up
      const total = START.map(() => [0, 0]);
      PAIRS.forEach(([i, j], n) => {
        for (const axis of [0, 1]) {
          total[i]![axis]! += grad.input1[2 * n + axis]!;
          total[j]![axis]! += grad.input2[2 * n + axis]!;
        }
      });
      return { value, total, each: contrastiveLoss(first, second, SIGNS, { margin, reduction: "none" }), distances: pairwiseDistance(first, second) };
    };

    function curves(): void {
      const grid = steps(0, FARTHEST, 100);
      const at = (sign: number) => {
        const input = { data: Float64Array.from(grid.flatMap((x) => [x, 0])), shape: [grid.length, 2] };
        const origin = { data: new Float64Array(2 * grid.length), shape: [grid.length, 2] };
        return contrastiveLoss(input, origin, new Float64Array(grid.length).fill(sign), { margin, reduction: "none" });
      };
      const [near, far] = [at(1), at(-1)];
      set(same, { d: picture.path(grid.map((x, i) => [x, near[i]!] as const)) });
      set(apart, { d: picture.path(grid.map((x, i) => [x, far[i]!] as const)) });
    }

    function update(): void {
      const { value, total, each, distances } = evaluate();
      numbers.update([value, each.filter((value) => value > 1e-3).length]);
      PAIRS.forEach(([i, j], n) => {
        const [a, b] = [stage.at[i]!, stage.at[j]!];
        set(lines[n]!, {
          d: each[n]! > 1e-3 ? `M${stage.x(a[0]!).toFixed(1)} ${stage.y(a[1]!).toFixed(1)}L${stage.x(b[0]!).toFixed(1)} ${stage.y(b[1]!).toFixed(1)}` : "",
        });
        set(dots[n]!, { cx: picture.x(Math.min(distances[n]!, FARTHEST)).toFixed(1), cy: picture.y(Math.min(each[n]!, 6)).toFixed(1) });
      });
      total.forEach(([x, y], i) => {
        set(pulls[i]!, { d: pull(stage.x(stage.at[i]![0]!), stage.y(stage.at[i]![1]!), -x! * unit, y! * unit) });
      });
      picture.describe(`Loss against distance, for pairs that are the same and pairs that are not; mean ${value.toFixed(3)}`);
      stage.draw();
    }

    const moving = motion({
      stage: root,
      frame(seconds) {
        const { value, total } = evaluate();
        total.forEach(([x, y], i) => {
          stage.move(i, stage.at[i]![0]! - SPEED * seconds * x!, stage.at[i]![1]! - SPEED * seconds * y!);
        });
        update();
        return value > 2e-3;
      },
    });
    root.append(
      columns(
        288,
        html("div", {}, stage.node),
        html(
          "div",
          {},
          caption(html("span", { class: "value" }, "the same: d²"), ", ", html("span", { class: "gradient" }, "not: max(0, m − d)²")),
          picture.node,
        ),
      ),
      html(
        "div",
        { class: "under" },
        numbers.node,
        html(
          "div",
          { class: "go" },
          moving.node,
          button("Reset", () => {
            stage.reset();
            update();
          }),
        ),
      ),
      html(
        "div",
        { class: "controls" },
        slider({
          label: "margin",
          min: 0.5,
          max: 2.5,
          step: 0.1,
          value: margin,
          onInput(value) {
            margin = value;
            curves();
            update();
          },
        }),
      ),
    );
    curves();
    update();
    return moving.end;
  },
  after: () => [
    maths("the same (y = 1): ℓ = d²", "not (y = −1): ℓ = max(0, m − d)²"),
    p(
      "A Siamese network is one network that is run on both pictures: the same weights, so the gradients of both runs add up, as the arrows of a point do here. Drawing alone would put everything in one place; the push keeps the kinds apart, and the margin says when it is enough. It is Hadsell, Chopra and LeCun’s loss of 2006. On distances that are at hand there is also ",
      loss("hingeEmbeddingLoss"),
      ", which draws with the same force at every distance. (",
      loss("contrastiveLoss"),
      ")",
    ),
    listing("const a = network(first), b = network(second); // one network\ncontrastiveLoss(a, b, sameOrNot, { margin: 1.5 }) // 1 or -1"),
  ],
};
