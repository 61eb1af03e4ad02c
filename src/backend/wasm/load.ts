// Where the WebAssembly backends come from. Nothing happens before the first call; then the memory is made, a module of a few bytes (assembly/probe.ts)
// tells which build runs here, and the module of the called loss is compiled, instantiated and kept for good; those of other losses at their first
// calls. WebAssembly.validate proves nothing (a policy may still forbid to compile, or only to instantiate), so the probe is the real thing.

import { probe } from "../../generated/probe.js";
import type { BackendInfo, Host } from "../host.js";
import type { Backend } from "../seam.js";
import { WasmArena } from "./arena.js";
import { Machine, Memory, type Module } from "./machine.js";
import { ROOM } from "./room.js";
import { PAGE, PAGES } from "./window.js";

type Build = "relaxed" | "baseline";

/** A host and what its losses run on: null where each computes with its own part of the JavaScript backend. */
export interface WasmHost extends Host {
  backend(module: Module): () => Backend | null;
}

function text(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** The window, and behind it the room for `alloc`. Where so much is refused, the window alone; nothing of it costs anything before it is touched. */
function makeMemory(): Memory {
  if (typeof WebAssembly === "undefined") throw new Error("WebAssembly is not available");
  const fixed = (pages: number): WebAssembly.Memory => new WebAssembly.Memory({ initial: pages, maximum: pages });
  let memory: WebAssembly.Memory;
  try {
    memory = fixed(PAGES + ROOM / PAGE);
  } catch {
    memory = fixed(PAGES);
  }
  return new Memory(memory, new WasmArena(memory, PAGES * PAGE));
}

/** A first call may come where little is left of the stack: that says nothing of the machine. V8 and JavaScriptCore; SpiderMonkey. */
export function isStackExhausted(error: unknown): boolean {
  return (error instanceof RangeError && /call stack/i.test(error.message)) || (error as Error | undefined)?.name === "InternalError";
}

interface Choice {
  readonly build: Build;
  readonly info: BackendInfo;
  readonly memory: Memory;
}

/** The first of some builds that runs here; throws the reason of the last one if none does. */
function choose(builds: readonly Build[], memory: Memory): Choice {
  let refused: unknown;
  for (const build of builds) {
    try {
      instantiate(probe[build](), memory);
      const reason = refused === undefined ? {} : { reason: `relaxed SIMD: ${text(refused)}` };
      return { build, info: { name: "wasm", simd: build, ...reason }, memory };
    } catch (error) {
      if (isStackExhausted(error)) throw error;
      refused = error;
    }
  }
  throw refused;
}

function instantiate(module: WebAssembly.Module, { memory }: Memory): WebAssembly.Instance {
  return new WebAssembly.Instance(module, { env: { memory } });
}

/** Decides at the first question, once. `refused` says what happens where WebAssembly does not run. */
function host(builds: readonly Build[], refused: (error: unknown) => null): WasmHost {
  let memory: Memory | undefined;
  let choice: Choice | null | undefined;
  let failure: unknown;
  const decide = (): Choice | null => {
    if (choice === undefined) {
      try {
        memory ??= makeMemory();
        choice = choose(builds, memory);
      } catch (error) {
        failure = error;
        if (isStackExhausted(error)) return refused(error); // the next call asks again
        choice = null;
      }
    }
    return choice ?? refused(failure);
  };
  const load = (module: Module): Backend | null => {
    const chosen = decide();
    if (!chosen) return null;
    try {
      return module.backend(new Machine(instantiate(module.builds[chosen.build](), chosen.memory), chosen.memory)) as Backend;
    } catch (error) {
      failure = error;
      return refused(error);
    }
  };
  return {
    backend: (module) => {
      let backend: Backend | null | undefined;
      return () => {
        if (backend !== undefined) return backend;
        const loaded = load(module);
        if (loaded !== null || !isStackExhausted(failure)) backend = loaded;
        return loaded;
      };
    },
    info: () => decide()?.info ?? { name: "js", simd: null, reason: text(failure) },
    arena: () => decide()?.memory.arena ?? null,
  };
}

function required(entry: string): (error: unknown) => never {
  return (cause) => {
    throw new Error(
      `${entry}: WebAssembly with SIMD does not run here (${text(cause)}); "losskit" falls back to JavaScript, "losskit/js" needs no WebAssembly`,
      { cause },
    );
  };
}

/** `losskit`: WebAssembly where it runs, else JavaScript. */
export function auto(): WasmHost {
  return host(["relaxed", "baseline"], () => null);
}

/** `losskit/wasm`: the fastest build that runs here. */
export function fastest(): WasmHost {
  return host(["relaxed", "baseline"], required("losskit/wasm"));
}

/** `losskit/deterministic`: baseline SIMD only. */
export function deterministic(): WasmHost {
  return host(["baseline"], required("losskit/deterministic"));
}
