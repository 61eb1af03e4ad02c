// What the page and the training worker tell each other.

export type Backend = "wasm" | "js";

export type Order =
  /** A new network. Frames carry the run's number, so that the page can tell a late one of the run before. */
  | { type: "reset"; run: number; objective: string; backend: Backend; rate: number; pace: number }
  | { type: "tune"; rate: number; pace: number }
  | { type: "start" }
  /** A frame is dealt with. The next one waits for this: a page that cannot keep up gets fewer, and no queue of them stands before its buttons. */
  | { type: "seen" }
  | { type: "pause" };

export interface Frame {
  type: "frame";
  run: number;
  step: number;
  /** Points of the loss curve since the last frame: the mean of each WINDOW steps. */
  losses: number[];
  /** On the held-out digits, between 0 and 1. */
  accuracy: number;
  /** [SHOWN, 2]: where the held-out digits lie. */
  points: Float32Array;
  /** Weights [2, 10] and bias [10] of the last layer; none for losses of the embedding itself. */
  head: Float32Array | null;
  running: boolean;
}

export type News =
  | Frame
  /** Once, before the first frame: what is drawn. */
  | { type: "ready"; classes: Int32Array; pixels: Float32Array }
  | { type: "backend"; run: number; text: string }
  | { type: "failed"; run: number; text: string };

/** Held-out digits: all of them are drawn. */
export const SHOWN = 400;
export const BATCH = 64;
/** Steps that one point of the loss curve is the mean of. */
export const WINDOW = 10;
export const MAX_STEPS = 5000;
