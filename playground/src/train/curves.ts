// Accuracy and loss of both networks over the steps, and in grey the accuracy of the runs before, each with its number.

import * as Plot from "@observablehq/plot";
import { html, picture } from "../dom.js";

export interface Point {
  step: number;
  value: number;
}

export interface Run {
  readonly name: string;
  readonly accuracies: readonly Point[];
}

/** Of the two networks. */
export const INKS = ["var(--value)", "var(--gradient)"] as const;

export interface Curves {
  readonly node: HTMLElement;
  show(losses: readonly (readonly Point[])[], accuracies: readonly (readonly Point[])[], earlier: readonly Run[]): void;
}

const last = (points: readonly Point[]) => points.at(-1)?.value ?? 0;

export function curves(height: number): Curves {
  const accuracy = html("figure", { class: "train-curve" });
  const loss = html("figure", { class: "train-curve" });
  const before = html("ol", { class: "train-earlier" });
  const node = html("div", {}, accuracy, loss, before);
  const style = { background: "none", color: "var(--muted)", fontSize: "12px", overflow: "visible" };
  // From where to where the steps go: doubled when the curve arrives there, so that it does not shrink with every frame.
  const end = (steps: number) => {
    let most = 250;
    while (most < steps) most *= 2;
    return Math.min(most, 5000);
  };

  function show(losses: readonly (readonly Point[])[], accuracies: readonly (readonly Point[])[], earlier: readonly Run[]): void {
    const width = Math.max(220, node.clientWidth);
    const now = Math.max(...accuracies.map((points) => points.at(-1)?.step ?? 0));
    const x: Plot.ScaleOptions = { domain: [0, end(now)], label: "step", ticks: 5 };
    const frame = { width, height, marginLeft: 34, marginRight: 18, marginTop: 10, marginBottom: 32, style };
    const line = { x: "step", y: "value", strokeWidth: 2, clip: true } as const;
    const relative = losses.map((points) => points.map(({ step, value }) => ({ step, value: value / (points[0]!.value || 1) })));
    // the end of a grey line within the picture, where its number stands
    const ends = earlier.map(({ accuracies }, i) => ({ ...accuracies.filter(({ step }) => step <= end(now)).at(-1)!, text: String(i + 1) }));
    accuracy.replaceChildren(
      html("figcaption", {}, "right on held-out digits, %"),
      picture(
        Plot.plot({
          ...frame,
          x,
          y: { domain: [0, 100], ticks: 4, grid: true, label: null },
          marks: [
            Plot.ruleY([0], { stroke: "var(--line)" }),
            ...earlier.map(({ accuracies }) => Plot.lineY(accuracies, { ...line, strokeWidth: 1.25, stroke: "var(--muted)", strokeOpacity: 0.6 })),
            ...accuracies.map((points, i) => Plot.lineY(points, { ...line, stroke: INKS[i]! })),
            Plot.text(ends, { x: "step", y: "value", text: "text", dx: 8, fill: "var(--muted)", stroke: "var(--panel)", strokeWidth: 3 }),
          ],
        }),
      ),
    );
    loss.replaceChildren(
      html("figcaption", {}, "loss, as a part of its first value"),
      picture(
        Plot.plot({
          ...frame,
          x,
          y: { domain: [0, 1.1], ticks: 4, grid: true, label: null },
          marks: [Plot.ruleY([0], { stroke: "var(--line)" }), ...relative.map((points, i) => Plot.lineY(points, { ...line, stroke: INKS[i]! }))],
        }),
      ),
    );
    before.replaceChildren(...earlier.map(({ name, accuracies }) => html("li", {}, `${name}: ${last(accuracies).toFixed(1)} %`)));
    const name = (figure: Element, text: string) => figure.querySelector("svg")?.setAttribute("aria-label", text);
    name(accuracy, `Accuracy curves: now ${accuracies.map((points) => last(points).toFixed(1)).join(" and ")} percent`);
    name(loss, `Loss curves, as parts of their first values: now ${relative.map((points) => last(points).toPrecision(2)).join(" and ")}`);
  }

  return { node, show };
}
