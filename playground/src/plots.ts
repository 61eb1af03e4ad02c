import * as Plot from "@observablehq/plot";
import { picture } from "./dom.js";
import type { Point } from "./evaluate.js";

type Column = "value" | "gradient";

interface Options {
  column: Column;
  label: string;
  width: number;
  x: { min: number; max: number; label: string };
  y: readonly [number, number];
  marked: Point;
  /** Units of the gradient's variable in one of x. */
  perX: number;
  height: number;
  /** Another loss, laid over this one. */
  second: { readonly points: readonly Point[]; readonly marked: Point } | undefined;
}

/** Half the length of the tangent, in pixels. */
const TANGENT = 46;
const MARGIN = { left: 40, right: 12, top: 14, bottom: 40 };

/** The marked point's tangent: its slope is the gradient, and it has the gradient's colour. */
function tangent({ x, value, gradient }: Point, { width, height, perX: unit, x: { min, max }, y: [low, high] }: Options): [number, number][] {
  const perX = (width - MARGIN.left - MARGIN.right) / (max - min);
  const perY = (height - MARGIN.top - MARGIN.bottom) / (high - low);
  const slope = gradient * unit;
  const half = TANGENT / Math.hypot(perX, slope * perY);
  return Number.isFinite(value) && Number.isFinite(half) ? [-half, half].map((d) => [x + d, value + d * slope]) : [];
}

export function chart(points: readonly Point[], options: Options): { node: Element; toX: (pixel: number) => number } {
  const { column, label, width, height, x, y, marked, second } = options;
  const colour = `var(--${column})`;
  const slope = column === "value" ? tangent(marked, options) : [];
  const plot = Plot.plot({
    width,
    height,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    style: { fontSize: "12px", background: "none", color: "var(--text)", overflow: "visible" },
    x: { domain: [x.min, x.max], label: x.label, labelAnchor: "center", labelArrow: "none", ticks: Math.min(8, width / 75), tickSize: 0 },
    y: { domain: [...y], label: null, ticks: 5, tickSize: 0 },
    marks: [
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 5 }),
      y[0] <= 0 && y[1] >= 0 ? Plot.ruleY([0], { stroke: "var(--muted)" }) : null,
      Plot.ruleX([marked.x], { stroke: "var(--muted)", strokeDasharray: "2 4" }),
      // clip is per mark
      second
        ? Plot.line(second.points, {
            x: "x",
            y: (point: Point) => near(point[column], y),
            stroke: "var(--third)",
            strokeWidth: 2,
            strokeDasharray: "5 4",
            strokeLinejoin: "round",
            clip: true,
          })
        : null,
      second && inside(second.marked[column], y)
        ? Plot.dot([second.marked], { x: "x", y: column, r: 4, fill: "var(--panel)", stroke: "var(--third)", strokeWidth: 2 })
        : null,
      Plot.line(points, { x: "x", y: (point: Point) => near(point[column], y), stroke: colour, strokeWidth: 2.5, strokeLinejoin: "round", clip: true }),
      Plot.line(slope, { stroke: "var(--gradient)", strokeWidth: 2, clip: true }),
      inside(marked[column], y) ? Plot.dot([marked], { x: "x", y: column, r: 5.5, fill: "var(--panel)", stroke: colour, strokeWidth: 2.5 }) : null,
    ],
  });
  picture(plot).setAttribute("aria-label", label); // which picture takes off
  return { node: plot, toX: plot.scale("x")!.invert! };
}

/** No farther out of the plot than its own height: at ±1e12 (bceLoss) drawing is imprecise, and axe-core runs out of memory. */
const near = (value: number, [low, high]: readonly [number, number]) =>
  value > 2 * high - low ? 2 * high - low : value < 2 * low - high ? 2 * low - high : value;

const inside = (value: number, [low, high]: readonly [number, number]) => value >= low && value <= high;

/** A small curve for the overview, with a line at 0: as high as it gets, but never higher than in its own view. */
export function thumbnail(points: readonly Point[], [low, high]: readonly [number, number]): Element {
  const values = points.map(({ value }) => value).filter((value) => value >= low && value <= high);
  const top = Math.max(...values);
  const lowest = Math.min(0, ...values, ...points.map(({ gradient }) => gradient).filter(Number.isFinite));
  const bottom = Math.max(lowest, -top);
  const plot = Plot.plot({
    width: 160,
    height: 72,
    margin: 4,
    axis: null,
    style: { background: "none" },
    y: { domain: [bottom - 0.05 * (top - bottom), top + 0.05 * (top - bottom)] },
    marks: [
      Plot.ruleY([0], { stroke: "var(--line)" }),
      Plot.line(points, { x: "x", y: "gradient", stroke: "var(--gradient)", strokeWidth: 1.5, clip: true }),
      Plot.line(points, { x: "x", y: "value", stroke: "var(--value)", strokeWidth: 2.5, clip: true }),
    ],
  });
  plot.setAttribute("aria-hidden", "true");
  return plot;
}
