// How one thread waits for others, never without end.

// as they were when losskit was loaded: a test's fake clock stands still
const { performance, setTimeout } = globalThis;
export const now = (): number => performance.now();
export const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks at a word before sleeping. */
const SPINS = 2000;
/** ms of one sleep. */
const NAP = 100;

/** Waits as long as a word has a value, but not longer than about NAP. On a page, where nobody may sleep, it looks again and again. */
export function pause(words: Int32Array, index: number, value: number): void {
  for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(words, index) !== value) return;
  try {
    Atomics.wait(words, index, value, NAP);
  } catch {
    // a page
  }
}
