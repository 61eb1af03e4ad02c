// 8: margin ranking, the right class against the hardest wrong one.
// For tests: `ranking-score-0` … `-4` (handles; 0 is right), `ranking-value`, `ranking-all` (multiMarginLoss, summed over the classes), `ranking-hardest`
// (`data-exact`: its class), slider "margin", "Play", "Reset".

import { marginRankingLoss, multiMarginLoss } from "losskit";
import { button, slider } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { arrow, clamp, draggable, fixed } from "../../views/draw.js";
import { chart, columns, columnWidth } from "../chart.js";
import { motion } from "../motion.js";
import { readout } from "../readout.js";
import { code, listing, loss, maths, p, type Section } from "../section.js";

const NAMES = ["seven", "one", "four", "nine", "two"];
const START = [1.2, 2.1, -0.6, 1.6, -1.4];
const LARGEST = 4;
const SPEED = 0.8;

export const ranking: Section = {
  id: "ranking",
  short: "Margin ranking",
  claim: "To rank, only the hardest wrong answer matters: push it below the right one by a margin",
  height: [358, 578],
  lead: () => [
    p(
      "The right class is ",
      html("b", {}, "seven"),
      ". Whatever scores inside the shaded band, or above it, is too near. The loss looks at the highest wrong score alone; press play, and watch others become the hardest in turn.",
    ),
  ],
  figure(root) {
    let scores = [...START];
    let margin = 1;
    const width = columnWidth(root, 2);
    const picture = chart({
      width,
      height: 310,
      x: { from: -0.6, to: 4.6, ticks: [0, 1, 2, 3, 4], label: "", format: (i) => NAMES[i]! },
      y: { from: -LARGEST, to: LARGEST, ticks: [-4, -2, 0, 2, 4], label: "score" },
      label: "Five scores to drag; the first is that of the right class",
      handles: true,
      left: 30,
    });
    const band = picture.inner.appendChild(svg("rect", { class: "band", x: picture.x(-0.6), width: picture.x(4.6) - picture.x(-0.6) }));
    const level = picture.line("two");
    const bars = NAMES.map((_, i) => picture.inner.appendChild(svg("line", { class: "edge", x1: picture.x(i), x2: picture.x(i), y1: picture.y(0) })));
    const pushes = [0, 1].map(() => picture.over.appendChild(svg("path", { class: "pull" })));
    const handles = NAMES.map((_, i) =>
      picture.over.appendChild(
        svg(
          "g",
          { "data-testid": `ranking-score-${i}`, class: i ? "one" : "two" },
          svg("rect", { class: "grip", x: picture.x(i) - 23, y: -11, width: 46, height: 22, rx: 11 }),
          svg("text", { x: picture.x(i) }),
        ),
      ),
    );
    const hardest = html("b", { "data-testid": "ranking-hardest" });
    const numbers = readout([
      { id: "ranking-value", name: "marginRankingLoss", colour: "one" },
      { id: "ranking-all", name: "of all wrong ones (multiMarginLoss × 5)" },
    ]);
    const highest = () => scores.reduce((best, score, i) => (i > 0 && (best === 0 || score > scores[best]!) ? i : best), 0);
    const evaluate = () => marginRankingLoss.valueAndGrad([scores[0]!], [scores[highest()]!], [1], { margin });

    const announce = handles.map((handle, i) => {
      const to = (score: number) => {
        scores[i] = clamp(Math.round(score * 100) / 100, -LARGEST, LARGEST);
        update();
      };
      set(handle, { "aria-orientation": "vertical" });
      return draggable(handle, {
        label: `score of ${NAMES[i]}`,
        min: -LARGEST,
        max: LARGEST,
        to: (_, y) => to(picture.toY(y)),
        by: (dx, dy) => to(scores[i]! + 0.1 * (dx + dy)),
        state: () => ({ now: scores[i]!, text: `${fixed(scores[i]!, 2)}; hardest: ${hardest.textContent}` }),
      });
    });

    function update(): void {
      const wrong = highest();
      const { value, grad } = evaluate();
      numbers.update([value, 5 * multiMarginLoss(scores, 0, { margin })]);
      hardest.textContent = NAMES[wrong]!;
      hardest.dataset.exact = String(wrong);
      const right = scores[0]!;
      set(band, { y: picture.y(right), height: picture.y(right - margin) - picture.y(right) });
      set(level, { d: picture.path([[-0.6, right] as const, [4.6, right] as const]) });
      scores.forEach((score, i) => {
        set(bars[i]!, { y2: picture.y(score) });
        set(handles[i]!, { transform: `translate(0 ${picture.y(score)})` });
        handles[i]!.querySelector("text")!.textContent = fixed(score, 2);
      });
      [0, wrong].forEach((at, i) => {
        const push = -(i ? grad.input2 : grad.input1)[0]! * (picture.y(1) - picture.y(0));
        const from = picture.y(scores[at]!) + Math.sign(push) * 13;
        set(pushes[i]!, { d: arrow(picture.x(at), from, picture.x(at), from + push) });
      });
      for (const say of announce) say();
    }

    const moving = motion({
      stage: root,
      frame(seconds) {
        const { value, grad } = evaluate();
        const wrong = highest();
        scores[0] = clamp(scores[0]! - SPEED * seconds * grad.input1[0]!, -LARGEST, LARGEST);
        scores[wrong] = clamp(scores[wrong]! - SPEED * seconds * grad.input2[0]!, -LARGEST, LARGEST);
        update();
        return value > 0;
      },
    });
    const reset = button("Reset", () => {
      scores = [...START];
      update();
    });
    root.append(
      columns(
        288,
        html("div", {}, picture.node, html("div", { class: "go" }, moving.node, reset)),
        html(
          "div",
          {},
          numbers.node,
          html("p", { class: "reading" }, "hardest wrong class: ", hardest),
          slider({
            label: "margin",
            min: 0,
            max: 2,
            step: 0.1,
            value: margin,
            onInput(value) {
              margin = value;
              update();
            },
          }),
        ),
      ),
    );
    update();
    return moving.end;
  },
  after: () => [
    maths("ℓ = max(0, −y (x₁ − x₂) + m)", "y = 1: x₁ should be the higher one"),
    p(
      "No probabilities, no softmax: only an order, and a gap. Once the gap is there the pair costs nothing and pulls no more. With margin 0 a tie is already good enough, and a model that gives every answer the same score has loss 0. ",
      "To take all wrong classes at once there is ",
      loss("multiMarginLoss"),
      ". (",
      loss("marginRankingLoss"),
      ")",
    ),
    listing("const hardest = Math.max(...wrongScores);\nmarginRankingLoss([rightScore], [hardest], [1], { margin: 1 })"),
    p(
      "Scores of documents to a query, moves of a game, answers that people preferred: whatever is compared can be trained like this. The target ",
      code("-1"),
      " says that the second should be higher.",
    ),
  ],
};
