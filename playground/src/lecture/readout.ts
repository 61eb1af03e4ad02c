// Numbers that are read: a name, and the number large. Tests read the whole number from `data-exact`.

import { html } from "../dom.js";
import { fixed } from "../views/draw.js";

export interface Readout {
  readonly node: HTMLElement;
  update(values: readonly number[]): void;
}

export interface Shown {
  /** Also its `data-testid`. */
  readonly id: string;
  readonly name: Node | string;
  /** A class for its colour. */
  readonly colour?: string;
  readonly digits?: number;
}

export function readout(shown: readonly Shown[]): Readout {
  const cells = shown.map(({ id, colour = "" }) => html("dd", { "data-testid": id, class: colour }));
  const node = html("dl", { class: "readout" }, ...shown.map(({ name }, i) => html("div", {}, html("dt", {}, name), cells[i]!)));
  return {
    node,
    update(values) {
      values.forEach((value, i) => {
        say(cells[i]!, value, shown[i]!.digits);
      });
    },
  };
}

/** A number in the page. */
export function say(element: HTMLElement, value: number, digits = 3): void {
  element.textContent = Number.isFinite(value) ? fixed(value, digits) : Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  element.dataset.exact = String(value);
}
