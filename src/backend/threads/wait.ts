// How one thread waits for others, never without end.

// as they were when losskit was loaded: a test's fake clock stands still
const { performance, setTimeout } = globalThis;
export const now = (): number => performance.now();
export const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks at a word before sleeping. */
const SPINS = 2000;
/** ms of one sleep. */
const NAP = 100;

/** ms that a worker looks for the next job before it sleeps: several loops of one call follow each other within it, and each wake costs both sides more. */
const LINGER = 0.05;

/** Waits as long as a word has a value, as who has nothing else to do: awake for a moment, then asleep without end. */
export function rest(words: Int32Array, index: number, value: number): void {
  for (const since = now(); now() - since < LINGER; ) for (let spin = 0; spin < 100; spin++) if (Atomics.load(words, index) !== value) return;
  Atomics.wait(words, index, value);
}

/** Waits as long as a word has a value, but not longer than about NAP. On a page, where nobody may sleep, it looks again and again. */
export function pause(words: Int32Array, index: number, value: number): void {
  for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(words, index) !== value) return;
  try {
    Atomics.wait(words, index, value, NAP);
  } catch {
    // a page
  }
}
