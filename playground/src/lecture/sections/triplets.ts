// 10: triplets. Three points to drag, one set of controls, and figure 1, a to d, of Balntas, Riba, Ponsa and Mikolajczyk ("Learning local feature descriptors
// with triplets and shallow convolutional neural networks", BMVC 2016), of the same three points.
// For tests: `triplets-anchor`, `-positive`, `-negative` (handles), `triplets-value`, `triplets-near`, `triplets-far`, `triplets-figure-a` … `-d`;
// select "loss", sliders "margin", "step size", checkbox "swap", buttons "Play", "Step", "Reset".

import { pairwiseDistance } from "losskit";
import { button, select, slider } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { checkbox, ink, onTheme, pull } from "../../views/draw.js";
import { board } from "../board.js";
import { columns, columnWidth } from "../chart.js";
import { evaluate, heat, type TripletKind, type TripletSettings } from "../heat.js";
import { motion } from "../motion.js";
import { readout } from "../readout.js";
import { caption, code, listing, loss, maths, p, type Section } from "../section.js";

const NAMES = ["anchor", "positive", "negative"] as const;
const COLOURS = ["", "two", "three"];
const START = [
  [-0.6, -0.3],
  [1.2, 0.5],
  [0.1, 0.9],
];
/** Steps in a second, while it plays. */
const SPEED = 3;
/** A schematic panel of the figure shows this much of the board. */
const PANEL = { width: 5, height: 4 };

export const triplets: Section = {
  id: "triplets",
  short: "Triplets",
  claim: "A triplet asks for a comparison: the anchor nearer to the positive than to the negative",
  height: [701, 1210],
  lead: () => [
    p(
      "Drag anchor, positive and negative. ",
      html("span", { class: "gradient" }, "Arrows"),
      " are one training step. With the margin loss the negative is safe outside the dotted circle; the ratio loss never lets go entirely.",
    ),
  ],
  figure(root) {
    const settings: TripletSettings = { margin: 0.5, swap: false };
    let kind: TripletKind = "margin";
    let rate = 0.4;
    const width = columnWidth(root, 2);
    const stage = board({
      width,
      height: 300,
      unit: 72,
      label: "Anchor, positive and negative in the plane",
      points: NAMES.map((name, i) => ({ id: `triplets-${name}`, name, letter: name[0]!, colour: COLOURS[i]! })),
      start: START,
      changed: () => update(),
      describe: () => `loss ${numbers.node.querySelector("dd")!.textContent}`,
    });
    const ring = stage.under.appendChild(svg("circle", { class: "edge", "stroke-dasharray": "2 5" }));
    const edges = ["", "6 4"].map((dash) => stage.under.appendChild(svg("line", { class: "edge", "stroke-dasharray": dash })));
    const names = ["δ+", "δ−"].map((text) => stage.under.appendChild(svg("text", { class: "halo" }, text)));
    const pulls = NAMES.map(() => stage.under.appendChild(svg("path", { class: "pull" })));
    const numbers = readout([
      { id: "triplets-value", name: "loss", colour: "one", digits: 4 },
      { id: "triplets-near", name: "δ+" },
      { id: "triplets-far", name: "δ−" },
    ]);

    const panelWidth = columnWidth(root, 4, 120, 260);
    const schemes = { margin: scheme(panelWidth, true), ratio: scheme(panelWidth, false) };
    const maps = { margin: heat("margin", panelWidth), ratio: heat("ratio", panelWidth) };
    const panel = (letter: string, title: string, node: Element) => {
      set(node, { "data-testid": `triplets-figure-${letter}` });
      return html("div", {}, caption(html("b", {}, `(${letter})`), ` ${title}`), node);
    };

    const now = (which: TripletKind) => {
      const [a, p, n] = stage.at.map((point) => ({ data: Float64Array.from(point), shape: [1, 2] })) as [Rows, Rows, Rows];
      const { value, grad } = evaluate(which, [a, p, n], settings);
      return { value: value[0]!, grads: NAMES.map((name) => Array.from(grad[name])) };
    };
    const distances = () => {
      const [a, p, n] = stage.at as [number[], number[], number[]];
      const [near, far, other] = [pairwiseDistance(a, p)[0]!, pairwiseDistance(a, n)[0]!, pairwiseDistance(p, n)[0]!];
      return { near, far, swapped: settings.swap && other < far, used: settings.swap ? Math.min(far, other) : far };
    };
    const angle = () => {
      const [a, p, n] = stage.at as [number[], number[], number[]];
      return Math.atan2(n[1]! - a[1]!, n[0]! - a[0]!) - Math.atan2(p[1]! - a[1]!, p[0]! - a[0]!);
    };

    function update(repaint = settings.swap): void {
      const { value, grads } = now(kind);
      const { near, far, used, swapped } = distances();
      numbers.update([value, near, used]);
      const [a, p, n] = stage.at as [number[], number[], number[]];
      const unit = stage.x(1) - stage.x(0);
      set(ring, {
        cx: stage.x(a[0]!),
        cy: stage.y(a[1]!),
        r: (near + settings.margin) * unit,
        visibility: kind === "margin" && !swapped ? "visible" : "hidden",
      });
      [
        [a, p],
        [swapped ? p : a, n],
      ].forEach(([from, to], i) => {
        const [x1, y1, x2, y2] = [stage.x(from![0]!), stage.y(from![1]!), stage.x(to![0]!), stage.y(to![1]!)];
        set(edges[i]!, { x1, y1, x2, y2 });
        set(names[i]!, { x: (x1 + x2) / 2, y: (y1 + y2) / 2 });
      });
      grads.forEach(([gx, gy], i) => {
        set(pulls[i]!, { d: pull(stage.x(stage.at[i]![0]!), stage.y(stage.at[i]![1]!), -rate * gx! * unit, rate * gy! * unit) });
      });
      for (const which of ["margin", "ratio"] as const) {
        const { value, grads } = now(which);
        schemes[which].draw(stage.at, grads, swapped, near + settings.margin);
        if (repaint) maps[which].paint(settings, angle());
        maps[which].mark(near, far, value);
      }
      stage.draw();
    }

    const step = (size: number): number => {
      const { value, grads } = now(kind);
      grads.forEach(([gx, gy], i) => {
        stage.move(i, stage.at[i]![0]! - size * gx!, stage.at[i]![1]! - size * gy!);
      });
      update();
      return value;
    };
    const moving = motion({ stage: root, frame: (seconds) => step(SPEED * seconds * rate) > 0.02 });
    root.append(
      columns(
        288,
        html(
          "div",
          {},
          stage.node,
          html(
            "div",
            { class: "go" },
            moving.node,
            button("Step", () => step(rate)),
            button("Reset", () => {
              stage.reset();
              update();
            }),
          ),
        ),
        html(
          "div",
          {},
          numbers.node,
          html(
            "div",
            { class: "controls" },
            select({
              label: "loss",
              options: [
                { value: "margin", label: "tripletMarginLoss" },
                { value: "ratio", label: "tripletRatioLoss" },
              ],
              value: kind,
              onInput(value) {
                kind = value === "ratio" ? "ratio" : "margin";
                update();
              },
            }),
            checkbox("swap", settings.swap, (swap) => {
              settings.swap = swap;
              update(true);
            }),
            slider({
              label: "margin",
              min: 0.1,
              max: 1,
              step: 0.05,
              value: settings.margin,
              onInput(margin) {
                settings.margin = margin;
                update(true);
              },
            }),
            slider({
              label: "step size",
              min: 0.1,
              max: 1,
              step: 0.1,
              value: rate,
              onInput(value) {
                rate = value;
                update();
              },
            }),
          ),
        ),
      ),
      html("h3", {}, "Figure 1, a to d, with your three points"),
      columns(
        120,
        panel("a", "margin", schemes.margin.node),
        panel("b", "margin loss", maps.margin.node),
        panel("c", "ratio", schemes.ratio.node),
        panel("d", "ratio loss", maps.ratio.node),
      ),
      html(
        "p",
        { class: "note" },
        "Darker is a larger loss, up to 3; the ring is where your three points are. Letters as in Balntas, Riba, Ponsa and Mikolajczyk, BMVC 2016, figure 1. The checkbox swap changes all four.",
      ),
    );
    const colours = () => {
      const rgb = ink(root, "--value");
      maps.margin.colour(rgb);
      maps.ratio.colour(rgb);
      update(true);
    };
    colours();
    const noTheme = onTheme(colours);
    return () => {
      moving.end();
      noTheme();
    };
  },
  after: () => [
    maths("margin = max(0, δ+ − δ− + m)", "ratio = 2 σ(δ+ − δ−)²", "swap: δ− = min(|a − n|, |p − n|)"),
    p(
      "The margin loss is all or nothing: it pulls with full force until the gap is there, then not at all, so most triplets of a trained network teach nothing. The ratio loss has no margin to choose; it pulls hardest where the comparison is close, and fades on both sides. ",
      code("swap"),
      " takes the harder of two negatives: if the negative lies nearer to the positive than to the anchor, that distance counts. (",
      loss("tripletMarginLoss"),
      ", ",
      loss("tripletRatioLoss"),
      ")",
    ),
    listing("tripletMarginLoss(anchor, positive, negative, { margin: 0.5, swap: true })"),
  ],
};

type Rows = { data: Float64Array; shape: number[] };

/** A small picture of the three points: what the loss looks at, and where it pulls. */
function scheme(width: number, circle: boolean) {
  const unit = width / PANEL.width;
  const height = unit * PANEL.height;
  const x = (v: number) => width / 2 + v * unit;
  const y = (v: number) => height / 2 - v * unit;
  const ring = svg("circle", { class: "edge", "stroke-dasharray": "2 4" });
  const lines = ["", "5 3"].map((dash) => svg("line", { class: "edge", "stroke-dasharray": dash }));
  const pulls = NAMES.map(() => svg("path", { class: "pull thin" }));
  const dots = NAMES.map((name, i) => svg("g", { class: `mark ${COLOURS[i]}` }, svg("circle", { r: 9 }), svg("text", {}, name[0]!)));
  const node = svg(
    "svg",
    {
      class: "stage clipped board",
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": circle ? "The margin loss: a circle around the anchor" : "The ratio loss: two distances",
    },
    svg("rect", { class: "frame-line", x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 6 }),
    ring,
    ...lines,
    ...pulls,
    ...dots,
  );
  node.style.maxWidth = `${width}px`;
  return {
    node,
    draw(at: readonly number[][], grads: readonly number[][], swapped: boolean, radius: number): void {
      const [a, p, n] = at as [number[], number[], number[]];
      set(ring, { cx: x(a[0]!), cy: y(a[1]!), r: radius * unit, visibility: circle && !swapped ? "visible" : "hidden" });
      [
        [a, p],
        [swapped ? p : a, n],
      ].forEach(([from, to], i) => {
        set(lines[i]!, { x1: x(from![0]!), y1: y(from![1]!), x2: x(to![0]!), y2: y(to![1]!) });
      });
      at.forEach(([px, py], i) => {
        set(dots[i]!, { transform: `translate(${x(px!)} ${y(py!)})` });
        set(pulls[i]!, { d: pull(x(px!), y(py!), -0.6 * grads[i]![0]! * unit, 0.6 * grads[i]![1]! * unit) });
      });
    },
  };
}
