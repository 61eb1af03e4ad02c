// A chart whose axes are drawn once and whose lines are moved: a drag costs a few attributes, not a new picture.

import { html, set, svg } from "../dom.js";

export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly label: string;
  readonly format?: (x: number) => string;
}

export interface ChartOptions {
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  /** Without ticks, a scale of its own for each line. */
  readonly y: Axis;
  /** For readers who do not see it; of one without handles, what it shows. */
  readonly label: string;
  /** Whether there is something to drag in it: then it is a group, not a picture. */
  readonly handles?: boolean;
  readonly left?: number;
}

export interface Chart {
  readonly node: SVGSVGElement;
  x(value: number): number;
  y(value: number): number;
  /** Back from the SVG's coordinates. */
  toX(pixel: number): number;
  toY(pixel: number): number;
  /** Clipped to the frame, under what is put on `over`. */
  readonly inner: SVGGElement;
  readonly over: SVGGElement;
  /** A line in it, with a class for its colour. */
  line(name: string): SVGPathElement;
  /** The `d` of a line through points; what is not finite leaves a gap. */
  path(points: Iterable<readonly [number, number]>): string;
  describe(text: string): void;
}

const TOP = 14;
const RIGHT = 14;
/** Below the axis: its ticks, and its name where it has one. */
const BOTTOM = { named: 38, bare: 22 };
/** How far outside of the frame a line may go, in heights: clipping hides it, and drawing at 1e12 is imprecise. */
const FAR = 3;
let clips = 0;

export function chart({ width, height, x, y, label, handles = false, left = 38 }: ChartOptions): Chart {
  const [right, bottom] = [width - RIGHT, height - (x.label ? BOTTOM.named : BOTTOM.bare)];
  const px = (value: number) => left + ((value - x.from) / (x.to - x.from)) * (right - left);
  const py = (value: number) => {
    const at = bottom - ((value - y.from) / (y.to - y.from)) * (bottom - TOP);
    return Math.min(FAR * height, Math.max(-FAR * height, at));
  };
  const clip = `lecture-clip-${++clips}`;
  const inner = svg("g", { "clip-path": `url(#${clip})` });
  const over = svg("g");
  const text = (value: number, { format = String }: Axis) => format(value);
  const node = svg(
    "svg",
    { class: "stage chart", viewBox: `0 0 ${width} ${height}`, role: handles ? "group" : "img", "aria-label": label },
    svg("clipPath", { id: clip }, svg("rect", { x: left, y: TOP, width: right - left, height: bottom - TOP })),
    ...y.ticks.flatMap((tick) => [
      svg("line", { class: tick === 0 ? "rule zero" : "rule", x1: left, x2: right, y1: py(tick), y2: py(tick) }),
      svg("text", { class: "tick end", x: left - 6, y: py(tick) }, text(tick, y)),
    ]),
    svg("line", { class: "rule zero", x1: left, x2: right, y1: bottom, y2: bottom }),
    ...x.ticks.map((tick) => svg("text", { class: "tick", x: px(tick), y: bottom + 12 }, text(tick, x))),
    svg("text", { class: "tick", x: (left + right) / 2, y: height - 8 }, x.label),
    svg("text", { class: "tick start halo", x: left + 6, y: TOP - 2 }, y.label),
    inner,
    over,
  );
  node.style.maxWidth = `${width}px`;
  return {
    node,
    x: px,
    y: py,
    toX: (pixel) => x.from + ((pixel - left) / (right - left)) * (x.to - x.from),
    toY: (pixel) => y.from + ((bottom - pixel) / (bottom - TOP)) * (y.to - y.from),
    inner,
    over,
    line: (name) => inner.appendChild(svg("path", { class: `line ${name}` })),
    path(points) {
      let d = "";
      let pen = "M";
      for (const [vx, vy] of points) {
        if (Number.isFinite(vx) && Number.isFinite(vy)) {
          d += `${pen}${px(vx).toFixed(1)} ${py(vy).toFixed(1)}`;
          pen = "L";
        } else pen = "M";
      }
      return d;
    },
    describe: (text) => set(node, { "aria-label": text }),
  };
}

/** Evenly spaced, both ends included. */
export function steps(from: number, to: number, count: number): number[] {
  return Array.from({ length: count + 1 }, (_, i) => (i === count ? to : from + ((to - from) * i) / count));
}

/** How wide one of `count` columns is that stand side by side where there is room: as `.columns` lays them out. */
export function columnWidth(root: HTMLElement, count: number, least = 288, most = 640): number {
  const gap = 24;
  const all = root.clientWidth || 340;
  let columns = count;
  while (columns > 1 && (all - gap * (columns - 1)) / columns < least) columns--;
  return Math.max(240, Math.min(most, Math.floor((all - gap * (columns - 1)) / columns)));
}

export const columns = (least: number, ...children: readonly (Node | string)[]): HTMLElement => {
  const node = html("div", { class: "columns" }, ...children);
  node.style.setProperty("--least", `${least}px`);
  return node;
};
