// The picture: one column a loss, the space before training above the space after it. Light, or dark where the reader's system is.

import { CLASSES } from "../digits/data.js";
import { percent } from "../digits/table.js";

export interface Panel {
  /** [., 2] */
  readonly plane: Float64Array;
  readonly recall: number;
}

export interface Column {
  readonly name: string;
  readonly from: string;
  readonly before: Panel;
  readonly after: Panel;
}

/** Ten hues that are apart on white as on black (Tableau 10, the grey made darker); numerals say the same to those who cannot tell them apart. */
const COLOURS = ["#4e79a7", "#f28e2b", "#e15759", "#2aa198", "#59a14f", "#d4a500", "#b07aa1", "#ff7f9e", "#9c755f", "#7f7f7f"];

const SIDE = 260;
const GAP = 16;
const EDGE = 24;
const HEAD = 134;
/** A line above each panel: how far it is from the panel before it, and from its own. */
const LINE = { above: 28, below: 8 };
const MARGIN = 14;

const STYLE = `.back { fill: #ffffff } .panel { fill: #f6f8fa; stroke: #d1d9e0 } text { font: 13px sans-serif; fill: #1f2328 }
.title { font-size: 18px; font-weight: bold } .name { font-weight: bold } .small { font-size: 12px; fill: #59636e }
.points { fill: none; stroke-width: 4.5; stroke-linecap: round; stroke-opacity: 0.75 }
.class { font-size: 17px; font-weight: bold; text-anchor: middle; dominant-baseline: central; paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round }
@media (prefers-color-scheme: dark) {
.back { fill: #0d1117 } .panel { fill: #151b23; stroke: #3d444d } text { fill: #f0f6fc } .small { fill: #9198a1 } .class { stroke: #0d1117 } }`;

const middle = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

/** Both axes of a panel have one scale, so that distances are what they are. */
function scaled(plane: Float64Array, left: number, top: number): (axis: 0 | 1, row: number) => number {
  const ends = [0, 1].map((axis) => {
    const along = plane.filter((_, i) => i % 2 === axis);
    return { low: Math.min(...along), high: Math.max(...along) };
  });
  const scale = (SIDE - 2 * MARGIN) / Math.max(...ends.map(({ low, high }) => high - low));
  return (axis, row) => (axis === 0 ? left : top) + SIDE / 2 + scale * (plane[2 * row + axis]! - (ends[axis]!.low + ends[axis]!.high) / 2);
}

function panel(when: string, { plane, recall }: Panel, classes: Int32Array, left: number, line: number): string {
  const top = line + LINE.below;
  const at = scaled(plane, left, top);
  const lines = [
    `<text x="${left}" y="${line}">${when}</text><text x="${left + SIDE}" y="${line}" text-anchor="end">recall@1 ${percent(recall)}</text>`,
    `<rect class="panel" x="${left}" y="${top}" width="${SIDE}" height="${SIDE}" rx="4"/>`,
  ];
  const numerals: string[] = [];
  for (let label = 0; label < CLASSES; label++) {
    const rows = [...classes.keys()].filter((row) => classes[row] === label);
    if (rows.length === 0) continue;
    // A line of no length with round ends is a dot: one path a class is a tenth of as many circles.
    const dots = rows.map((row) => `M${at(0, row).toFixed(1)} ${at(1, row).toFixed(1)}h0`).join("");
    lines.push(`<path class="points" stroke="${COLOURS[label]}" d="${dots}"/>`);
    const [x, y] = ([0, 1] as const).map((axis) => middle(rows.map((row) => at(axis, row))).toFixed(1));
    numerals.push(`<text class="class" x="${x}" y="${y}" style="fill: ${COLOURS[label]}">${label}</text>`);
  }
  return [...lines, ...numerals].join("\n");
}

/** The columns as a picture of the points of `classes`; `caption` is a line under the title. */
export function picture(columns: readonly Column[], classes: Int32Array, title: string, caption: string): string {
  const width = 2 * EDGE - GAP + columns.length * (SIDE + GAP);
  const pitch = LINE.above + LINE.below + SIDE;
  const height = HEAD + 2 * pitch - LINE.above + EDGE;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<style>\n${STYLE}\n</style>`,
    `<rect class="back" width="${width}" height="${height}"/>`,
    `<text class="title" x="${EDGE}" y="32">${title}</text>`,
    `<text class="small" x="${EDGE}" y="54">${caption}</text>`,
  ];
  const legend = width - EDGE - CLASSES * 30 + 12;
  for (let label = 0; label < CLASSES; label++) {
    const x = legend + label * 30;
    lines.push(`<circle cx="${x}" cy="28" r="5" fill="${COLOURS[label]}"/><text x="${x + 9}" y="32">${label}</text>`);
  }
  columns.forEach(({ name, from, before, after }, column) => {
    const left = EDGE + column * (SIDE + GAP);
    lines.push(`<text class="name" x="${left}" y="${HEAD - 46}">${name}</text><text class="small" x="${left}" y="${HEAD - 28}">${from}</text>`);
    lines.push(panel("untrained", before, classes, left, HEAD), panel("trained", after, classes, left, HEAD + pitch));
  });
  return `${lines.join("\n")}\n</svg>\n`;
}
