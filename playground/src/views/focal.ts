/**
 * Focal loss: a few hard positives among a thousand easy negatives, and who of them makes the gradient.
 *
 * For tests: `[data-testid=focal-table]` (loss, sum of the negatives, sum of the positives, share of the gradient that the negatives have in percent), sliders
 * "gamma", "easy negatives, p", "hard positives, p" and "positives in a thousand".
 */
import { bceWithLogitsLoss, sigmoidFocalLoss } from "losskit";
import { slider } from "../controls.js";
import { html, set, svg } from "../dom.js";
import type { Mount } from "../view.js";
import { fixed, table } from "./draw.js";

const MANY = 1000;
const WIDTH = 560;
const ROW = 64;
const ROWS = ["bceWithLogitsLoss", "sigmoidFocalLoss"] as const;

const logit = (p: number) => Math.log(p / (1 - p));

export const mount: Mount = (root) => {
  let gamma = 2;
  let easy = 0.05;
  let hard = 0.3;
  let few = 10;

  const parts = ROWS.map(() => ({
    negatives: svg("rect", { fill: "var(--muted)", height: 28, x: 0 }),
    positives: svg("rect", { fill: "var(--gradient)", height: 28 }),
    words: svg("text", { class: "start" }),
  }));
  const stage = svg(
    "svg",
    { class: "stage wide", viewBox: `0 0 ${WIDTH} ${ROW * ROWS.length}`, role: "img" },
    ...parts.flatMap(({ negatives, positives, words }, row) => {
      for (const bar of [negatives, positives]) set(bar, { y: row * ROW + 26 });
      set(words, { x: 0, y: row * ROW + 12 });
      return [negatives, positives, words];
    }),
  );
  const numbers = table("Sums", ["loss", "of the negatives", "of the positives", "gradient from negatives, %"], ROWS);
  numbers.node.dataset.testid = "focal-table";

  function update(): void {
    const negatives = [new Float64Array(MANY - few).fill(logit(easy)), new Float64Array(MANY - few)] as const;
    const positives = [new Float64Array(few).fill(logit(hard)), new Float64Array(few).fill(1)] as const;
    const sums = [
      [negatives, positives].map(([x, t]) => bceWithLogitsLoss.valueAndGrad(x, t, { reduction: "sum" })),
      [negatives, positives].map(([x, t]) => sigmoidFocalLoss.valueAndGrad(x, t, { gamma, alpha: -1, reduction: "sum" })),
    ];
    const shares = sums.map((pair) => {
      const [a, b] = pair.map(({ grad }) => grad.input.reduce((sum, g) => sum + Math.abs(g), 0)) as [number, number];
      return a / (a + b);
    });
    numbers.update(sums.map(([a, b], i) => [fixed(a!.value, 3), fixed(b!.value, 3), fixed(100 * shares[i]!, 1)]));
    parts.forEach(({ negatives, positives, words }, i) => {
      const middle = shares[i]! * WIDTH;
      set(negatives, { width: middle });
      set(positives, { x: middle, width: WIDTH - middle });
      words.textContent = `${ROWS[i]}${i ? `, gamma ${gamma.toFixed(1)}` : ""}: ${fixed(100 * shares[i]!, 1)} % of the gradient from what is right already`;
    });
    set(stage, {
      "aria-label": `Share of the gradient that the easy negatives have: ${shares.map((s, i) => `${ROWS[i]} ${fixed(100 * s, 0)} percent`).join(", ")}`,
    });
  }

  const tune = (label: string, value: number, min: number, max: number, step: number, onInput: (value: number) => void) =>
    slider({
      label,
      min,
      max,
      step,
      value,
      onInput(to) {
        onInput(to);
        update();
      },
    });
  root.append(
    html(
      "p",
      { class: "note" },
      `A detector looks at ${MANY} places. Nearly all are background and judged rightly, with a small probability p of an object; at a few there is one, hardly seen yet. Grey: the part of the gradient that the background makes; orange: that of the objects. Move gamma.`,
    ),
    html(
      "div",
      { class: "controls" },
      tune("gamma", gamma, 0, 5, 0.1, (x) => {
        gamma = x;
      }),
      tune("easy negatives, p", easy, 0.01, 0.4, 0.01, (x) => {
        easy = x;
      }),
      tune("hard positives, p", hard, 0.05, 0.9, 0.05, (x) => {
        hard = x;
      }),
      tune("positives in a thousand", few, 1, 100, 1, (x) => {
        few = x;
      }),
    ),
    stage,
    numbers.node,
  );
  update();
  return () => root.replaceChildren();
};
