// Seeded randomness: both backends must see the same initial weights and the same batches.

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

/** An integer in [0, end). */
export function below(end: number, random: Random): number {
  return Math.floor(random() * end);
}

/** Fisher and Yates, in place. */
export function shuffle(list: Int32Array, random: Random): Int32Array {
  for (let i = list.length - 1; i > 0; i--) {
    const j = below(i + 1, random);
    const kept = list[i]!;
    list[i] = list[j]!;
    list[j] = kept;
  }
  return list;
}

/** 0, 1, ... count - 1 */
export function range(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
