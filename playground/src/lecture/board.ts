// Points in the plane, to drag: the origin is in the middle, y goes up.

import { set, svg } from "../dom.js";
import { clamp, draggable, fixed, GRIP } from "../views/draw.js";

export interface BoardOptions {
  readonly width: number;
  readonly height: number;
  /** Pixels of one unit. */
  readonly unit: number;
  readonly label: string;
  /** `testid` and the letter in each handle, and a class for its colour. */
  readonly points: readonly { readonly id: string; readonly name: string; readonly letter: string; readonly colour?: string }[];
  readonly start: readonly (readonly number[])[];
  /** A point has been moved by hand. */
  changed(): void;
  /** More than its place, for who does not see it. */
  describe?(point: number): string;
}

export interface Board {
  readonly node: SVGSVGElement;
  /** Where the points are. */
  at: number[][];
  /** Below the handles. */
  readonly under: SVGGElement;
  x(value: number): number;
  y(value: number): number;
  /** Puts a point as near to a place as the frame allows. */
  move(point: number, x: number, y: number): void;
  /** Handles to where their points are. */
  draw(): void;
  reset(): void;
}

const KEY = 0.05;
const EDGE = 16; // pixels

export function board({ width, height, unit, label, points, start, changed, describe }: BoardOptions): Board {
  const most = { x: (width / 2 - EDGE) / unit, y: (height / 2 - EDGE) / unit };
  const px = (x: number) => width / 2 + x * unit;
  const py = (y: number) => height / 2 - y * unit;
  const under = svg("g");
  const handles = points.map(({ id, letter, colour = "" }) =>
    svg(
      "g",
      { "data-testid": id, class: colour },
      svg("circle", { class: "reach", r: 20 }),
      svg("circle", { class: "grip", r: GRIP }),
      svg("text", {}, letter),
    ),
  );
  const node = svg(
    "svg",
    { class: "stage board clipped", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label },
    svg("rect", { class: "frame-line", x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 8 }),
    under,
    ...handles,
  );
  node.style.maxWidth = `${width}px`;

  const board: Board = {
    node,
    at: start.map((point) => [...point]),
    under,
    x: px,
    y: py,
    move(point, x, y) {
      board.at[point] = [clamp(x, -most.x, most.x), clamp(y, -most.y, most.y)];
    },
    draw() {
      handles.forEach((handle, i) => {
        const [x, y] = board.at[i]!;
        set(handle, { transform: `translate(${px(x!).toFixed(2)} ${py(y!).toFixed(2)})` });
      });
      for (const say of announce) say();
    },
    reset() {
      board.at = start.map((point) => [...point]);
    },
  };
  /** By hand, on hundredths: what is read out is what is. */
  const byHand = (point: number, x: number, y: number) => {
    board.move(point, Math.round(x * 100) / 100, Math.round(y * 100) / 100);
    changed();
  };
  const announce = handles.map((handle, i) =>
    draggable(handle, {
      label: points[i]!.name,
      min: -most.x,
      max: most.x,
      to: (x, y) => byHand(i, (x - width / 2) / unit, (height / 2 - y) / unit),
      by: (dx, dy) => byHand(i, board.at[i]![0]! + dx * KEY, board.at[i]![1]! + dy * KEY),
      state() {
        const [x, y] = board.at[i]!;
        return { now: x!, text: `x ${fixed(x!, 2)}, y ${fixed(y!, 2)}${describe ? `; ${describe(i)}` : ""}` };
      },
    }),
  );
  return board;
}
