// What a loss says of itself: the record from which define.ts makes the public function.

import type { FloatArray } from "../array/typed.js";
import type { Backend } from "../backend/seam.js";
import type { Frame } from "./frame.js";
import type { Signature } from "./signature.js";

export interface Spec extends Signature {
  /** The folder of assembly/losses whose module holds its kernels: scripts/entries.mjs binds it. Missing where it has none. */
  readonly module?: string;
  /** What `run` asks of a backend, in JavaScript. */
  readonly javascript: Partial<Backend>;
  /** Checks what the frame has taken, computes, and returns the value. */
  readonly run: (frame: Frame, backend: () => Backend) => number | FloatArray;
}

/** A spec and the type of the function that it becomes. */
export type LossSpec<F> = Spec & { readonly signature?: F };
