import * as Plot from "@observablehq/plot";
import { tripletMarginLoss, tripletRatioLoss } from "losskit";
import { html, picture, set, svg } from "../dom.js";
import { clamp, fixed, ink, onTheme, table } from "./draw.js";
import type { TripletOptions } from "./triplet.js";

/** Unit vectors are at most 2 apart. */
export const LARGEST = 2;
const CELLS = 128;
const EDGE = { left: 34, right: 8, top: 22, bottom: 34 }; // pixels
const SMALL = 220; // pixels: less to write on a map that is narrower
/** Where the maps print their value, so that no one needs to compare colours. */
const PRINTED = [0.2, 0.6, 1, 1.4, 1.8].map((x): [number, number] => [x, LARGEST - x]);
const LOSSES = ["margin", "ratio"] as const;
const SHOWN = [
  { name: "value", accent: "--value", of: (sample: Sample) => sample.value, largest: () => 3 },
  // With swap the positive can leave the anchor and near the negative at once: both distances count.
  { name: "gradient by δ+", accent: "--gradient", of: (sample: Sample) => sample.byPositive, largest: (swap: boolean) => (swap ? 2 : 1) },
] as const;

interface Sample {
  value: Float64Array;
  byPositive: Float64Array;
  byNegative: Float64Array;
}

/**
 * Triplets with these distances: anchor at the origin, the positive on the x axis, the negative at an angle, which matters only with swap.
 * The derivative by a distance is the gradient along the ray that its point is on.
 */
function compute(loss: (typeof LOSSES)[number], at: readonly (readonly [number, number])[], { margin, swap, angle }: TripletOptions): Sample {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const shaped = (data: Float64Array) => ({ data, shape: [at.length, 2] });
  const tensors = [
    shaped(new Float64Array(2 * at.length)),
    shaped(Float64Array.from(at.flatMap(([near]) => [near, 0]))),
    shaped(Float64Array.from(at.flatMap(([, far]) => [far * cos, far * sin]))),
  ] as const;
  const { value, grad } =
    loss === "margin"
      ? tripletMarginLoss.valueAndGrad(...tensors, { margin, swap, reduction: "none" })
      : tripletRatioLoss.valueAndGrad(...tensors, { swap, reduction: "none" });
  return {
    value,
    byPositive: value.map((_, i) => grad.positive[2 * i]!),
    byNegative: value.map((_, i) => grad.negative[2 * i]! * cos + grad.negative[2 * i + 1]! * sin),
  };
}

/** What one map is made of: colours on a canvas, and over it the axes, the crosshair and the printed values. */
interface Map {
  slot: HTMLElement;
  canvas: HTMLCanvasElement;
  cross: SVGPathElement;
  here: SVGCircleElement;
  printed: SVGTextElement[];
}

/** Value and gradient of both losses over the plane of the two distances. */
export function plane(
  options: TripletOptions,
  root: HTMLElement,
  moved: (near: number, far: number) => void,
): { node: HTMLElement; numbers: HTMLElement; update(): void; mark(): void; end(): void } {
  // Cell centres: at distance 0 the direction is lost, and with it the derivative. The top row, the largest δ−, comes first.
  const centre = (i: number) => ((i + 0.5) / CELLS) * LARGEST;
  const grid = Array.from({ length: CELLS * CELLS }, (_, i): [number, number] => [centre(i % CELLS), LARGEST - centre(Math.floor(i / CELLS))]);

  const here = SHOWN.map(() => html("span"));
  const scales = SHOWN.map(({ accent }) => {
    const ramp = html("i");
    ramp.style.background = `linear-gradient(to right, transparent, var(${accent}))`;
    return html("span", { class: "scale" }, "0 ", ramp, html("span"));
  });
  const maps = SHOWN.map(() =>
    LOSSES.map(
      (loss): Map => ({
        slot: html("div", { class: "map", "data-testid": `plane-${loss}` }),
        canvas: html("canvas", { width: CELLS, height: CELLS, "aria-hidden": "true" }),
        cross: svg("path", { class: "cross" }),
        here: svg("circle", { class: "here", r: 5 }),
        printed: PRINTED.map(() => svg("text", { class: "halo" })),
      }),
    ),
  );
  const node = html(
    "div",
    { class: "maps" },
    ...SHOWN.flatMap(({ name }, row) => [html("div", { class: "row" }, html("b", {}, name), here[row]!, scales[row]!), ...maps[row]!.map(({ slot }) => slot)]),
  );
  const numbers = table("", ["loss", "value", "∂/∂δ+", "∂/∂δ−"], ["margin loss", "ratio loss"]);
  numbers.node.dataset.testid = "triplet-plane";

  let side = 0;
  let left = EDGE.left;
  const x = (near: number) => left + (near / LARGEST) * side;
  const y = (far: number) => EDGE.top + (1 - far / LARGEST) * side;

  /** The crosshair, and the numbers at it. */
  function mark(): void {
    const samples = LOSSES.map((loss) => compute(loss, [[options.near, options.far]], options));
    numbers.node.caption!.textContent = `At δ+ = ${fixed(options.near, 2)}, δ− = ${fixed(options.far, 2)}`;
    numbers.update(samples.map((sample) => [sample.value, sample.byPositive, sample.byNegative].map(([x]) => fixed(x!))));
    SHOWN.forEach(({ of }, row) => {
      const [margin, ratio] = samples.map((sample) => fixed(of(sample)[0]!));
      here[row]!.textContent = `here: margin ${margin}, ratio ${ratio}`;
    });
    for (const { cross, here } of maps.flat()) {
      set(cross, { d: `M${x(0)} ${y(options.far)}h${side}M${x(options.near)} ${y(0)}v${-side}` });
      set(here, { cx: x(options.near), cy: y(options.far) });
    }
  }

  /** The colours and the printed values. */
  function paint(): void {
    const samples = LOSSES.map((loss) => ({ everywhere: compute(loss, grid, options), printed: compute(loss, PRINTED, options) }));
    SHOWN.forEach(({ of, accent, largest }, row) => {
      const most = largest(options.swap);
      const [r, g, b] = ink(root, accent);
      scales[row]!.lastElementChild!.textContent = String(most);
      LOSSES.forEach((_, column) => {
        const { canvas, printed } = maps[row]![column]!;
        const pixels = new ImageData(CELLS, CELLS);
        // From the panel's colour at 0 to the accent: as opaque as the value is large.
        of(samples[column]!.everywhere).forEach((v, i) => {
          pixels.data.set([r, g, b, (255 * v) / most], 4 * i);
        });
        canvas.getContext("2d")!.putImageData(pixels, 0, 0);
        const values = of(samples[column]!.printed);
        printed.forEach((text, i) => {
          text.textContent = fixed(values[i]!, 2);
        });
      });
    });
    mark();
  }

  /** The axes, for the room there is. */
  function frame(): void {
    const width = clamp(Math.floor((node.clientWidth - 16) / 2), 130, 340);
    const ticks = width < SMALL ? 2 : 4;
    left = width < SMALL ? 24 : EDGE.left;
    side = width - left - EDGE.right;
    SHOWN.forEach(({ name }, row) => {
      LOSSES.forEach((loss, column) => {
        const { slot, canvas, cross, here, printed } = maps[row]![column]!;
        const axes = Plot.plot({
          width,
          height: side + EDGE.top + EDGE.bottom,
          marginLeft: left,
          marginRight: EDGE.right,
          marginTop: EDGE.top,
          marginBottom: EDGE.bottom,
          ariaLabel: `${name} of the ${loss} loss over δ+ and δ−, each from 0 to ${LARGEST}`,
          style: { fontSize: "12px", background: "none", color: "var(--text)" },
          x: { domain: [0, LARGEST], ticks, label: "δ+", labelAnchor: "right" },
          y: { domain: [0, LARGEST], ticks, label: `δ−   ${loss} loss`, labelAnchor: "top" },
          marks: [Plot.frame({ stroke: "var(--line)" })],
        });
        picture(axes).append(cross, here, ...printed);
        printed.forEach((text, i) => {
          const [near, far] = PRINTED[i]!;
          set(text, { x: x(near), y: y(far), visibility: width >= SMALL || i % 2 === 0 ? "visible" : "hidden" });
        });
        Object.assign(canvas.style, { left: `${left}px`, top: `${EDGE.top}px`, width: `${side}px`, height: `${side}px` });
        slot.onpointermove = slot.onpointerdown = (event) => {
          const box = canvas.getBoundingClientRect();
          const to = (part: number) => clamp(Math.round(part * LARGEST * 20) / 20, 0.05, LARGEST);
          moved(to((event.clientX - box.left) / side), to((box.bottom - event.clientY) / side));
        };
        slot.replaceChildren(canvas, axes);
      });
    });
    mark();
  }

  let framed = 0;
  const observer = new ResizeObserver(() => {
    if (node.clientWidth === framed) return;
    framed = node.clientWidth;
    frame();
  });
  observer.observe(node);
  const noTheme = onTheme(paint);
  return {
    node,
    numbers: numbers.node,
    update: paint,
    mark,
    end() {
      observer.disconnect();
      noTheme();
    },
  };
}
