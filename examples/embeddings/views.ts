// Other views of a picture: what one writes twice never lands on the same pixels, and the encoder should not care.

import { PIXELS } from "../digits/data.js";
import type { Random } from "../digits/random.js";

const SIDE = 8;
/** Pixels, at most, to each side and up and down. */
const SHIFT = 0.5;
/** Of a pixel, whose values are from 0 to 1. */
const NOISE = 0.2;

/** One view of the picture at `source` in `from`, to `target` in `into`: shifted by a part of a pixel, with noise in what is not empty. */
export function view(from: Float32Array, source: number, into: Float32Array, target: number, random: Random): void {
  const dx = (2 * random() - 1) * SHIFT;
  const dy = (2 * random() - 1) * SHIFT;
  const pixel = (x: number, y: number): number => (x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : from[source + y * SIDE + x]!);
  for (let i = 0; i < PIXELS; i++) {
    const x = (i % SIDE) + dx;
    const y = Math.floor(i / SIDE) + dy;
    const left = Math.floor(x);
    const top = Math.floor(y);
    const right = x - left;
    const below = y - top;
    const upper = (1 - right) * pixel(left, top) + right * pixel(left + 1, top);
    const lower = (1 - right) * pixel(left, top + 1) + right * pixel(left + 1, top + 1);
    const value = (1 - below) * upper + below * lower;
    into[target + i] = value === 0 ? 0 : value + (2 * random() - 1) * NOISE;
  }
}
