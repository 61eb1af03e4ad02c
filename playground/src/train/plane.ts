// The held-out digits in the plane of a network, each drawn as its own numeral, over the regions where the network decides for a class.

import { html } from "../dom.js";
import { PIXELS } from "./digits.js";
import { CELLS, type Lane, type View } from "./protocol.js";

/** Part of the way to the newest positions that is left after a sixtieth of a second. */
const EASE = 0.82;
/** Pixels of the screen from the pointer to a numeral that it means. */
const NEAR = 18;
/** Below this width there are dots instead of numerals. */
const SMALL = 200;

export interface Plane {
  readonly node: HTMLElement;
  begin(classes: Int32Array, pixels: Float32Array): void;
  show(lane: Pick<Lane, "points" | "view" | "regions">, jump: boolean): void;
  /** One digit alone, or all. */
  only(digit: number | undefined): void;
  redraw(): void;
  end(): void;
}

/** `colours` gives those of the ten digits: asked again whenever all is drawn anew. */
export function plane(label: string, colours: () => readonly string[]): Plane {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const picture = html("canvas", { role: "img", "aria-label": label });
  const regions = html("canvas", { width: CELLS, height: CELLS });
  const close = html("canvas", { class: "train-close", width: PIXELS ** 0.5, height: PIXELS ** 0.5, "aria-hidden": "true", hidden: "" });
  const node = html("div", { class: "train-plane" }, picture, close);
  const pen = picture.getContext("2d")!;

  let pixels: Float32Array = new Float32Array(0);
  let classes: Int32Array = new Int32Array(0);
  let target: Pick<Lane, "points" | "view" | "regions"> | undefined;
  let points = new Float32Array(0);
  let view: View = { x: 0, y: 0, half: 1 };
  let alone: number | undefined;
  let nearest = -1;
  let request = 0;
  let before = 0;
  let inks: readonly string[] = [];
  let axes = "";

  function paintRegions(): void {
    const brush = regions.getContext("2d")!;
    brush.clearRect(0, 0, CELLS, CELLS);
    const cells = target?.regions;
    if (!cells) return;
    for (let row = 0; row < CELLS; row++) {
      for (let from = 0, column = 1; column <= CELLS; column++) {
        const own = cells[row * CELLS + from]!;
        if (column < CELLS && cells[row * CELLS + column] === own) continue;
        brush.fillStyle = inks[own]!;
        brush.fillRect(from, row, column - from, 1);
        from = column;
      }
    }
  }

  /** The picture behind the numeral that the pointer is nearest to. */
  function lookCloser(event: PointerEvent): void {
    const box = picture.getBoundingClientRect();
    const unit = (2 * view.half) / box.width;
    const [x, y] = [view.x - view.half + (event.clientX - box.left) * unit, view.y + view.half - (event.clientY - box.top) * unit];
    nearest = -1;
    let least = NEAR * unit;
    classes.forEach((digit, i) => {
      const distance = Math.hypot(points[2 * i]! - x, points[2 * i + 1]! - y);
      if (distance >= least || (alone !== undefined && digit !== alone)) return;
      least = distance;
      nearest = i;
    });
    close.hidden = nearest < 0;
    draw();
    if (nearest < 0) return;
    const brush = close.getContext("2d")!;
    const image = brush.createImageData(close.width, close.height);
    for (let i = 0; i < PIXELS; i++) image.data.set([255, 255, 255, 255 * pixels[nearest * PIXELS + i]!], 4 * i);
    brush.putImageData(image, 0, 0);
    // In the half where the pointer is not.
    close.classList.toggle("left", event.clientX > box.left + box.width / 2);
  }
  picture.addEventListener("pointermove", lookCloser);
  picture.addEventListener("pointerdown", lookCloser);
  picture.addEventListener("pointerleave", () => {
    close.hidden = true;
    nearest = -1;
    draw();
  });

  function draw(): void {
    const side = picture.clientWidth;
    if (side === 0) return;
    const dense = window.devicePixelRatio || 1;
    const size = Math.round(side * dense);
    if (picture.width !== size) picture.width = picture.height = size;
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.clearRect(0, 0, side, side);
    const scale = side / 2 / view.half;
    const px = (x: number) => side / 2 + (x - view.x) * scale;
    const py = (y: number) => side / 2 - (y - view.y) * scale;
    if (target?.regions) {
      const own = target.view;
      pen.globalAlpha = 0.16;
      pen.drawImage(regions, px(own.x - own.half), py(own.y + own.half), 2 * own.half * scale, 2 * own.half * scale);
      pen.globalAlpha = 1;
    }
    pen.strokeStyle = axes;
    pen.beginPath();
    pen.moveTo(px(0), 0);
    pen.lineTo(px(0), side);
    pen.moveTo(0, py(0));
    pen.lineTo(side, py(0));
    pen.stroke();
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const font = (size: number) => {
      pen.font = `600 ${size}px ui-sans-serif, system-ui, sans-serif`;
    };
    font(10);
    classes.forEach((digit, i) => {
      pen.fillStyle = inks[digit]!;
      pen.globalAlpha = alone === undefined || alone === digit ? 1 : 0.12;
      const [x, y] = [px(points[2 * i]!), py(points[2 * i + 1]!)];
      if (side < SMALL) pen.fillRect(x - 1.5, y - 1.5, 3, 3);
      else pen.fillText(String(digit), x, y);
    });
    pen.globalAlpha = 1;
    if (nearest < 0) return;
    font(18);
    pen.fillStyle = inks[classes[nearest]!]!;
    pen.fillText(String(classes[nearest]), px(points[2 * nearest]!), py(points[2 * nearest + 1]!));
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
    // On until nothing moves by more than a tenth of a pixel or so.
    const near = (2 * view.half) / 4000;
    if (Math.abs(view.half - goal.view.half) > near || points.some((x, i) => Math.abs(x - goal.points[i]!) > near)) request = requestAnimationFrame(glide);
  }

  function redraw(): void {
    inks = colours();
    axes = getComputedStyle(node).borderBottomColor;
    paintRegions();
    draw();
  }

  const observer = new ResizeObserver(draw);
  observer.observe(picture);
  return {
    node,
    begin(digits, pictures) {
      pixels = pictures;
      classes = digits;
      redraw();
    },
    show(next, jump) {
      target = next;
      paintRegions();
      if (jump || still.matches || points.length !== next.points.length) {
        points = next.points.slice();
        view = next.view;
        draw();
      } else if (!request) {
        before = performance.now();
        request = requestAnimationFrame(glide);
      }
    },
    only(digit) {
      alone = digit;
      draw();
    },
    redraw,
    end() {
      cancelAnimationFrame(request);
      observer.disconnect();
    },
  };
}
