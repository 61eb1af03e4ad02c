/**
 * Triplets: value and gradient over the plane of the two distances (Balntas, Riba, Ponsa, Mikolajczyk 2016, "Learning local feature descriptors with
 * triplets and shallow convolutional neural networks", BMVC, figure 1), and three points to drag.
 *
 * For tests: `[data-testid=triplet-value]` (loss of the three points), `[data-testid=triplet-anchor]`, `-positive`, `-negative` (sliders in two directions:
 * arrow keys 0.05, with Shift or Page keys 0.25; `aria-valuenow` is x, `aria-valuetext` has both), `[data-testid=triplet-plane]` (the table of value and
 * derivatives at the crosshair), `[data-testid=plane-margin]`, `[data-testid=plane-ratio]` (two maps each: value, gradient; the pointer moves the
 * crosshair), sliders "δ+ to the positive", "δ− to the negative", "margin", "step size" and,
 * with swap, "angle, degrees"; checkbox "swap", select "loss" (margin, ratio), buttons "Step" and "Reset".
 */
import { button, select, slider } from "../controls.js";
import { html } from "../dom.js";
import type { Mount } from "../view.js";
import { checkbox, slide } from "./draw.js";
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

const view =
  (loss: TripletOptions["loss"]): Mount =>
  (root) => {
    const options: TripletOptions = { margin: 0.5, swap: false, angle: 60, near: 1, far: 0.6, loss, rate: 0.5 };
    const changed = (to: Partial<TripletOptions>) => {
      Object.assign(options, to);
      map.update();
      board.update();
    };
    const distance = (label: string, name: "near" | "far") =>
      slider({
        label,
        min: 0.05,
        max: LARGEST,
        step: 0.05,
        value: options[name],
        onInput(x) {
          options[name] = x;
          map.mark();
        },
      });
    const near = distance("δ+ to the positive", "near");
    const far = distance("δ− to the negative", "far");
    const map = plane(options, root, (x, y) => {
      slide(near, x);
      slide(far, y);
    });
    const board = points(options);
    const angle = slider({ label: "angle, degrees", min: 5, max: 180, step: 5, value: options.angle, onInput: (angle) => changed({ angle }) });
    angle.hidden = true;

    root.append(
      html(
        "div",
        { class: "controls" },
        slider({ label: "margin", min: 0.1, max: 1, step: 0.05, value: options.margin, onInput: (margin) => changed({ margin }) }),
        checkbox("swap", options.swap, (swap) => {
          angle.hidden = !swap;
          changed({ swap });
        }),
        angle,
      ),
      html("h3", {}, "Over the two distances"),
      html(
        "p",
        { class: "note" },
        "δ+ is the distance from the anchor to the positive, δ− to the negative. The margin loss is max(0, margin + δ+ − δ−): its gradient is all or nothing. ",
        "The ratio loss is 2 σ(δ+ − δ−)²: it has no margin, and its gradient fades on both sides. With swap, δ− becomes the distance from positive to negative ",
        "where that is smaller; it depends on the angle between the two, as the anchor sees them.",
      ),
      map.node,
      html("div", { class: "split" }, html("div", { class: "controls" }, near, far), map.numbers),
      html("h3", {}, "Three points to drag"),
      html(
        "p",
        { class: "note" },
        "Arrows are minus the gradient, times the step size: one step moves each point by its arrow. With the margin loss, the negative has to be outside the dotted circle.",
      ),
      html(
        "div",
        { class: "controls" },
        select({
          label: "loss",
          options: [
            { value: "margin", label: "tripletMarginLoss" },
            { value: "ratio", label: "tripletRatioLoss" },
          ],
          value: options.loss,
          onInput: (loss) => changed({ loss: loss === "ratio" ? "ratio" : "margin" }),
        }),
        slider({ label: "step size", min: 0.1, max: 1, step: 0.1, value: options.rate, onInput: (rate) => changed({ rate }) }),
        button("Step", () => board.step()),
        button("Reset", () => board.reset()),
      ),
      board.node,
    );
    map.update();
    return () => {
      map.end();
      root.replaceChildren();
    };
  };

export const mount: Mount = view("margin");
/** The same view, with the ratio loss chosen: `load: async () => (await import("../views/triplet.js")).ratio`. */
export const ratio: { mount: Mount } = { mount: view("ratio") };
