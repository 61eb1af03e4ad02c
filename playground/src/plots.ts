import * as Plot from "@observablehq/plot";
import { picture, set, svg } from "./dom.js";
import type { Point } from "./evaluate.js";

type Column = "value" | "gradient";

interface Options {
  column: Column;
  width: number;
  height: number;
  x: { min: number; max: number; label: string };
  y: readonly [number, number];
  /** Units of the gradient's variable in one of x. */
  perX: number;
  /** Another loss, laid over this one. */
  second: readonly Point[] | undefined;
}

export interface Chart {
  readonly node: Element;
  toX(pixel: number): number;
  /** Moves the marked point, and that of the second loss: the curves stay. */
  mark(marked: Point, second: Point | undefined, label: string): void;
}

/** Half the length of the tangent, in pixels. */
const TANGENT = 46;
const MARGIN = { left: 40, right: 12, top: 14, bottom: 40 };

export function chart(points: readonly Point[], { column, width, height, x, y, perX, second }: Options): Chart {
  const colour = `var(--${column})`;
  const curve = { x: "x", y: (point: Point) => near(point[column], y), strokeLinejoin: "round", clip: true } as const;
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
      second ? Plot.line(second, { ...curve, stroke: "var(--third)", strokeWidth: 2, strokeDasharray: "5 4" }) : null,
      Plot.line(points, { ...curve, stroke: colour, strokeWidth: 2.5 }),
    ],
  });
  picture(plot);
  const [toX, toY] = (["x", "y"] as const).map((name) => plot.scale(name)!) as [Plot.Scale, Plot.Scale];
  const rule = svg("line", { stroke: "var(--muted)", "stroke-dasharray": "2 4", y1: MARGIN.top, y2: height - MARGIN.bottom });
  const slope = svg("line", { stroke: "var(--gradient)", "stroke-width": 2 });
  const dot = svg("circle", { r: 5.5, fill: "var(--panel)", stroke: colour, "stroke-width": 2.5 });
  const other = svg("circle", { r: 4, fill: "var(--panel)", stroke: "var(--third)", "stroke-width": 2 });
  plot.append(rule, slope, other, dot);
  const put = (circle: SVGCircleElement, point: Point | undefined) => {
    const seen = point !== undefined && inside(point[column], y);
    set(circle, { visibility: seen ? "visible" : "hidden" });
    if (seen) set(circle, { cx: toX.apply(point.x), cy: toY.apply(point[column]) });
  };
  return {
    node: plot,
    toX: toX.invert!,
    mark(marked, beside, label) {
      set(plot, { "aria-label": label });
      const at = toX.apply(marked.x);
      set(rule, { x1: at, x2: at });
      put(dot, marked);
      put(other, beside);
      if (column === "gradient") return;
      // The marked point's tangent: its slope is the gradient, and it has the gradient's colour. It ends at the edge of the picture.
      const rise = (marked.gradient * perX * (toY.apply(1) - toY.apply(0))) / (toX.apply(1) - toX.apply(0));
      const half = TANGENT / Math.hypot(1, rise);
      const drawn = inside(marked.value, y) && Number.isFinite(rise);
      set(slope, { visibility: drawn ? "visible" : "hidden" });
      if (!drawn) return;
      const middle = toY.apply(marked.value);
      // how far it goes in x before it is above or below: pixels count downwards
      const room = (down: number) => Math.min(half, down === 0 ? half : (down > 0 ? height - MARGIN.bottom - middle : middle - MARGIN.top) / Math.abs(down));
      const [left, right] = [Math.min(room(-rise), at - MARGIN.left), Math.min(room(rise), width - MARGIN.right - at)];
      set(slope, { x1: at - left, y1: middle - left * rise, x2: at + right, y2: middle + right * rise });
    },
  };
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
