// A point of a picture, and the code that computes it: both from the same call.

import * as losskit from "losskit";
import { type Axis, type Call, type Descriptor, type Height, round, type Settings, type Written } from "./losses/descriptor.js";

interface AnyLoss {
  valueAndGrad(...args: unknown[]): { value: number; grad: Record<string, Float64Array> };
}

// every loss is shown, so nothing is lost for the bundler
const library = losskit as unknown as Record<string, AnyLoss>;

export interface Point {
  x: number;
  value: number;
  gradient: number;
}

const isWritten = (arg: unknown): arg is Written => typeof arg === "object" && arg !== null && "code" in arg;

export function evaluate({ name, call }: Descriptor, x: number, settings: Settings): Point {
  const { args, options, wrt, read = (gradient) => gradient[0]! } = call(x, settings);
  const loss = library[name]!;
  const { value, grad } = loss.valueAndGrad(...args.map((arg) => (isWritten(arg) ? arg.value : arg)), { ...options, wrt: [wrt] });
  return { x, value, gradient: read(grad[wrt]!) };
}

const SAMPLES = 400;
/** A step this many times as large as those around it, and this part of the plot's height, is a jump. */
const JUMP = 12;
const PART = 0.04;

/** The curve; where the gradient jumps there is a gap. */
export function sweep(descriptor: Descriptor, settings: Settings, { min, max }: Axis = axisOf(descriptor, settings)): Point[] {
  const points = Array.from({ length: SAMPLES + 1 }, (_, i) => evaluate(descriptor, i === SAMPLES ? max : min + ((max - min) * i) / SAMPLES, settings));
  const [low, high] = heightOf(descriptor.heights.gradient, settings);
  const step = (i: number) => Math.abs((points[i + 1]?.gradient ?? 0) - (points[i]?.gradient ?? 0));
  const around = (i: number) => Math.max(i > 1 ? step(i - 2) : 0, i + 3 < points.length ? step(i + 2) : 0);
  return points.flatMap((point, i) =>
    i + 1 < points.length && step(i) > PART * (high - low) && step(i) > JUMP * around(i)
      ? [point, { x: point.x, value: point.value, gradient: Number.NaN }]
      : [point],
  );
}

export const heightOf = (height: Height, settings: Settings) => (typeof height === "function" ? height(settings) : height);

export const axisOf = ({ axis }: Descriptor, settings: Settings) => (typeof axis === "function" ? axis(settings) : axis);

export function starting(descriptor: Descriptor): Record<string, number> {
  return Object.fromEntries(Object.entries(descriptor.controls).map(([name, { value }]) => [name, value]));
}

/** Four digits, as text: short numbers stay short. */
export const short = (x: number): string => (Number.isFinite(x) ? String(Number(x.toPrecision(4))) : String(x));

export function literal(value: unknown): string {
  if (isWritten(value)) return value.code;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "number") return String(round(value));
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([name, entry]) => `${name}: ${literal(entry)}`)
    .join(", ")} }`;
}

/** A whole program that prints the marked point. */
export function program({ name, call }: Descriptor, { x, value, gradient }: Point, settings: Settings): string {
  const { args, options, wrt, readCode = `grad.${wrt}[0]`, uses = [] }: Call = call(x, settings);
  // the default is the loss's own, but for losses where another argument is drawn
  const all = [...args.map(literal), literal({ ...options, wrt: [wrt] })];
  const line = all.join(", ");
  const inner = line.length < 52 ? line : `\n  ${all.join(",\n  ")},\n`;
  return [
    `import { ${[name, ...uses].join(", ")} } from "losskit";`,
    "",
    `const { value, grad } = ${name}.valueAndGrad(${inner});`,
    `console.log(value); // ${short(value)}`,
    `console.log(${readCode}); // ${short(gradient)}`,
  ].join("\n");
}
