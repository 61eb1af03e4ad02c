// What the page and the training worker tell each other.

export type Backend = "wasm" | "js";

/** Two losses, side by side. */
export const LANES = [0, 1] as const;

export type Order =
  /** New networks. Frames carry the run's number, so that the page can tell a late one of the run before. */
  | { type: "reset"; run: number; objectives: readonly [string, string]; backend: Backend; rate: number; pace: number; running: boolean }
  | { type: "tune"; rate: number; pace: number }
  | { type: "start" }
  /** A frame is dealt with. The next one waits for this: a page that cannot keep up gets fewer, and no queue of them stands before its buttons. */
  | { type: "seen" }
  | { type: "pause" };

/** A square part of the plane. */
export interface View {
  x: number;
  y: number;
  /** From the middle to a side. */
  half: number;
}

export interface Lane {
  /** Points of the loss curve since the last frame: the mean of each WINDOW steps. */
  losses: number[];
  /** On the held-out digits, between 0 and 1. */
  accuracy: number;
  /** [SHOWN, 2]: where the held-out digits lie. */
  points: Float32Array;
  view: View;
  /** [CELLS, CELLS] over the view, from above: the class that the network decides for; none for losses of the embedding itself. */
  regions: Uint8Array | null;
}

export interface Frame {
  type: "frame";
  run: number;
  step: number;
  lanes: [Lane, Lane];
  running: boolean;
}

/** Cells of the regions from side to side: blurred to the size of the plane they have smooth edges. */
export const CELLS = 48;

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
