// A line through twelve points, one of them an outlier that moves by itself until somebody takes it: three losses, three lines.

import { huberLoss, l1Loss, mseLoss } from "losskit";
import { html, set, svg } from "../dom.js";
import type { Mount } from "../view.js";
import { clamp, draggable, fixed } from "../views/draw.js";
import { whileSeen } from "../views/play.js";

const WIDTH = 360;
const HEIGHT = 250;
const LOSSES = [
  { name: "mseLoss", loss: mseLoss, ink: "var(--value)", rate: 0.3 },
  { name: "huberLoss", loss: huberLoss, ink: "var(--third)", rate: 0.3 },
  { name: "l1Loss", loss: l1Loss, ink: "var(--gradient)", rate: 0.03 },
] as const;
const XS = Float64Array.from({ length: 12 }, (_, i) => -1 + (2 * i) / 11);
/** Around 0.6 x, by hand. */
const YS = [-0.72, -0.35, -0.53, -0.27, -0.3, 0.02, 0.14, 0.13, 0.36, 0.3, 0.62, 0.55];
const OUTLIER = 9;
const LIMIT = 2;
/** Of the descent, a frame. */
const STEPS = 6;
/** Frames for the way up and down. */
const PERIOD = 480;
/** So many frames in advance the lines have arrived when nothing moves. */
const SETTLED = 300;

const px = (x: number) => WIDTH / 2 + x * (WIDTH / 2 - 18);
const py = (y: number) => HEIGHT / 2 - y * (HEIGHT / 2 / (LIMIT + 0.15));

export const mount: Mount = (root) => {
  const ys = Float64Array.from(YS);
  const lines = LOSSES.map(() => ({ a: 0, b: 0 }));
  const strokes = LOSSES.map(({ ink }) => svg("line", { stroke: ink, "stroke-width": 2.5, x1: px(-1.05), x2: px(1.05) }));
  const dots = Array.from(XS, (x, i) => svg("circle", { cx: px(x), cy: py(ys[i]!), r: 4, fill: "var(--muted)" }));
  dots[OUTLIER]!.remove();
  const handle = svg("g", { "data-testid": "home-outlier" }, svg("circle", { class: "grip", r: 9 }));
  const stage = svg(
    "svg",
    { class: "stage", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": "Twelve points and three lines through them" },
    svg("line", { class: "rule", x1: 0, x2: WIDTH, y1: py(0), y2: py(0) }),
    ...dots.filter((_, i) => i !== OUTLIER),
    ...strokes,
    handle,
  );
  const slopes = LOSSES.map(() => html("b"));

  /** Down the gradient of the mean by the line's two numbers. */
  function descend(): void {
    LOSSES.forEach(({ loss, rate }, i) => {
      const line = lines[i]!;
      for (let step = 0; step < STEPS; step++) {
        const { input } = loss.valueAndGrad(
          XS.map((x) => line.a + line.b * x),
          ys,
        ).grad;
        line.a -= rate * input.reduce((sum, g) => sum + g, 0);
        line.b -= 2 * rate * input.reduce((sum, g, j) => sum + g * XS[j]!, 0);
      }
    });
  }

  function draw(): void {
    set(handle, { transform: `translate(${px(XS[OUTLIER]!)} ${py(ys[OUTLIER]!)})` });
    lines.forEach(({ a, b }, i) => {
      set(strokes[i]!, { y1: py(a - 1.05 * b), y2: py(a + 1.05 * b) });
      slopes[i]!.textContent = fixed(b, 2);
    });
  }

  let taken = false;
  let time = 0;
  function frame(): void {
    if (!taken) ys[OUTLIER] = YS[OUTLIER]! + (LIMIT - YS[OUTLIER]!) * 0.5 * (Math.cos((2 * Math.PI * time++) / PERIOD) - 1) * 1.25;
    descend();
    draw();
  }
  const to = (y: number) => {
    taken = true;
    ys[OUTLIER] = clamp(y, -LIMIT, LIMIT);
    // without motion the lines go to their end at once
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) for (let i = 0; i < SETTLED; i++) descend();
    draw();
    say();
  };
  set(handle, { "aria-orientation": "vertical" });
  const say = draggable(handle, {
    label: "the outlier, its height",
    min: -LIMIT,
    max: LIMIT,
    to: (_, y) => to(((HEIGHT / 2 - y) * (LIMIT + 0.15)) / (HEIGHT / 2)),
    by: (dx, dy) => to(ys[OUTLIER]! + 0.1 * (dx + dy)),
    state: () => ({
      now: ys[OUTLIER]!,
      text: `${fixed(ys[OUTLIER]!, 1)}; slopes ${LOSSES.map(({ name }, i) => `${name} ${slopes[i]!.textContent}`).join(", ")}`,
    }),
  });

  if (matchMedia("(prefers-reduced-motion: reduce)").matches) ys[OUTLIER] = -1.4;
  for (let i = 0; i < SETTLED; i++) descend();
  draw();
  say();
  root.append(
    html("h2", {}, "One outlier, three losses"),
    stage,
    html(
      "p",
      { class: "keys" },
      ...LOSSES.map(({ name, ink }, i) => {
        const link = html("a", { href: `#/${name}` }, name);
        link.style.color = ink;
        return html("span", {}, link, " slope ", slopes[i]!);
      }),
    ),
    html("p", { class: "note" }, "Drag the ringed point: the squared error follows it, the others hardly do."),
  );
  const end = whileSeen(stage, frame);
  return () => {
    end();
    root.replaceChildren();
  };
};
