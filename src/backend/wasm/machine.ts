// An instance of the kernels and the window of memory that they work in.

import type { Arena } from "./arena.js";
import type { Dtype } from "../seam.js";
import { Window } from "./window.js";

export type Kernel = (...args: number[]) => number;

// Phases of a row: assembly/core/rows.ts
export const BEGIN = 1;
export const REDUCE = 2;
export const FINISH = 4;
export const APPLY = 8;
export const COUNT = 16;
export const REDUCED: number = BEGIN | REDUCE | FINISH;

export class Machine {
  readonly window: Window;
  /** By name, without the dtype: no string is made in a call. */
  private readonly kernels = new Map<string, { float32: Kernel; float64: Kernel }>();

  constructor(instance: WebAssembly.Instance, memory: WebAssembly.Memory, arena: Arena) {
    this.window = new Window(memory, arena);
    for (const [name, kernel] of Object.entries(instance.exports)) {
      const [family, dtype] = name.split(/_f(?=32|64)/) as [string, string];
      const pair = this.kernels.get(family) ?? { float32: missing, float64: missing };
      pair[dtype === "32" ? "float32" : "float64"] = kernel as Kernel;
      this.kernels.set(family, pair);
    }
  }

  kernel(name: string, dtype: Dtype): Kernel {
    const pair = this.kernels.get(name) as { float32: Kernel; float64: Kernel };
    return dtype === "float32" ? pair.float32 : pair.float64;
  }
}

/** Stands for a kernel that exists in double precision only. */
const missing: Kernel = () => {
  throw new Error("no such kernel");
};
