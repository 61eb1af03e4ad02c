// The held-out digits in the plane of the network, each drawn as its own numeral, over the regions where the last layer decides for a class.

import { html, set, svg } from "../dom.js";
import { CLASSES, PIXELS } from "./digits.js";

/** Units of the SVG from side to side. */
const SIDE = 400;
/** Cells of the regions from side to side: blurred to the size of the plane they have smooth edges. */
const CELLS = 80;
/** Part of the way to the newest positions that is left after a sixtieth of a second. */
const EASE = 0.82;

/** Pixels of the screen from the pointer to a numeral that it means. */
const NEAR = 18;

interface View {
  x: number;
  y: number;
  /** From the middle to a side. */
  half: number;
}

export interface Plane {
  readonly node: HTMLElement;
  begin(classes: Int32Array, pixels: Float32Array): void;
  show(points: Float32Array, head: Float32Array | null, jump: boolean): void;
  redraw(): void;
  end(): void;
}

/** What holds all points but the farthest few, which would shrink the others. */
function around(points: Float32Array): View {
  const axis = (offset: number) => {
    const values = points.filter((_, i) => i % 2 === offset).sort();
    const [low, high] = [values[Math.floor(values.length * 0.005)]!, values[Math.ceil(values.length * 0.995) - 1]!];
    return { middle: (low + high) / 2, half: (high - low) / 2 };
  };
  const [x, y] = [axis(0), axis(1)];
  return { x: x.middle, y: y.middle, half: Math.max(x.half, y.half, 1e-3) * 1.12 };
}

export function plane(): Plane {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const regions = html("canvas", { width: CELLS, height: CELLS, "aria-hidden": "true" });
  const close = html("canvas", { class: "train-close", width: PIXELS ** 0.5, height: PIXELS ** 0.5, "aria-hidden": "true", hidden: "" });
  const cross = svg("path", { class: "train-axes" });
  const marks = svg("g");
  const picture = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": "Held-out digits in the plane of the network" }, cross, marks);
  const buttons = Array.from({ length: CLASSES }, (_, digit) =>
    html(
      "button",
      { type: "button", class: `train-digit digit-${digit}`, "aria-pressed": "false", "aria-label": `Show only the digit ${digit}` },
      String(digit),
    ),
  );
  const stage = html("div", { class: "train-plane" }, regions, picture, close);
  const node = html("div", {}, stage, html("div", { class: "train-legend", role: "group", "aria-label": "Digits: press one to see it alone" }, ...buttons));
  buttons.forEach((chosen, digit) => {
    chosen.addEventListener("click", () => {
      const on = chosen.getAttribute("aria-pressed") === "false";
      for (const button of buttons) set(button, { "aria-pressed": String(on && button === chosen) });
      marks.querySelectorAll("text").forEach((text) => {
        text.classList.toggle("faint", on && text.textContent !== String(digit));
      });
    });
  });

  let pixels: Float32Array = new Float32Array(0);
  let texts: SVGTextElement[] = [];
  let target: { points: Float32Array; view: View; head: Float32Array | null } | undefined;
  let points = new Float32Array(0);
  let view: View = { x: 0, y: 0, half: 1 };
  let request = 0;
  let before = 0;

  function drawRegions(head: Float32Array | null): void {
    const pen = regions.getContext("2d")!;
    pen.clearRect(0, 0, CELLS, CELLS);
    if (!head) return;
    const colours = buttons.map((button) => getComputedStyle(button).color);
    const decide = (x: number, y: number) => {
      let best = 0;
      let most = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < CLASSES; c++) {
        const score = x * head[c]! + y * head[CLASSES + c]! + head[2 * CLASSES + c]!;
        if (score > most) {
          most = score;
          best = c;
        }
      }
      return best;
    };
    const cell = (2 * view.half) / CELLS;
    for (let row = 0; row < CELLS; row++) {
      const y = view.y + view.half - (row + 0.5) * cell;
      let from = 0;
      let own = decide(view.x - view.half + 0.5 * cell, y);
      for (let column = 1; column <= CELLS; column++) {
        const next = column === CELLS ? -1 : decide(view.x - view.half + (column + 0.5) * cell, y);
        if (next === own) continue;
        pen.fillStyle = colours[own]!;
        pen.fillRect(from, row, column - from, 1);
        from = column;
        own = next;
      }
    }
  }

  /** The picture behind the numeral that the pointer is nearest to. */
  function lookCloser(event: PointerEvent): void {
    const box = picture.getBoundingClientRect();
    const unit = (2 * view.half) / box.width;
    const [x, y] = [view.x - view.half + (event.clientX - box.left) * unit, view.y + view.half - (event.clientY - box.top) * unit];
    let nearest = -1;
    let least = NEAR * unit;
    texts.forEach((text, i) => {
      const distance = Math.hypot(points[2 * i]! - x, points[2 * i + 1]! - y);
      if (distance >= least || text.classList.contains("faint")) return;
      least = distance;
      nearest = i;
    });
    texts.forEach((text, i) => {
      text.classList.toggle("near", i === nearest);
    });
    close.hidden = nearest < 0;
    if (nearest < 0) return;
    const pen = close.getContext("2d")!;
    const image = pen.createImageData(close.width, close.height);
    for (let i = 0; i < PIXELS; i++) image.data.set([255, 255, 255, 255 * pixels[nearest * PIXELS + i]!], 4 * i);
    pen.putImageData(image, 0, 0);
    // In the half where the pointer is not.
    close.classList.toggle("left", event.clientX > box.left + box.width / 2);
  }
  picture.addEventListener("pointermove", lookCloser);
  picture.addEventListener("pointerdown", lookCloser);
  picture.addEventListener("pointerleave", () => {
    close.hidden = true;
    for (const text of texts) text.classList.remove("near");
  });

  function draw(): void {
    const scale = SIDE / 2 / view.half;
    texts.forEach((text, i) => {
      const x = SIDE / 2 + (points[2 * i]! - view.x) * scale;
      const y = SIDE / 2 - (points[2 * i + 1]! - view.y) * scale;
      text.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    });
    const [x, y] = [SIDE / 2 - view.x * scale, SIDE / 2 + view.y * scale];
    set(cross, { d: `M${x.toFixed(1)} 0V${SIDE}M0 ${y.toFixed(1)}H${SIDE}` });
    drawRegions(target?.head ?? null);
  }

  function glide(now: number): void {
    request = 0;
    if (!target) return;
    const left = EASE ** Math.min((now - before) / (1000 / 60), 10);
    before = now;
    const goal = target;
    const ease = (from: number, to: number) => to + (from - to) * left;
    points = points.map((x, i) => ease(x, goal.points[i]!));
    view = { x: ease(view.x, goal.view.x), y: ease(view.y, goal.view.y), half: ease(view.half, goal.view.half) };
    draw();
    // On until nothing moves by more than a tenth of a unit of the picture.
    const near = (2 * view.half) / SIDE / 10;
    if (Math.abs(view.half - goal.view.half) > near || points.some((x, i) => Math.abs(x - goal.points[i]!) > near)) request = requestAnimationFrame(glide);
  }

  return {
    node,
    begin(classes, pictures) {
      pixels = pictures;
      texts = Array.from(classes, (digit) => svg("text", { class: `digit-${digit}` }, String(digit)));
      marks.replaceChildren(...texts);
    },
    show(next, head, jump) {
      target = { points: next, view: around(next), head };
      if (jump || still.matches || points.length !== next.length) {
        points = next.slice();
        view = target.view;
        draw();
      } else if (!request) {
        before = performance.now();
        request = requestAnimationFrame(glide);
      }
    },
    redraw() {
      if (target) draw();
    },
    end: () => cancelAnimationFrame(request),
  };
}
