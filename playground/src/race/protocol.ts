// What the page and the racing worker tell each other.

export interface Order {
  loss: string;
  size: number;
}

export interface Backend {
  name: "wasm" | "js";
  simd: "relaxed" | "baseline" | null;
  reason?: string | undefined;
}

export interface Timing {
  /** Microseconds per call: the median of the rounds, and their quartiles. */
  median: number;
  low: number;
  high: number;
}

export interface Result {
  type: "result";
  loss: string;
  size: string;
  version: string;
  /** Of `losskit`: what a page gets that does not choose. */
  chosen: Backend;
  js: Timing;
  /** Nothing where WebAssembly is refused. */
  wasm: Timing | null;
  /** Of losskit/threads, and on how many; nothing where the page is not isolated from other origins, or has one core. */
  threads: Timing | null;
  count: number;
  /** Of a hand-written loop; nothing where the loss has none. */
  hand: Timing | null;
  /** How many times as fast WebAssembly is, round by round: median and quartiles. */
  ratio: Timing | null;
  /** Largest difference of a contestant's gradients from those of losskit/js, relative to the largest gradient; nothing where that runs alone. */
  difference: number | null;
  simd: Backend["simd"];
  refused: string | null;
  rounds: number;
}

export type News = { type: "progress"; done: number; text: string } | Result | { type: "failed"; text: string };
