/**
 * Triplets: value and gradient over the plane of the two distances (Balntas, Riba, Ponsa, Mikolajczyk 2016, "Learning local feature descriptors with
 * triplets and shallow convolutional neural networks", BMVC, figure 1), and three points to drag.
 *
 * For tests: `[data-testid=triplet-value]` (loss of the three points), `[data-testid=triplet-anchor]`, `-positive`, `-negative` (sliders in two directions:
 * arrow keys 0.05, with Shift or Page keys 0.25; `aria-valuenow` is x, `aria-valuetext` has both), `[data-testid=triplet-plane]` (the table of value and
 * derivatives at the crosshair), `[data-testid=plane-margin]`, `[data-testid=plane-ratio]` (two maps each: value, gradient; the pointer moves the
 * crosshair), sliders "δ+", "δ−", "margin", "angle", "step size", checkbox "swap", select "loss" (margin, ratio), buttons "step" and "reset".
 */
import { button, select, slider } from "../controls.js";
import type { Mount } from "../view.js";
import { html } from "./draw.js";
import { LARGEST, plane } from "./triplet-plane.js";
import { points } from "./triplet-points.js";

export interface TripletOptions {
  margin: number;
  swap: boolean;
  /** Degrees between positive and negative as the anchor sees them: only swap depends on it. */
  angle: number;
  /** The crosshair: distance to the positive and to the negative. */
  near: number;
  far: number;
  /** Of the points. */
  loss: "margin" | "ratio";
  rate: number;
}

export const mount: Mount = (root) => {
  const options: TripletOptions = { margin: 0.5, swap: false, angle: 60, near: 1, far: 0.6, loss: "margin", rate: 0.5 };

  const near = slider({ label: "δ+", min: 0.05, max: LARGEST, step: 0.05, value: options.near, onInput: (x) => moved({ near: x }) });
  const far = slider({ label: "δ−", min: 0.05, max: LARGEST, step: 0.05, value: options.far, onInput: (x) => moved({ far: x }) });
  const moved = (to: Partial<TripletOptions>) => {
    Object.assign(options, to);
    map.mark();
  };
  const changed = (to: Partial<TripletOptions>) => {
    Object.assign(options, to);
    map.update();
    board.update();
  };
  const map = plane(options, root, (x, y) => {
    moved({ near: x, far: y });
  });
  const board = points(options);

  root.append(
    html(
      "div",
      { class: "controls" },
      slider({ label: "margin", min: 0.1, max: 1, step: 0.05, value: options.margin, onInput: (margin) => changed({ margin }) }),
    ),
    map.node,
    board.node,
    html(
      "div",
      { class: "controls" },
      select({ label: "loss", options: ["margin", "ratio"], onInput: (loss) => changed({ loss }) }),
      button("step", () => board.step()),
      button("reset", () => board.reset()),
    ),
  );
  map.update();
  return () => {
    map.end();
    root.replaceChildren();
  };
};
