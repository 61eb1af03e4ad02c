// Loss and accuracy over the steps, and in grey the accuracy of the runs before.

import * as Plot from "@observablehq/plot";
import { html, picture } from "../dom.js";

export interface Point {
  step: number;
  value: number;
}

const HEIGHT = 150;

export interface Curves {
  readonly node: HTMLElement;
  show(losses: readonly Point[], accuracies: readonly Point[], earlier: readonly (readonly Point[])[]): void;
}

export function curves(): Curves {
  const loss = html("figure", { class: "train-curve" });
  const accuracy = html("figure", { class: "train-curve" });
  const node = html("div", {}, loss, accuracy);
  const style = { background: "none", color: "var(--muted)", fontSize: "12px" };
  // From where to where the steps go: doubled when the curve arrives there, so that it does not shrink with every frame.
  const end = (points: readonly Point[]) => {
    const last = points.at(-1)?.step ?? 0;
    let steps = 250;
    while (steps < last) steps *= 2;
    return Math.min(steps, 5000);
  };

  function show(losses: readonly Point[], accuracies: readonly Point[], earlier: readonly (readonly Point[])[]): void {
    const width = Math.max(220, node.clientWidth);
    const x: Plot.ScaleOptions = { domain: [0, end(losses)], label: "step", ticks: 5 };
    const frame = { width, height: HEIGHT, marginLeft: 40, marginRight: 12, marginTop: 12, marginBottom: 34, style };
    const line = { x: "step", y: "value", strokeWidth: 2, clip: true } as const;
    const highest = Math.max(0, ...losses.map(({ value }) => value)) || 1;
    loss.replaceChildren(
      html("figcaption", {}, "loss of the training digits"),
      picture(
        Plot.plot({
          ...frame,
          x,
          y: { domain: [0, highest * 1.05], ticks: 4, grid: true, label: null },
          marks: [Plot.ruleY([0], { stroke: "var(--line)" }), Plot.lineY(losses, { ...line, stroke: "var(--value)" })],
        }),
      ),
    );
    accuracy.replaceChildren(
      html("figcaption", {}, earlier.length ? "accuracy on held-out digits, % (grey: runs before)" : "accuracy on held-out digits, %"),
      picture(
        Plot.plot({
          ...frame,
          x,
          y: { domain: [0, 100], ticks: 4, grid: true, label: null },
          marks: [
            Plot.ruleY([0], { stroke: "var(--line)" }),
            ...earlier.map((run) => Plot.lineY(run, { ...line, strokeWidth: 1.25, stroke: "var(--muted)", strokeOpacity: 0.6 })),
            Plot.lineY(accuracies, { ...line, stroke: "var(--gradient)" }),
          ],
        }),
      ),
    );
    const name = (figure: Element, text: string) => figure.querySelector("svg")?.setAttribute("aria-label", text);
    const now = (points: readonly Point[]) => points.at(-1)?.value ?? 0;
    name(loss, `Loss curve: from ${losses[0]?.value.toPrecision(3) ?? "no value"} to ${now(losses).toPrecision(3)}`);
    name(accuracy, `Accuracy curve: now ${now(accuracies).toFixed(1)} percent`);
  }

  return { node, show };
}
