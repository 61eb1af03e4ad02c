// 1: what a loss is. Seven numbers, one prediction for all of them: three losses choose three.
// For tests: `behaviour-mse`, `behaviour-l1`, `behaviour-pinball` (best predictions), `behaviour-point-0` … `-6` (handles), "Pause" until touched.

import { l1Loss, mseLoss, pinballLoss } from "losskit";
import { html, set, svg } from "../../dom.js";
import { clamp, draggable, fixed } from "../../views/draw.js";
import { chart, columnWidth, steps } from "../chart.js";
import { motion } from "../motion.js";
import { readout } from "../readout.js";
import { loss, p, type Section } from "../section.js";

const START = [6, 10, 15, 19, 24, 30, 52];
const LONGEST = 60;
const QUANTILE = 0.8;
const SAMPLES = 120;
/** Of the last one, while it moves by itself: from 32 to 58 minutes and back, once in seven seconds. */
const SWAY = { middle: 45, width: 13, speed: 0.9 };

type Evaluate = (input: Float64Array, target: Float64Array) => { each: Float64Array; grad: Float64Array };
const LOSSES: readonly { id: string; colour: string; evaluate: Evaluate }[] = [
  {
    id: "mse",
    colour: "one",
    evaluate(input, target) {
      const { value, grad } = mseLoss.valueAndGrad(input, target, { reduction: "none" });
      return { each: value, grad: grad.input };
    },
  },
  {
    id: "l1",
    colour: "two",
    evaluate(input, target) {
      const { value, grad } = l1Loss.valueAndGrad(input, target, { reduction: "none" });
      return { each: value, grad: grad.input };
    },
  },
  {
    id: "pinball",
    colour: "three",
    evaluate(input, target) {
      const { value, grad } = pinballLoss.valueAndGrad(input, target, { quantile: QUANTILE, reduction: "none" });
      return { each: value, grad: grad.input };
    },
  },
];

const sum = (numbers: Float64Array) => numbers.reduce((total, x) => total + x, 0);

/** Where the sum of the gradients changes its sign: the losses are convex. */
function best(evaluate: Evaluate, targets: Float64Array): number {
  let [low, high] = [0, LONGEST];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    const slope = sum(evaluate(new Float64Array(targets.length).fill(middle), targets).grad);
    if (slope === 0) return middle;
    if (slope > 0) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

const GRID = steps(0, LONGEST, SAMPLES);
const INPUTS = Float64Array.from(GRID.flatMap((x) => START.map(() => x)));

/** The mean loss of each prediction on the grid: one call. */
function curve(evaluate: Evaluate, targets: Float64Array): number[] {
  const tiled = new Float64Array(INPUTS.length);
  GRID.forEach((_, i) => {
    tiled.set(targets, i * targets.length);
  });
  const { each } = evaluate(INPUTS, tiled);
  return GRID.map((_, i) => sum(each.subarray(i * targets.length, (i + 1) * targets.length)) / targets.length);
}

export const behaviour: Section = {
  id: "behaviour",
  short: "What a loss is",
  claim: "A loss says how wrong a prediction is, and choosing it chooses what is learned",
  height: [323, 327],
  lead: () => [
    p("Seven deliveries took these minutes. Which one number should stand for all? The lowest point of each curve is that loss’s answer. Drag a dot."),
  ],
  figure(root) {
    const times = Float64Array.from(START);
    const width = columnWidth(root, 1, 0, 860);
    const picture = chart({
      width,
      height: width < 500 ? 210 : 250,
      x: { from: 0, to: LONGEST, ticks: [0, 10, 20, 30, 40, 50, 60], label: "minutes" },
      y: { from: -0.2, to: 1.12, ticks: [], label: "mean loss of a prediction, each on its own scale" },
      label: "Seven delivery times to drag along an axis, and the mean loss of every prediction, by three losses",
      handles: true,
      left: 14,
    });
    const curves = LOSSES.map(({ colour }) => picture.line(colour));
    const drops = LOSSES.map(({ colour }) => picture.line(`drop ${colour}`));
    const lows = LOSSES.map(({ colour }) => picture.over.appendChild(svg("circle", { class: `low ${colour}`, r: 6 })));
    const level = picture.y(-0.1);
    const handles = START.map((_, i) =>
      picture.over.appendChild(
        svg(
          "g",
          { "data-testid": `behaviour-point-${i}` },
          svg("circle", { class: "reach", cy: level, r: 16 }),
          svg("circle", { class: "grip", cy: level, r: 8 }),
        ),
      ),
    );
    const numbers = readout([
      { id: "behaviour-mse", name: "mseLoss", colour: "one", digits: 1 },
      { id: "behaviour-l1", name: "l1Loss", colour: "two", digits: 1 },
      { id: "behaviour-pinball", name: "pinballLoss 0.8", colour: "three", digits: 1 },
    ]);

    const announce = handles.map((handle, i) => {
      const to = (minutes: number) => {
        times[i] = clamp(Math.round(minutes * 10) / 10, 0, LONGEST);
        update();
      };
      return draggable(handle, {
        label: `delivery ${i + 1}, minutes`,
        min: 0,
        max: LONGEST,
        to: (x) => to(picture.toX(x)),
        by: (dx, dy) => to(times[i]! + dx + dy),
        state: () => ({ now: times[i]!, text: `${fixed(times[i]!, 1)} minutes` }),
      });
    });

    function update(): void {
      const found = LOSSES.map(({ evaluate }, i) => {
        const heights = curve(evaluate, times);
        const top = Math.max(...heights);
        const x = best(evaluate, times);
        const y = sum(evaluate(new Float64Array(times.length).fill(x), times).each) / times.length / top;
        set(curves[i]!, { d: picture.path(heights.map((height, j) => [GRID[j]!, height / top] as const)) });
        set(drops[i]!, { d: picture.path([[x, y] as const, [x, -0.2] as const]) });
        set(lows[i]!, { cx: picture.x(x), cy: picture.y(y) });
        return x;
      });
      numbers.update(found);
      handles.forEach((handle, i) => {
        set(handle, { transform: `translate(${picture.x(times[i]!)} 0)` });
      });
      for (const say of announce) say();
    }

    const moving = motion({
      stage: picture.node,
      auto: true,
      frame(_, total) {
        times[6] = SWAY.middle + SWAY.width * Math.sin(SWAY.speed * total + 0.55);
        update();
        return undefined;
      },
    });
    root.append(picture.node, html("div", { class: "under" }, numbers.node, moving.node));
    update();
    return moving.end;
  },
  after: () => [
    p(
      loss("mseLoss"),
      " answers with the mean, ",
      loss("l1Loss"),
      " with the median, ",
      loss("pinballLoss"),
      " with the time that four of five keep. One late delivery drags the mean with it and leaves the other two where they are. None of the three is wrong: they answer different questions. ",
      "Training does nothing else: it moves a model’s numbers down the slope of the loss, so what the loss rewards is what the model becomes.",
    ),
  ],
};
