/**
 * CTC: the lattice of all alignments of a target with the time steps, how much of the probability goes through each place, and the paths one by one.
 *
 * For tests: `[data-testid=ctc-value]` (the loss, a sum), `[data-testid=ctc-total]` (probability of all paths together), `[data-testid=ctc-paths]` (their number),
 * `[data-testid=ctc-path]` (probability of the chosen path), `[data-testid=ctc-bar-T-S]` (probability of symbol S at step T, both from 0: a slider, arrow keys move
 * the score by 0.25), select "target", sliders "time steps" and "path, by probability", button "Reset".
 */
import { ctcLoss, logSoftmax, logSumExp, nllLoss } from "losskit";
import { button, select, slider } from "../controls.js";
import { html, set, svg } from "../dom.js";
import type { Mount } from "../view.js";
import { arrow, call, clamp, draggable, fixed } from "./draw.js";

const SYMBOLS = ["∅", "a", "b"];
const TARGETS: Record<string, readonly number[]> = { a: [1], ab: [1, 2], aa: [1, 1], aba: [1, 2, 1] };
const MOST = 6;
/** Scores of blank, a and b at each step: somewhat like "ab". */
const START = [2, 0, -1, 0.5, 1.5, -0.5, 0.8, 0.6, 0, 0.5, -0.5, 1.5, 1, -1, 1, 2, -1, 0];
const LARGEST = 6;
const KEY = 0.25;

const LEFT = 44;
const COLUMN = 66;
const ROW = 40;
const TOP = 22;
const BAR = 44;
const NODE = 14;
/** Pixels of an arrow for a gradient of 1. */
const ARROW = 90;

interface Path {
  readonly states: readonly number[];
  readonly probability: number;
}

/** All ways through the lattice: on, to the next place, or over a blank between two different symbols. */
function pathsOf(extended: readonly number[], steps: number): number[][] {
  const found: number[][] = [];
  const walk = (states: number[]) => {
    const at = states.at(-1)!;
    if (states.length === steps) {
      if (at >= extended.length - 2) found.push(states);
      return;
    }
    for (const next of [at, at + 1, at + 2]) {
      const over = next === at + 2;
      if (next >= extended.length || (over && (extended[next] === 0 || extended[next] === extended[at]))) continue;
      walk([...states, next]);
    }
  };
  walk([0]);
  walk([1]);
  return found;
}

export const mount: Mount = (root) => {
  let scores = [...START];
  let target = "ab";
  let steps = 5;
  let rank = 1;

  const value = html("b", { "data-testid": "ctc-value" });
  const total = html("span", { "data-testid": "ctc-total" });
  const count = html("span", { "data-testid": "ctc-paths" });
  const own = html("span", { "data-testid": "ctc-path" });
  const spelled = html("b");
  const share = html("span");
  const code = call();
  const lattice = html("div");
  const emissions = html("div");
  const choice = html("div");

  const at = (t: number) => LEFT + (t + 0.5) * COLUMN;
  const wide = () => LEFT + steps * COLUMN;
  const row = (s: number) => TOP + (s + 0.5) * ROW;
  const logs = () => ({ data: logSoftmax({ data: scores.slice(0, steps * 3), shape: [steps, 3] }, { dim: 1 }), shape: [steps, 3] });

  let nodes: SVGGElement[][] = [];
  let edges: { node: SVGLineElement; from: [number, number]; to: [number, number] }[] = [];
  let chosen: SVGPathElement;
  let extended: number[] = [];
  let ways: number[][] = [];
  let handles: { handle: SVGGElement; bar: SVGRectElement; pull: SVGPathElement; text: SVGTextElement; t: number; s: number }[] = [];
  let announce: (() => void)[] = [];

  /** What depends on the target and the number of steps. */
  function build(): void {
    extended = [0, ...TARGETS[target]!.flatMap((symbol) => [symbol, 0])];
    ways = pathsOf(extended, steps);
    const pairs = new Map<string, { from: [number, number]; to: [number, number] }>();
    for (const way of ways) for (let t = 1; t < steps; t++) pairs.set(`${t} ${way[t - 1]} ${way[t]}`, { from: [t - 1, way[t - 1]!], to: [t, way[t]!] });
    edges = [...pairs.values()].map(({ from, to }) => ({
      node: svg("line", { class: "flow", x1: at(from[0]), y1: row(from[1]), x2: at(to[0]), y2: row(to[1]) }),
      from,
      to,
    }));
    chosen = svg("path", { class: "way" });
    nodes = Array.from({ length: steps }, (_, t) =>
      extended.map((_, s) =>
        svg(
          "g",
          { transform: `translate(${at(t)} ${row(s)})` },
          svg("circle", { class: "ground", r: NODE }),
          svg("circle", { class: "place", r: NODE }),
          svg("text"),
        ),
      ),
    );
    lattice.replaceChildren(
      svg(
        "svg",
        { class: "stage lattice", viewBox: `0 0 ${wide()} ${TOP + extended.length * ROW}`, role: "img", "aria-label": "Lattice of alignments" },
        ...Array.from({ length: steps }, (_, t) => label(at(t), 10, `t = ${t + 1}`)),
        ...extended.map((symbol, s) => label(LEFT / 2, row(s), SYMBOLS[symbol]!, "symbol")),
        ...edges.map(({ node }) => node),
        chosen,
        ...nodes.flat(),
      ),
    );

    handles = [];
    const bars = Array.from({ length: steps * 3 }, (_, i) => {
      const [t, s] = [Math.floor(i / 3), i % 3];
      const handle = svg(
        "g",
        { "data-testid": `ctc-bar-${t}-${s}`, "aria-orientation": "vertical" },
        svg("rect", { class: "grip", x: at(t) - 17, y: -4, width: 34, height: 8, rx: 4 }),
      );
      const bar = svg("rect", { x: at(t) - 15, width: 30, fill: "var(--value)", opacity: 0.5 });
      const pull = svg("path", { class: "pull thin" });
      const text = svg("text", { class: "quiet small", x: at(t), y: base(s) + 9 });
      handles.push({ handle, bar, pull, text, t, s });
      return [bar, text, pull, handle];
    });
    emissions.replaceChildren(
      svg(
        "svg",
        { class: "stage lattice", viewBox: `0 0 ${wide()} ${3 * (BAR + 24) + 10}`, role: "group", "aria-label": "Probability of each symbol at each step" },
        ...SYMBOLS.map((symbol, s) => label(LEFT / 2, base(s) - BAR / 2, symbol, "symbol")),
        ...SYMBOLS.map((_, s) => svg("line", { class: "rule", x1: LEFT, x2: wide(), y1: base(s), y2: base(s) })),
        ...bars.flat(),
      ),
    );
    announce = handles.map(({ handle, t, s }) =>
      draggable(handle, {
        label: `score of ${s ? SYMBOLS[s] : "blank"} at step ${t + 1}`,
        min: -LARGEST,
        max: LARGEST,
        // the score that gives this probability beside the other two
        to(_, y) {
          const p = clamp((base(s) - y) / BAR, 0.01, 0.99);
          const others = logSumExp(
            [0, 1, 2].filter((other) => other !== s).map((other) => scores[3 * t + other]!),
            { dim: 0 },
          )[0]!;
          score(t, s, Math.log(p / (1 - p)) + others);
        },
        by: (dx, dy) => score(t, s, scores[3 * t + s]! + KEY * (dx + dy)),
        state: () => ({ now: scores[3 * t + s]!, text: `score ${fixed(scores[3 * t + s]!, 2)}, probability ${probability(t, s)}; loss ${value.textContent}` }),
      }),
    );
    rank = 1;
    choice.replaceChildren(
      slider({
        label: "path, by probability",
        min: 1,
        max: Math.max(1, ways.length),
        step: 1,
        value: rank,
        onInput(to) {
          rank = to;
          update();
        },
      }),
    );
  }

  const base = (s: number) => (s + 1) * (BAR + 24) - 14;
  const label = (x: number, y: number, text: string, kind = "quiet") => svg("text", { class: kind, x, y }, text);
  let seen: Float64Array = new Float64Array(0);
  const probability = (t: number, s: number) => fixed(Math.exp(seen[3 * t + s]!), 2);

  function score(t: number, s: number, to: number): void {
    scores[3 * t + s] = clamp(Math.round(to * 100) / 100, -LARGEST, LARGEST);
    update();
  }

  function update(): void {
    const input = logs();
    seen = input.data;
    const symbols = TARGETS[target]!;
    const { value: loss, grad } = ctcLoss.valueAndGrad(input, symbols, steps, symbols.length, { reduction: "sum" });
    // the log-probability of a path is what nllLoss sums up
    const paths: Path[] = ways.map((states) => ({
      states,
      probability: Math.exp(
        -nllLoss(
          input,
          states.map((s) => extended[s]!),
          { reduction: "sum" },
        ),
      ),
    }));
    const all = Math.exp(-loss);
    const through = nodes.map((column) => column.map(() => 0));
    const flow = new Map<string, number>();
    for (const { states, probability } of paths) {
      states.forEach((s, t) => {
        through[t]![s]! += probability / all;
        if (t > 0) {
          const key = `${t} ${states[t - 1]} ${s}`;
          flow.set(key, (flow.get(key) ?? 0) + probability / all);
        }
      });
    }
    nodes.forEach((column, t) => {
      column.forEach((node, s) => {
        const part = through[t]![s]!;
        set(node, { visibility: part > 0 ? "visible" : "hidden" });
        set(node.children[1]!, { "fill-opacity": (0.75 * part).toFixed(3) });
        node.lastElementChild!.textContent = (100 * part).toFixed(0);
      });
    });
    for (const { node, from, to } of edges) {
      const part = flow.get(`${to[0]} ${from[1]} ${to[1]}`) ?? 0;
      set(node, { "stroke-width": (0.75 + 9 * part).toFixed(2) });
    }
    const best = [...paths].sort((a, b) => b.probability - a.probability)[rank - 1];
    set(chosen, { d: best ? `M${best.states.map((s, t) => `${at(t)} ${row(s)}`).join("L")}` : "" });
    value.textContent = Number.isFinite(loss) ? fixed(loss, 4) : "Infinity";
    total.textContent = fixed(all, 4);
    count.textContent = String(paths.length);
    own.textContent = best ? fixed(best.probability, 4) : "–";
    spelled.textContent = best ? best.states.map((s) => SYMBOLS[extended[s]!]).join(" ") : "none fits";
    share.textContent = best ? `${fixed((100 * best.probability) / all, 1)} % of all` : "";
    for (const { handle, bar, pull, text, t, s } of handles) {
      const p = Math.exp(seen[3 * t + s]!);
      const y = base(s) - BAR * p;
      set(bar, { y, height: BAR * p });
      set(handle, { transform: `translate(0 ${y})` });
      const g = grad.logProbs[3 * t + s]!;
      set(pull, { d: arrow(at(t) + 24, y, at(t) + 24, y + ARROW * (Number.isFinite(g) ? g : 0)) });
      text.textContent = probability(t, s);
    }
    const rounded = Array.from(seen, (x) => Number(x.toFixed(4)));
    code.update("ctcLoss", [
      `tensor([${rounded.join(", ")}], [${steps}, 3])`,
      `[${symbols.join(", ")}]`,
      String(steps),
      String(symbols.length),
      '{ reduction: "sum" }',
    ]);
    for (const say of announce) say();
  }

  const anew = () => {
    build();
    update();
  };
  root.append(
    html(
      "p",
      { class: "note" },
      "Rows are the target with a blank ∅ before, between and after its symbols; columns are time steps. A path starts in one of the first two rows, ends in one of the last two, and at each step stays, goes one row down, or jumps over a blank between two different symbols. ",
      "The number in a place is the part of the probability, in percent, whose paths go through it. Drag the bars: the arrows beside them are minus the gradient of the scores.",
    ),
    html(
      "div",
      { class: "controls" },
      select({
        label: "target",
        options: Object.keys(TARGETS).map((name) => ({ value: name, label: name })),
        value: target,
        onInput(name) {
          target = name;
          anew();
        },
      }),
      slider({
        label: "time steps",
        min: 2,
        max: MOST,
        step: 1,
        value: steps,
        onInput(to) {
          steps = to;
          anew();
        },
      }),
      choice,
      button("Reset", () => {
        scores = [...START];
        update();
      }),
    ),
    html(
      "div",
      { class: "split" },
      html("div", {}, lattice, html("p", { class: "title" }, "probability of each symbol"), emissions),
      html(
        "div",
        {},
        html("p", { class: "reading" }, "loss ", value, " = −log ", total),
        html("p", { class: "reading" }, "that is all ", count, " paths together"),
        html("p", { class: "reading" }, "chosen path ", spelled),
        html("p", { class: "reading" }, "its probability ", own, ", ", share),
        code.node,
      ),
    ),
  );
  anew();
  return () => root.replaceChildren();
};
