import * as Plot from "@observablehq/plot";
import { tripletMarginLoss, tripletRatioLoss } from "losskit";
import { clamp, colour, fixed, html, onTheme, picture, set, svg, table } from "./draw.js";
import type { TripletOptions } from "./triplet.js";

/** Unit vectors are at most 2 apart. */
export const LARGEST = 2;
const CELLS = 128;
/** Where the maps print their value, so that no one needs to compare colours. */
const PRINTED = [0.2, 0.6, 1, 1.4, 1.8].map((x): [number, number] => [x, LARGEST - x]);
const LOSSES = ["margin", "ratio"] as const;
const SHOWN = [
  { name: "value", accent: "--value", largest: 3 },
  { name: "gradient by δ+", accent: "--gradient", largest: 1 },
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

/** Value and gradient of both losses over the plane of the two distances. */
export function plane(
  options: TripletOptions,
  root: HTMLElement,
  moved: (near: number, far: number) => void,
): { node: HTMLElement; numbers: HTMLElement; update(): void; mark(): void; end(): void } {
  // Cell centres: at distance 0 the direction is lost, and with it the derivative.
  const centre = (i: number) => ((i + 0.5) / CELLS) * LARGEST;
  const grid = Array.from({ length: CELLS * CELLS }, (_, i): [number, number] => [centre(i % CELLS), centre(Math.floor(i / CELLS))]);

  const slots = SHOWN.map(() => LOSSES.map((loss) => html("div", { class: "map", "data-testid": `plane-${loss}` })));
  const legends = SHOWN.map(() => html("div"));
  const here = SHOWN.map(() => html("span"));
  const maps = html("div", { class: "maps" });
  SHOWN.forEach(({ name }, row) => {
    maps.append(html("div", { class: "row" }, html("b", {}, name), here[row]!, legends[row]!), ...slots[row]!);
  });
  const numbers = table("", ["loss", "value", "∂/∂δ+", "∂/∂δ−"], ["margin loss", "ratio loss"]);
  numbers.node.dataset.testid = "triplet-plane";
  const node = html("div", {}, maps);

  let marks: { node: SVGGElement; x(v: number): number; y(v: number): number }[] = [];

  function mark(): void {
    const samples = LOSSES.map((loss) => compute(loss, [[options.near, options.far]], options));
    numbers.node.caption!.textContent = `At δ+ = ${fixed(options.near, 2)}, δ− = ${fixed(options.far, 2)}`;
    numbers.update(samples.map((sample) => [sample.value, sample.byPositive, sample.byNegative].map(([x]) => fixed(x!))));
    here.forEach((text, row) => {
      const [margin, ratio] = samples.map((sample) => fixed((row === 0 ? sample.value : sample.byPositive)[0]!));
      text.textContent = `here: margin ${margin}, ratio ${ratio}`;
    });
    for (const { node, x, y } of marks) {
      const [cx, cy] = [x(options.near), y(options.far)];
      set(node.children[0]!, { d: `M${x(0)} ${cy}H${x(LARGEST)}M${cx} ${y(0)}V${y(LARGEST)}` });
      set(node.children[1]!, { cx, cy });
    }
  }

  function draw(): void {
    const available = node.clientWidth || 600;
    const width = clamp(Math.floor((available - 16) / 2), 130, 340);
    const paper = colour(root, "--panel");
    marks = [];
    const samples = LOSSES.map((loss) => ({ everywhere: compute(loss, grid, options), printed: compute(loss, PRINTED, options) }));
    SHOWN.forEach(({ name, accent, largest }, row) => {
      const color: Plot.ScaleOptions = { type: "linear", domain: [0, largest], range: [paper, colour(root, accent)], interpolate: "lab", clamp: true };
      const legend = Plot.legend({ color, width: 200, height: 34, marginTop: 2, marginBottom: 18, ticks: 4 }) as SVGSVGElement;
      set(legend, { role: "img", "aria-label": `Colour scale, from 0 (paper) to ${largest} (full colour)` });
      legends[row]!.replaceChildren(legend);
      LOSSES.forEach((loss, column) => {
        const pick = (sample: Sample) => (row === 0 ? sample.value : sample.byPositive);
        const printed = pick(samples[column]!.printed);
        const plot = Plot.plot({
          width,
          height: width,
          marginLeft: 34,
          marginBottom: 34,
          marginTop: 22,
          marginRight: 8,
          ariaLabel: `${name} of the ${loss} loss over δ+ and δ−, each from 0 to ${LARGEST}`,
          style: { fontSize: "12px", background: "none", color: "var(--text)" },
          color,
          x: { domain: [0, LARGEST], ticks: 4, label: "δ+", labelAnchor: "right" },
          y: { domain: [0, LARGEST], ticks: 4, label: `δ−   ${loss} loss`, labelAnchor: "top" },
          marks: [
            Plot.raster(pick(samples[column]!.everywhere), { width: CELLS, height: CELLS, x1: 0, y1: 0, x2: LARGEST, y2: LARGEST }),
            Plot.frame({ stroke: "var(--line)" }),
            Plot.text(PRINTED, {
              filter: (_, i) => width > 220 || i % 2 === 0,
              x: "0",
              y: "1",
              text: (_, i) => fixed(printed[i]!, 2),
              className: "halo",
              stroke: "var(--panel)",
              strokeWidth: 4,
              fill: "var(--text)",
            }),
          ],
        }) as SVGSVGElement & Plot.Plot;
        picture(plot);
        const cross = svg("g", {}, svg("path", { class: "cross" }), svg("circle", { class: "here", r: 5 }));
        plot.insertBefore(cross, plot.lastChild); // under the printed values
        const [x, y] = [plot.scale("x")!, plot.scale("y")!];
        marks.push({ node: cross, x: (v) => x.apply(v), y: (v) => y.apply(v) });
        const slot = slots[row]![column]!;
        slot.onpointermove = slot.onpointerdown = (event) => {
          const box = plot.getBoundingClientRect();
          const to = (v: unknown) => clamp(Math.round(Number(v) * 20) / 20, 0.05, LARGEST);
          moved(to(x.invert!(event.clientX - box.left)), to(y.invert!(event.clientY - box.top)));
        };
        slot.replaceChildren(plot);
      });
    });
    mark();
  }

  let drawn = 0;
  const observer = new ResizeObserver(() => {
    if (node.clientWidth === drawn) return;
    drawn = node.clientWidth;
    draw();
  });
  observer.observe(node);
  const noTheme = onTheme(draw);
  return {
    node,
    numbers: numbers.node,
    update: draw,
    mark,
    end() {
      observer.disconnect();
      noTheme();
    },
  };
}
