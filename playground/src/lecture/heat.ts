// A map of a triplet loss over the plane of the two distances: colours on a canvas, axes and a crosshair over it.

import { tripletMarginLoss, tripletRatioLoss } from "losskit";
import { html, set, svg } from "../dom.js";
import { ink } from "../views/draw.js";
import { chart } from "./chart.js";

export type TripletKind = "margin" | "ratio";

export interface TripletSettings {
  margin: number;
  swap: boolean;
}

export const FARTHEST = 3;
const CELLS = 72;
const LEFT = 26;
/** As opaque as it gets. */
const LARGEST = 3;

type Rows = { data: Float64Array; shape: number[] };

export function evaluate(kind: TripletKind, [anchor, positive, negative]: readonly [Rows, Rows, Rows], { margin, swap }: TripletSettings) {
  return kind === "margin"
    ? tripletMarginLoss.valueAndGrad(anchor, positive, negative, { margin, swap, reduction: "none" })
    : tripletRatioLoss.valueAndGrad(anchor, positive, negative, { swap, reduction: "none" });
}

/** Triplets with these distances: the anchor at the origin, the positive on the x axis, the negative at the angle, which only swap sees. */
function triplets(near: ArrayLike<number>, far: ArrayLike<number>, angle: number): [Rows, Rows, Rows] {
  const rows = (fill: (i: number) => readonly [number, number]) => ({ data: Float64Array.from(Array.from(near, (_, i) => fill(i)).flat()), shape: [near.length, 2] });
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [rows(() => [0, 0]), rows((i) => [near[i]!, 0]), rows((i) => [far[i]! * cos, far[i]! * sin])];
}

const centre = (i: number) => ((i + 0.5) / CELLS) * FARTHEST;
const NEAR = Array.from({ length: CELLS * CELLS }, (_, i) => centre(i % CELLS));
const FAR = Array.from({ length: CELLS * CELLS }, (_, i) => FARTHEST - centre(Math.floor(i / CELLS)));

export interface Heat {
  readonly node: HTMLElement;
  /** The colours: of the loss, its settings, and with swap the angle. */
  paint(settings: TripletSettings, angle: number): void;
  mark(near: number, far: number, value: number): void;
}

export function heat(kind: TripletKind, size: number): Heat {
  const picture = chart({
    width: size,
    height: size,
    x: { from: 0, to: FARTHEST, ticks: [0, 1, 2, 3], label: "δ+" },
    y: { from: 0, to: FARTHEST, ticks: [0, 1, 2, 3], label: "δ−" },
    label: "",
    left: LEFT,
  });
  const canvas = html("canvas", { width: CELLS, height: CELLS, "aria-hidden": "true" });
  const percent = (pixels: number) => `${(100 * pixels) / size}%`;
  const [left, top] = [picture.x(0), picture.y(FARTHEST)];
  Object.assign(canvas.style, { left: percent(left), top: percent(top), width: percent(picture.x(FARTHEST) - left), height: percent(picture.y(0) - top) });
  const node = html("div", { class: "heat" }, canvas, picture.node);
  node.style.maxWidth = `${size}px`;
  const border = picture.line("faint");
  const here = picture.over.appendChild(svg("circle", { class: "low one", r: 5 }));
  return {
    node,
    paint(settings, angle) {
      const { value } = evaluate(kind, triplets(NEAR, FAR, angle), settings);
      const [r, g, b] = ink(node, "--value");
      const pixels = new ImageData(CELLS, CELLS);
      value.forEach((v, i) => {
        pixels.data.set([r, g, b, Math.min(255, (255 * v) / LARGEST)], 4 * i);
      });
      canvas.getContext("2d")!.putImageData(pixels, 0, 0);
      // where the margin loss becomes 0, and where the ratio loss does not prefer either
      const gap = kind === "margin" ? settings.margin : 0;
      set(border, { d: picture.path([[0, gap] as const, [FARTHEST, FARTHEST + gap] as const]), visibility: settings.swap ? "hidden" : "visible" });
    },
    mark(near, far, value) {
      set(here, { cx: picture.x(Math.min(near, FARTHEST)), cy: picture.y(Math.min(far, FARTHEST)) });
      picture.describe(`The ${kind} loss over δ+ and δ−; the three points are at ${near.toFixed(2)} and ${far.toFixed(2)}: ${value.toFixed(3)}`);
    },
  };
}
