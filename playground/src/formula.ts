// A formula that is never cut: its parts stand beside each other or below each other, and one that is too wide is set smaller.

import katex from "katex";
import { html } from "./dom.js";
import "katex/dist/katex.min.css";

const BETWEEN = "\\qquad";

export function formula(tex: string): { node: HTMLElement; end(): void } {
  const parts = tex.split(BETWEEN).map((part) => {
    const element = html("div");
    katex.render(part.trim().replace(/,$/, ""), element, { displayMode: true });
    return element;
  });
  const node = html("div", { class: "formula", role: "group", "aria-label": "Formula" }, ...parts);
  const fit = () => {
    for (const part of parts) {
      part.style.fontSize = "";
      const wide = part.scrollWidth / node.clientWidth;
      if (wide > 1) part.style.fontSize = `${(0.98 / wide).toFixed(3)}em`;
    }
  };
  const observer = new ResizeObserver(fit);
  observer.observe(node);
  // KaTeX's fonts come later, and are wider or narrower than those that stand in for them
  void document.fonts.ready.then(fit);
  return { node, end: () => observer.disconnect() };
}
