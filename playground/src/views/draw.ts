/** What the views that are dragged share: arrows, handles for pointer and keyboard, colours for canvases. */
import { copyButton } from "../controls.js";
import { html, set } from "../dom.js";
import "./draw.css";

/** A fixed number of digits, without the sign of a rounded zero. */
export const fixed = (x: number, digits = 3): string => x.toFixed(digits).replace(/^-(0(\.0*)?)$/, "$1");

export const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

/** Half the width of a handle: an arrow that starts at a handle starts at its rim. */
export const GRIP = 13;

/** An arrow along (dx, dy), from the rim of a handle at (x, y). */
export function pull(x: number, y: number, dx: number, dy: number): string {
  const length = Math.hypot(dx, dy);
  if (!(length > 0)) return "";
  const [rx, ry] = [(dx / length) * (GRIP + 2), (dy / length) * (GRIP + 2)];
  return arrow(x + rx, y + ry, x + rx + dx, y + ry + dy);
}

/** The `d` of an arrow: a line and two strokes of a head; nothing where it would be shorter than two pixels. */
export function arrow(x1: number, y1: number, x2: number, y2: number): string {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (!(length > 2)) return "";
  const head = Math.min(9, length * 0.6);
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const wing = (turn: number) => `${x2 - head * Math.cos(angle + turn)} ${y2 - head * Math.sin(angle + turn)}`;
  return `M${x1} ${y1}L${x2} ${y2}M${wing(0.5)}L${x2} ${y2}L${wing(-0.5)}`;
}

export interface Dragged {
  label: string;
  min: number;
  max: number;
  /** The pointer is here, in the SVG's own coordinates. */
  to(x: number, y: number): void;
  /** An arrow key: one step right (dx = 1), up (dy = 1); five with Shift or as Page Up and Page Down; infinitely many as Home and End. */
  by(dx: number, dy: number): void;
  /** What a screen reader says: a number between min and max, and words. */
  state(): { now: number; text: string };
}

const STEPS: Record<string, readonly [number, number]> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  PageUp: [0, 5],
  PageDown: [0, -5],
  Home: [-Infinity, 0],
  End: [Infinity, 0],
};

/** Makes a group of an SVG a slider. Returns what tells the screen reader that the state has changed. */
export function draggable(node: SVGGraphicsElement, drag: Dragged): () => void {
  set(node, {
    class: `${node.getAttribute("class") ?? ""} handle`,
    role: "slider",
    tabindex: 0,
    "aria-label": drag.label,
    "aria-valuemin": drag.min,
    "aria-valuemax": drag.max,
  });
  let dragging = false;
  const follow = (event: PointerEvent) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(node.ownerSVGElement!.getScreenCTM()!.inverse());
    drag.to(point.x, point.y);
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    dragging = true;
    node.setPointerCapture(event.pointerId);
    node.focus({ preventScroll: true });
    event.preventDefault();
  });
  // touch-action, which would do on a box, does not on a part of an SVG: the page would scroll along
  node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  node.addEventListener("pointermove", (event) => dragging && follow(event));
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) node.addEventListener(end, () => (dragging = false));
  node.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const many = event.shiftKey ? 5 : 1;
    drag.by(step[0] * many, step[1] * many);
  });
  return () => {
    const { now, text } = drag.state();
    set(node, { "aria-valuenow": fixed(now, 2), "aria-valuetext": text });
  };
}

/** A table: column names, and rows whose first cell is the row's name. `update` writes the cells. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly string[],
): { node: HTMLTableElement; update(cells: readonly (readonly string[])[]): void } {
  const cells = rows.map(() => columns.slice(1).map(() => html("td")));
  const node = html(
    "table",
    { class: "numbers" },
    html("caption", {}, caption),
    html("thead", {}, html("tr", {}, ...columns.map((name) => html("th", { scope: "col" }, name)))),
    html("tbody", {}, ...rows.map((name, i) => html("tr", {}, html("th", { scope: "row" }, name), ...cells[i]!))),
  );
  const update = (texts: readonly (readonly string[])[]) => {
    cells.forEach((row, i) => {
      row.forEach((cell, j) => {
        cell.textContent = texts[i]?.[j] ?? "";
      });
    });
  };
  return { node, update };
}

/** The red, green and blue of a custom property, which may be written as any colour, light-dark() and color-mix() included. */
export function ink(root: HTMLElement, name: string): readonly [number, number, number] {
  const probe = root.appendChild(html("span"));
  probe.style.color = `var(${name})`;
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  pixel.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  pixel.fillRect(0, 0, 1, 1);
  const [r, g, b] = pixel.getImageData(0, 0, 1, 1).data;
  return [r!, g!, b!];
}

/** Calls back when the page turns light or dark: by the system, or by an attribute on <html>. Returns what ends it. */
export function onTheme(changed: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "data-theme", "style"] });
  return () => {
    dark.removeEventListener("change", changed);
    observer.disconnect();
  };
}

/** The call that computes what is shown, to copy. */
export function call(): { node: HTMLElement; update(name: string, args: readonly string[]): void } {
  const code = html("code");
  const node = html(
    "div",
    {},
    html("pre", { class: "code call", tabindex: 0, role: "region", "aria-label": "The call" }, code),
    copyButton(() => code.textContent ?? ""),
  );
  return {
    node,
    update(name, args) {
      code.textContent = `${name}.valueAndGrad(\n${args.map((arg) => `  ${arg},\n`).join("")});`;
    },
  };
}

/** The numbers of a call, as one would write them. */
export const literal = (vector: Iterable<number>): string => `[${Array.from(vector, (x) => Number(x.toFixed(5))).join(", ")}]`;

export function checkbox(label: string, checked: boolean, onInput: (checked: boolean) => void): HTMLElement {
  const input = html("input", { type: "checkbox" });
  input.checked = checked;
  input.addEventListener("input", () => onInput(input.checked));
  return html("label", { class: "check" }, input, label);
}

/** Moves a slider of controls.ts as a hand would: what it shows and what it calls follow. */
export function slide(control: HTMLElement, value: number): void {
  const input = control instanceof HTMLInputElement ? control : control.querySelector("input")!;
  if (Number(input.value) === value) return;
  input.value = String(value);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
