// A map of a triplet loss over the plane of the two distances: colours on a canvas, axes and a crosshair over it.

import { tripletMarginLoss, tripletRatioLoss } from "losskit";
import { html, set, svg } from "../dom.js";
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

const centre = (i: number) => ((i + 0.5) / CELLS) * FARTHEST;
const SHAPE = [CELLS * CELLS, 2];
/** The anchors are at the origin, the positives on the x axis; the top row, of the largest δ−, comes first. */
const ANCHORS = { data: new Float64Array(2 * CELLS * CELLS), shape: SHAPE };
const POSITIVES = { data: Float64Array.from({ length: 2 * CELLS * CELLS }, (_, i) => (i % 2 ? 0 : centre((i / 2) % CELLS))), shape: SHAPE };
const FAR = Float64Array.from({ length: CELLS * CELLS }, (_, i) => FARTHEST - centre(Math.floor(i / CELLS)));

/** The loss of each cell. The negatives are at the angle, which only swap sees. */
function values(kind: TripletKind, { margin, swap }: TripletSettings, angle: number): Float64Array {
  const negatives = { data: new Float64Array(2 * CELLS * CELLS), shape: SHAPE };
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let i = 0; i < FAR.length; i++) {
    negatives.data[2 * i] = FAR[i]! * cos;
    negatives.data[2 * i + 1] = FAR[i]! * sin;
  }
  return kind === "margin"
    ? tripletMarginLoss(ANCHORS, POSITIVES, negatives, { margin, swap, reduction: "none" })
    : tripletRatioLoss(ANCHORS, POSITIVES, negatives, { swap, reduction: "none" });
}

export interface Heat {
  readonly node: HTMLElement;
  /** Red, green and blue of the theme; `paint` shows them. */
  colour(rgb: readonly [number, number, number]): void;
  /** How dark each cell is: by the loss, its settings, and with swap the angle. */
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
  const pixels = new ImageData(CELLS, CELLS);
  const border = picture.line("faint");
  const here = picture.over.appendChild(svg("circle", { class: "low one", r: 5 }));
  return {
    node,
    paint(settings, angle) {
      const loss = values(kind, settings, angle);
      for (let i = 0; i < loss.length; i++) pixels.data[4 * i + 3] = Math.min(255, (255 * loss[i]!) / LARGEST);
      canvas.getContext("2d")!.putImageData(pixels, 0, 0);
      // where the margin loss becomes 0, and where the ratio loss does not prefer either
      const gap = kind === "margin" ? settings.margin : 0;
      set(border, { d: picture.path([[0, gap] as const, [FARTHEST, FARTHEST + gap] as const]), visibility: settings.swap ? "hidden" : "visible" });
    },
    colour([r, g, b]) {
      for (let i = 0; i < pixels.data.length; i += 4) {
        pixels.data[i] = r;
        pixels.data[i + 1] = g;
        pixels.data[i + 2] = b;
      }
    },
    mark(near, far, value) {
      set(here, { cx: picture.x(Math.min(near, FARTHEST)), cy: picture.y(Math.min(far, FARTHEST)) });
      picture.describe(`The ${kind} loss over δ+ and δ−; the three points are at ${near.toFixed(2)} and ${far.toFixed(2)}: ${value.toFixed(3)}`);
    },
  };
}
