import type * as losskit from "losskit";
import type { Mount } from "../view.js";

/** Each loss by its name in losskit. */
export type LossName = Extract<keyof typeof losskit, `${string}Loss`>;

export interface SliderControl {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
}

export interface SelectControl {
  readonly label: string;
  readonly options: readonly { value: number; label: string }[];
  readonly value: number;
}

export type Control = SliderControl | SelectControl;
export type Settings<K extends string = string> = { readonly [name in K]: number };

/** What is varied from left to right; `value` is where the marked point starts. */
export type Axis = SliderControl;

/** An argument whose code is not just its numbers. */
export interface Written {
  readonly value: unknown;
  readonly code: string;
}

/** A call of losskit. The picture and the code on the page are both made from it. */
export interface Call {
  readonly args: readonly unknown[];
  readonly options?: Readonly<Record<string, unknown>>;
  /** The argument whose gradient is drawn, and how it becomes a number: by default its first element. */
  readonly wrt: string;
  readonly read?: (gradient: Float64Array) => number;
  readonly readCode?: string;
  /** Other names of losskit that the code needs. */
  readonly uses?: readonly string[];
}

export interface Descriptor<K extends string = string> {
  readonly name: LossName;
  /** Its name in PyTorch, or nothing. */
  readonly torch: string;
  /** TeX. */
  readonly formula: string;
  readonly use: string;
  /** What the picture shows, where that needs words. */
  readonly note?: string;
  readonly controls: { readonly [name in K]: Control };
  readonly axis: Axis | ((settings: Settings<K>) => Axis);
  /** What the plots show from bottom to top: fixed, so that a slider is seen to change the curve. */
  readonly heights: { readonly value: Height<K>; readonly gradient: Height<K> };
  readonly call: (x: number, settings: Settings<K>) => Call;
  /** How much of the gradient's unit one unit of the axis is: for the tangent. 1 if not given. */
  readonly perX?: number;
  /** Losses of the same kind have the same thing on their axis: one can be laid over another. */
  readonly kind?: string;
  /** The one that is laid over it at first. */
  readonly beside?: LossName;
  /** A view of its own below. */
  readonly extra?: { readonly title: string; readonly load: () => Promise<{ mount: Mount }> };
}

export type Height<K extends string = string> = readonly [number, number] | ((settings: Settings<K>) => readonly [number, number]);

/** Names of the settings are inferred from the controls. */
export function define<K extends string = never>(descriptor: Descriptor<K>): Descriptor {
  return descriptor as unknown as Descriptor;
}

export const range = (label: string, min: number, max: number, step: number, value: number): SliderControl => ({ label, min, max, step, value });

export const choice = (label: string, options: readonly (readonly [value: number, label: string])[], value: number): SelectControl => ({
  label,
  options: options.map(([value, label]) => ({ value, label })),
  value,
});

/** Options that are counted from 0. */
export const names = (...labels: string[]): [number, string][] => labels.map((label, i) => [i, label]);

export const toggle = (label: string, value = false): SelectControl => choice(label, names("false", "true"), value ? 1 : 0);

export const signs = (value: 1 | -1): SelectControl =>
  choice(
    "target",
    [
      [1, "1"],
      [-1, "-1"],
    ],
    value,
  );

export const written = (value: unknown, code: string): Written => ({ value, code });

const RADIAN = Math.PI / 180;
/** Six digits after the point: of a cosine, which may be nearly 0. */
const six = (x: number) => Number(x.toFixed(6));
const vector = (degrees: number) => [Math.cos(degrees * RADIAN), Math.sin(degrees * RADIAN)];

/** Unit vectors in the plane, at angles in degrees: one is an array, several have a shape. */
export const unit = (degrees: number): Written => written(vector(degrees), `[${vector(degrees).map(six).join(", ")}]`);

export function units(...degrees: number[]): Written {
  const data = degrees.flatMap(vector);
  const shape = [degrees.length, 2];
  return written({ data, shape }, `{ data: [${data.map(six).join(", ")}], shape: [${shape.join(", ")}] }`);
}

/** The part of a gradient, that of the first vector of `wrt`, along the vector's turn: by angle, in radians. */
export function along(wrt: string, degrees: number): Pick<Call, "wrt" | "read" | "readCode"> {
  const [cos, sin] = vector(degrees) as [number, number];
  return { wrt, read: (g) => g[1]! * cos - g[0]! * sin, readCode: `grad.${wrt}[1] * ${six(cos)} - grad.${wrt}[0] * ${six(sin)}` };
}

/** Radians in a degree: what perX is for angles. */
export const PER_DEGREE = RADIAN;

/** A number as one would write it: nothing like 0.30000000000000004. */
export const round = (x: number): number => Number(x.toPrecision(6));
