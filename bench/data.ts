// Seeded random data: every run, Node version and contestant sees the same numbers, and no branch can be predicted.

export type Random = () => number;

/** mulberry32 (Tommy Ettinger, 2017): uniform in [0, 1). */
export function seeded(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function fill(n: number, next: () => number): Float32Array<ArrayBuffer> {
  const data = new Float32Array(n);
  for (let i = 0; i < n; i++) data[i] = next();
  return data;
}

/** Normal, by Box and Muller. */
export function normal(random: Random, n: number, deviation = 1): Float32Array<ArrayBuffer> {
  return fill(n, () => deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

export function uniform(random: Random, n: number, low = 0, high = 1): Float32Array<ArrayBuffer> {
  return fill(n, () => low + (high - low) * random());
}

export function logUniform(random: Random, n: number): Float32Array<ArrayBuffer> {
  return fill(n, () => Math.log(1 - random()));
}

/** 0 and 1. */
export function labels(random: Random, n: number): Float32Array<ArrayBuffer> {
  return fill(n, () => (random() < 0.5 ? 0 : 1));
}

/** -1 and 1. */
export function signs(random: Random, n: number): Float32Array<ArrayBuffer> {
  return fill(n, () => (random() < 0.5 ? -1 : 1));
}

export function classIndices(random: Random, n: number, classes: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: n }, () => Math.floor(random() * classes));
}
