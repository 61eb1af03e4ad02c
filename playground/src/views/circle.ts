/**
 * Embeddings of a batch: twelve points on a circle that attract and repel each other, under a loss and a temperature that one changes meanwhile.
 *
 * For tests: `[data-testid=circle-value]`, `[data-testid=circle-within]` and `-across` (mean cosine of points that belong together, largest of those that do
 * not), `[data-testid=circle-0]` … `-11` (sliders: arrow keys 1°, with Shift or Page keys 5°; `aria-valuenow` is the angle), select "loss", sliders
 * "temperature" and "margin", buttons "Step", "Play", "Shuffle".
 */
import { batchHardTripletLoss, cosineSimilarity, infoNceLoss, ntXentLoss, supConLoss } from "losskit";
import { button, select, slider } from "../controls.js";
import { html, set, svg } from "../dom.js";
import type { Mount } from "../view.js";
import { arrow, call, draggable, fixed } from "./draw.js";
import { player } from "./play.js";

const COUNT = 12;
const HALF = COUNT / 2;
const WIDTH = 400;
const RADIUS = 150;
const RADIANS = Math.PI / 180;
/** Scattered by hand. */
const START = [12, 262, 107, 196, 320, 47, 80, 150, 345, 233, 171, 287];
/** Degrees a frame for a pull of 1, times the number of points: the mean of the loss divides by it. */
const RATE = 1.5;
const REST = 0.02;
/** Pixels for a pull of 1, and the longest arrow. */
const ARROW = 26;
const LONGEST = 60;

interface Kind {
  readonly name: string;
  readonly words: string;
  /** Which points belong together: six pairs, or three classes of four. */
  readonly labels: readonly number[];
  readonly control: "temperature" | "margin";
  /** Value, and the gradient of all points. */
  evaluate(points: Float64Array, setting: number): { value: number; gradient: Float64Array };
  readonly code: (setting: number) => { name: string; args: string[] };
}

const PAIRS = Array.from({ length: COUNT }, (_, i) => i % HALF);
const CLASSES = Array.from({ length: COUNT }, (_, i) => i % 3);
const matrix = (data: Float64Array) => ({ data, shape: [data.length / 2, 2] });
type Labelled = (points: ReturnType<typeof matrix>, temperature: number) => { value: number; grad: { embeddings: Float64Array } };
const labelled = (name: string, evaluate: Labelled, words: string): Kind => ({
  name,
  words,
  labels: CLASSES,
  control: "temperature",
  evaluate(points, temperature) {
    const { value, grad } = evaluate(matrix(points), temperature);
    return { value, gradient: grad.embeddings };
  },
  code: (temperature) => ({ name, args: ["tensor(points, [12, 2])", "labels", `{ temperature: ${temperature} }`] }),
});

const KINDS: readonly Kind[] = [
  {
    name: "infoNceLoss",
    words:
      "Six pairs: each query (1 to 6) is drawn to its own key, the dot of its colour, and pushed away by all other keys. It knows no classes: whatever is not its own key is a negative.",
    labels: PAIRS,
    control: "temperature",
    evaluate(points, temperature) {
      const { value, grad } = infoNceLoss.valueAndGrad(matrix(points.subarray(0, COUNT)), matrix(points.subarray(COUNT)), { temperature, symmetric: true });
      return { value, gradient: Float64Array.of(...grad.query, ...grad.key) };
    },
    code: (temperature) => ({
      name: "infoNceLoss",
      args: ["tensor(queries, [6, 2])", "tensor(keys, [6, 2])", `{ temperature: ${temperature}, symmetric: true }`],
    }),
  },
  labelled(
    "supConLoss",
    (points, temperature) => supConLoss.valueAndGrad(points, CLASSES, { temperature }),
    "Three classes of four: each point is drawn to all others of its class, and pushed away by the rest. Positives share one probability, so the loss stays above log 3.",
  ),
  labelled(
    "ntXentLoss",
    (points, temperature) => ntXentLoss.valueAndGrad(points, CLASSES, { temperature }),
    "Three classes of four: each pair of a class for itself against the negatives. Once classes are apart, nothing pulls any more.",
  ),
  {
    name: "batchHardTripletLoss",
    words: "Three classes of four: of each point only the farthest of its class and the nearest of another pull. There is no temperature, but a margin.",
    labels: CLASSES,
    control: "margin",
    evaluate(points, margin) {
      const { value, grad } = batchHardTripletLoss.valueAndGrad(matrix(points), CLASSES, { margin });
      return { value, gradient: grad.embeddings };
    },
    code: (margin) => ({ name: "batchHardTripletLoss", args: ["tensor(points, [12, 2])", "labels", `{ margin: ${margin} }`] }),
  },
];

const px = (x: number) => WIDTH / 2 + x * RADIUS;
const py = (y: number) => WIDTH / 2 - y * RADIUS;

export const mount: Mount = (root) => {
  let angles = [...START];
  let kind = KINDS[0]!;
  const settings = { temperature: 0.2, margin: 0.5 };

  const handles = angles.map((_, i) => svg("g", { "data-testid": `circle-${i}` }, svg("circle", { class: "grip", r: 11 }), svg("text")));
  const pulls = angles.map(() => svg("path", { class: "pull" }));
  const stage = svg(
    "svg",
    { class: "stage", viewBox: `0 0 ${WIDTH} ${WIDTH}`, role: "group", "aria-label": "Twelve points on a circle, with the pull on each" },
    svg("circle", { class: "rule", cx: WIDTH / 2, cy: WIDTH / 2, r: RADIUS }),
    ...pulls,
    ...handles,
  );
  const value = html("b", { "data-testid": "circle-value" });
  const within = html("b", { "data-testid": "circle-within" });
  const across = html("b", { "data-testid": "circle-across" });
  const words = html("p", { class: "note" });
  const code = call();

  const points = () => Float64Array.from(angles.flatMap((angle) => [Math.cos(angle * RADIANS), Math.sin(angle * RADIANS)]));
  const turn = (angle: number) => ((angle % 360) + 360) % 360;

  /** Minus the gradient along each point's turn, by radian, times the number of points. */
  function forces(): { value: number; forces: number[] } {
    const { value, gradient } = kind.evaluate(points(), settings[kind.control]);
    const scale = kind.labels === PAIRS ? HALF : COUNT;
    return {
      value,
      forces: angles.map((angle, i) => -scale * (gradient[2 * i + 1]! * Math.cos(angle * RADIANS) - gradient[2 * i]! * Math.sin(angle * RADIANS))),
    };
  }

  const announce = handles.map((handle, i) => {
    const to = (angle: number) => {
      angles[i] = turn(Math.round(angle));
      update();
    };
    return draggable(handle, {
      label: `point ${i + 1}, angle`,
      min: 0,
      max: 360,
      to: (x, y) => to(Math.atan2(WIDTH / 2 - y, x - WIDTH / 2) / RADIANS),
      by: (dx, dy) => to(Number.isFinite(dx) ? angles[i]! + dx + dy : dx < 0 ? 0 : 359),
      state: () => ({ now: angles[i]!, text: `${fixed(angles[i]!, 0)} degrees; loss ${value.textContent}` }),
    });
  });

  function colour(): void {
    handles.forEach((handle, i) => {
      const label = kind.labels[i]!;
      const key = kind.labels === PAIRS && i >= HALF;
      set(handle, { class: `handle hue hue-${label}${key ? " solid" : ""}` });
      handle.querySelector("text")!.textContent = key ? "" : kind.labels === PAIRS ? String(label + 1) : "ABC"[label]!;
    });
    words.textContent = kind.words;
    temperature.hidden = kind.control !== "temperature";
    margin.hidden = kind.control !== "margin";
  }

  function update(): void {
    const now = forces();
    value.textContent = fixed(now.value, 4);
    const all = points();
    const pairs = angles.flatMap((_, i) => angles.slice(i + 1).map((_, j) => [i, i + 1 + j] as const));
    const side = (which: 0 | 1) => matrix(Float64Array.from(pairs.flatMap((pair) => [...all.subarray(2 * pair[which], 2 * pair[which] + 2)])));
    const cosines = cosineSimilarity(side(0), side(1), { dim: 1 });
    const own = pairs.map(([i, j]) => kind.labels[i] === kind.labels[j]);
    const mates = cosines.filter((_, i) => own[i]);
    within.textContent = fixed(mates.reduce((sum, c) => sum + c, 0) / mates.length, 3);
    across.textContent = fixed(Math.max(...cosines.filter((_, i) => !own[i])), 3);
    angles.forEach((angle, i) => {
      const [cos, sin] = [Math.cos(angle * RADIANS), Math.sin(angle * RADIANS)];
      set(handles[i]!, { transform: `translate(${px(cos)} ${py(sin)})` });
      // outside the circle, so that neighbours do not hide it
      const length = Math.max(-LONGEST, Math.min(LONGEST, ARROW * now.forces[i]!));
      const [x, y] = [px(cos * 1.13), py(sin * 1.13)];
      set(pulls[i]!, { d: arrow(x, y, x - length * sin, y - length * cos) });
    });
    const { name, args } = kind.code(settings[kind.control]);
    code.update(name, args);
    for (const say of announce) say();
  }

  function step(size: number): boolean {
    const { forces: now } = forces();
    angles = angles.map((angle, i) => turn(angle + Math.max(-6, Math.min(6, size * now[i]!))));
    update();
    return Math.max(...now.map(Math.abs)) > REST;
  }
  const play = player(() => step(RATE * Math.min(1, settings.temperature * 5)));

  const tune = (name: "temperature" | "margin", min: number, max: number) =>
    slider({
      label: name,
      min,
      max,
      step: 0.05,
      value: settings[name],
      onInput(x) {
        settings[name] = x;
        update();
      },
    });
  const temperature = tune("temperature", 0.05, 1);
  const margin = tune("margin", 0, 1.5);

  root.append(
    html(
      "p",
      { class: "note" },
      "Press play, and change the temperature while the points move. High, all points push alike and spread evenly; low, only the nearest negatives do, and pairs close up. Arrows are minus the gradient along the circle. Drag a point to disturb them.",
    ),
    html(
      "div",
      { class: "controls" },
      select({
        label: "loss",
        options: KINDS.map(({ name }) => ({ value: name, label: name })),
        value: kind.name,
        onInput(name) {
          kind = KINDS.find((other) => other.name === name)!;
          colour();
          update();
        },
      }),
      temperature,
      margin,
      button("Step", () => step(4 * RATE)),
      play.node,
      button("Shuffle", () => {
        // the golden angle: always another order, never a heap
        angles = angles.map((angle, i) => turn(Math.round(angle + 137.5 * (i + 1))));
        update();
      }),
    ),
    html(
      "div",
      { class: "split" },
      stage,
      html(
        "div",
        {},
        html("p", { class: "reading" }, "loss ", value),
        html("p", { class: "reading" }, "cosine within: mean ", within),
        html("p", { class: "reading" }, "cosine across: largest ", across),
        words,
        code.node,
      ),
    ),
  );
  colour();
  update();
  return () => {
    play.pause();
    root.replaceChildren();
  };
};
