// The ten digits in their colours; one that is pressed is seen alone.

import { html, set } from "../dom.js";
import { CLASSES } from "./digits.js";

export function legend(alone: (digit: number | undefined) => void): { node: HTMLElement; colours(): string[] } {
  const buttons = Array.from({ length: CLASSES }, (_, digit) =>
    html(
      "button",
      { type: "button", class: `train-digit digit-${digit}`, "aria-pressed": "false", "aria-label": `Show only the digit ${digit}` },
      String(digit),
    ),
  );
  buttons.forEach((chosen, digit) => {
    chosen.addEventListener("click", () => {
      const on = chosen.getAttribute("aria-pressed") === "false";
      for (const button of buttons) set(button, { "aria-pressed": String(on && button === chosen) });
      alone(on ? digit : undefined);
    });
  });
  return {
    node: html("div", { class: "train-legend", role: "group", "aria-label": "Digits: press one to see it alone" }, ...buttons),
    colours: () => buttons.map((button) => getComputedStyle(button).color),
  };
}
