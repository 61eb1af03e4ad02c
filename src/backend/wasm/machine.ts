// A module's instance: its kernels by name, over the memory and window that all modules of an entry share.

import type { HalfArray } from "../../array/half.js";
import type { Dtype, FloatArray } from "../../array/typed.js";
import type { Backend } from "../seam.js";
import type { WasmArena } from "./arena.js";
import type { TilesCall } from "./crew.js";
import { type Kernel, type Port, Stream } from "./stream.js";
import { Window } from "./window.js";

/** Compiles a module, of whose bytes somebody may take a look before (decode.ts). */
export type Compile = (look?: (bytes: Uint8Array) => void) => WebAssembly.Module;

/** A module: its builds, and the part of the backend that its kernels compute. */
export interface Module {
  readonly builds: { readonly relaxed: Compile; readonly baseline: Compile };
  readonly backend: (machine: Machine) => Partial<Backend>;
}

/** A memory with its window: one for each entry, whatever modules it comes to load. */
export class Memory {
  readonly memory: WebAssembly.Memory;
  readonly arena: WasmArena;
  readonly window: Window;
  readonly stream: Stream;

  constructor(memory: WebAssembly.Memory, arena: WasmArena) {
    this.memory = memory;
    this.arena = arena;
    this.window = new Window(memory);
    this.stream = new Stream(this.window, arena);
  }
}

export class Machine {
  readonly window: Window;
  readonly stream: Stream;
  /** Does tiles together with other threads, where there are any. */
  share: ((call: TilesCall) => void) | null = null;
  /** By name, without the dtype: no string is made in a call. */
  private readonly kernels = new Map<string, { float32: Kernel; float64: Kernel }>();

  constructor(instance: WebAssembly.Instance, { window, stream }: Pick<Memory, "window" | "stream">) {
    this.window = window;
    this.stream = stream;
    for (const [name, kernel] of Object.entries(instance.exports)) {
      const [op, dtype] = name.split(/_f(?=32|64)/) as [string, string];
      const pair = this.kernels.get(op) ?? { float32: missing, float64: missing };
      pair[dtype === "32" ? "float32" : "float64"] = kernel as Kernel;
      this.kernels.set(op, pair);
    }
  }

  /** Rows to read, as they are stored. `copied`: to the slot in any case, where they may be written over. */
  rows(slot: number, data: FloatArray | HalfArray, copied = false): Port {
    if (!("storage" in data)) return this.stream.input(slot, data, copied);
    return this.stream.half(slot, data, this.kernel(data.storage, "float64"));
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
