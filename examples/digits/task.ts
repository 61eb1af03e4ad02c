// What the two trainings have in common, so that one loop runs and compares either of them on either backend.

import type * as losskit from "losskit/js";
import type { Digits } from "./data.js";

/** Any entry point of losskit: all have the same functions. */
export type Library = Pick<
  typeof losskit,
  "backend" | "crossEntropyLoss" | "tripletMarginLoss" | "infoNceLoss" | "supConLoss" | "batchHardTripletLoss" | "cdist"
>;

export interface Data {
  readonly train: Digits;
  readonly test: Digits;
}

export interface Epoch {
  /** Mean over the training pictures. */
  readonly loss: number;
  /** Milliseconds spent inside each call of the loss. */
  readonly callTimes: readonly number[];
}

export interface Quality {
  readonly loss: number;
  /** Between 0 and 1. */
  readonly accuracy: number;
}

export interface Task {
  /** Trains once over all training pictures. */
  epoch(rate: number): Epoch;
  /** On the pictures that were held back. */
  test(): Quality;
  /** What the network makes of all of these pictures, one row each. */
  outputs(digits: Digits): Float32Array;
}

/** One call of the loss, value and gradient, always on the same operands. */
export type Call = (library: Library) => { readonly value: number; readonly gradients: readonly Float32Array[] };

export interface Training {
  readonly name: string;
  readonly loss: keyof Library;
  readonly epochs: number;
  /** Step size of the first epoch; train.ts lowers it. */
  readonly rate: number;
  /** Rows in a call of the loss while training. */
  readonly batch: number;
  /** Columns of a row. */
  readonly width: number;
  start(library: Library, data: Data): Task;
}

export interface Plan extends Training {
  /** The loss without the training: on so many rows, taken from `outputs` over and over. */
  alone(outputs: Float32Array, digits: Digits, rows: number): Call;
}
