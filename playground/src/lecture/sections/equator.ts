// 12: the equator. Cosines of random vectors, as the dimension grows from 2 to 1000, and what that means for the margin.
// For tests: `equator-deviation`, `equator-expected` (1/√d), `equator-share` (percent of pairs above the margin), `equator-loss`; sliders "dimension" (its value is an index), "margin"; "Play".

import { cosineEmbeddingLoss, cosineSimilarity } from "losskit";
import { seeded } from "../../../../examples/digits/random.js";
import { slider } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { slide } from "../../views/draw.js";
import { chart, columnWidth } from "../chart.js";
import { motion } from "../motion.js";
import { readout } from "../readout.js";
import { listing, p, type Section, see } from "../section.js";

const DIMENSIONS = [2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 64, 80, 100, 128, 160, 200, 256, 320, 400, 512, 640, 800, 1000];
/** Pairs are rows at these distances from each other: 8 × 256. */
const ROWS = 256;
const OFFSETS = Array.from({ length: 8 }, (_, i) => i + 1);
const BINS = 80;
const ANGLES = 4000;
/** Dimensions in a second, while it plays. */
const SPEED = 5;

/**
 * Random vectors, as many coordinates of each as have been asked for: Gaussian, so that every direction is as likely (Box and Muller 1958).
 * The first d coordinates of a vector are one of d dimensions.
 */
function directions(): (dimension: number) => Float32Array {
  const random = seeded(11);
  const count = ROWS + OFFSETS.length;
  const columns: Float32Array[] = [];
  return (dimension) => {
    while (columns.length < dimension) {
      const [cosines, sines] = [new Float32Array(count), new Float32Array(count)];
      for (let row = 0; row < count; row++) {
        const radius = Math.sqrt(-2 * Math.log(1 - random()));
        const angle = 2 * Math.PI * random();
        cosines[row] = radius * Math.cos(angle);
        sines[row] = radius * Math.sin(angle);
      }
      columns.push(cosines, sines);
    }
    const rows = new Float32Array(count * dimension);
    for (let i = 0; i < dimension; i++) {
      const column = columns[i]!;
      for (let row = 0; row < count; row++) rows[row * dimension + i] = column[row]!;
    }
    return rows;
  };
}

/** Both sides of pairs of such vectors, and the cosines of all pairs. */
function pairsOf(rows: Float32Array, dimension: number) {
  const shape = [ROWS, dimension];
  const from = (row: number) => ({ data: rows.subarray(row * dimension, (row + ROWS) * dimension), shape });
  const cosines = new Float32Array(ROWS * OFFSETS.length);
  OFFSETS.forEach((offset, i) => {
    cosines.set(cosineSimilarity(from(0), from(offset)) as Float32Array, i * ROWS);
  });
  return { cosines, first: from(0), second: from(1) };
}

const binOf = (cosine: number) => Math.min(BINS - 1, Math.floor(((cosine + 1) / 2) * BINS));

/** What is expected in each bin: the angle of two random directions has the density sin^(d − 2). */
function expected(dimension: number): number[] {
  const bins = new Array<number>(BINS).fill(0);
  let sum = 0;
  for (let i = 0; i < ANGLES; i++) {
    const angle = ((i + 0.5) / ANGLES) * Math.PI;
    const weight = Math.sin(angle) ** (dimension - 2);
    bins[binOf(Math.cos(angle))]! += weight;
    sum += weight;
  }
  return bins.map((weight) => weight / sum);
}

export const equator: Section = {
  id: "equator",
  short: "The equator",
  claim: "In many dimensions everything is at a right angle to everything: all directions lie near the equator",
  height: [391, 522],
  lead: () => [
    p(
      "Take one direction as the north pole and throw others at random: how far north do they land? The cosine says so. On a circle anywhere, mostly near the poles; move the dimension, or press play, and they gather at the equator, cosine 0.",
    ),
  ],
  figure(root) {
    const vectors = directions();
    let dimension = 2;
    let margin = 0.5;
    const width = columnWidth(root, 1, 0, 860);
    const picture = chart({
      width,
      height: width < 500 ? 230 : 270,
      x: { from: -1, to: 1, ticks: [-1, -0.5, 0, 0.5, 1], label: "cosine of two random vectors" },
      y: { from: 0, to: 1.12, ticks: [], label: "2048 pairs; the line is the theory" },
      label: "",
      left: 14,
    });
    const beyond = picture.inner.appendChild(svg("rect", { class: "band" }));
    const wide = picture.x(-1 + 2 / BINS) - picture.x(-1);
    const bars = Array.from({ length: BINS }, (_, i) =>
      picture.inner.appendChild(svg("rect", { class: "count", x: picture.x(-1 + (2 * i) / BINS) + 0.5, width: Math.max(1, wide - 1) })),
    );
    const theory = picture.line("three");
    const edge = picture.line("drop orange");
    const marginName = picture.over.appendChild(svg("text", { class: "halo" }, "margin"));
    const numbers = readout([
      { id: "equator-deviation", name: "spread of the cosines", colour: "one" },
      { id: "equator-expected", name: "1 / √d", colour: "three" },
      { id: "equator-share", name: "% above the margin", colour: "gradient", digits: 1 },
      { id: "equator-loss", name: "loss of 256 random negatives", digits: 4 },
    ]);
    let now = pairsOf(vectors(dimension), dimension);

    function show(): void {
      const { cosines, first, second } = now;
      const counts = new Array<number>(BINS).fill(0);
      for (const cosine of cosines) counts[binOf(cosine)]!++;
      const line = expected(dimension);
      const top = Math.max(...line, ...counts.map((count) => count / cosines.length));
      counts.forEach((count, i) => {
        const y = picture.y(count / cosines.length / top);
        set(bars[i]!, { y: y.toFixed(1), height: (picture.y(0) - y).toFixed(1) });
      });
      set(theory, { d: picture.path(line.map((part, i) => [-1 + (2 * (i + 0.5)) / BINS, part / top] as const)) });
      const x = picture.x(margin);
      set(beyond, { x, y: 0, width: picture.x(1) - x, height: picture.y(0) });
      set(edge, { d: picture.path([[margin, 0] as const, [margin, 1] as const]) });
      set(marginName, { x, y: picture.y(1.06) });
      const share = cosines.reduce((count, cosine) => count + (cosine > margin ? 1 : 0), 0) / cosines.length;
      const deviation = Math.sqrt(cosines.reduce((sum, cosine) => sum + cosine * cosine, 0) / cosines.length);
      numbers.update([deviation, 1 / Math.sqrt(dimension), 100 * share, cosineEmbeddingLoss(first, second, new Int8Array(ROWS).fill(-1), { margin })]);
      picture.describe(
        `Histogram of the cosines of 2048 pairs of random vectors of ${dimension} dimensions: spread ${deviation.toFixed(3)}, ${(100 * share).toFixed(1)} percent above ${margin}`,
      );
    }

    const dimensions = slider({
      label: "dimension",
      min: 0,
      max: DIMENSIONS.length - 1,
      step: 1,
      value: 0,
      format: (i) => String(DIMENSIONS[i]),
      onInput(i) {
        dimension = DIMENSIONS[i]!;
        now = pairsOf(vectors(dimension), dimension);
        show();
      },
    });
    let at = 0;
    const moving = motion({
      stage: root,
      frame(seconds) {
        at += SPEED * seconds;
        slide(dimensions, Math.min(DIMENSIONS.length - 1, Math.floor(at)));
        return at < DIMENSIONS.length - 1;
      },
    });
    moving.node.addEventListener("click", () => {
      at = Number(dimensions.querySelector("input")!.value);
      if (at >= DIMENSIONS.length - 1) at = 0;
    });
    root.append(
      picture.node,
      numbers.node,
      html(
        "div",
        { class: "controls" },
        dimensions,
        slider({
          label: "margin",
          min: 0,
          max: 0.9,
          step: 0.05,
          value: margin,
          onInput(value) {
            margin = value;
            show();
          },
        }),
        moving.node,
      ),
    );
    show();
    return moving.end;
  },
  after: () => [
    p(
      "For the margin this means: in two dimensions a third of all random pairs lie above 0.5 and are pushed apart; in a thousand none does, nor above 0.2. Different pairs then cost nothing from the first step on, and teach nothing. So take a margin near 0, about a few times 1 / √d, and look for hard negatives instead of random ones. ",
      "And read a cosine against its dimension: 0.3 between embeddings of a thousand numbers is ten times the spread of chance. (",
      see("cosine", "the cosine"),
      ")",
    ),
    listing("cosineEmbeddingLoss(a, b, [-1], { margin: 3 / Math.sqrt(d) })"),
  ],
};
