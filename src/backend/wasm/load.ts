// Where a WebAssembly backend comes from. Nothing happens before the first call; then the module is compiled, instantiated and kept for good.
// WebAssembly.validate proves nothing (a policy may still forbid to compile, or only to instantiate), so the probe is the real thing.

import { baseline, relaxed } from "../../generated/kernels.js";
import { Arena } from "./arena.js";
import { ROOM } from "./room.js";
import type { Backend, BackendInfo, Host } from "../seam.js";
import { PAGE, PAGES } from "./window.js";
import { webAssembly } from "./backend.js";

interface Choice {
  /** null: JavaScript. */
  backend: Backend | null;
  info: BackendInfo;
  arena: Arena | null;
}

type Build = "relaxed" | "baseline";
const modules = { relaxed, baseline };

function text(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** The window, and behind it the room for `alloc`. Where so much is refused, the window alone; nothing of it costs anything before it is touched. */
function makeMemory(): WebAssembly.Memory {
  const fixed = (pages: number): WebAssembly.Memory => new WebAssembly.Memory({ initial: pages, maximum: pages });
  try {
    return fixed(PAGES + ROOM / PAGE);
  } catch {
    return fixed(PAGES);
  }
}

/** The first build of a list that runs here; throws the reason of the last one if none does. */
function load(builds: readonly Build[]): Choice {
  if (typeof WebAssembly === "undefined") throw new Error("WebAssembly is not available");
  const memory = makeMemory();
  const arena = new Arena(memory, PAGES * PAGE);
  let refused: unknown;
  for (const simd of builds) {
    try {
      const instance = new WebAssembly.Instance(modules[simd](), { env: { memory } });
      const reason = refused === undefined ? {} : { reason: `relaxed SIMD: ${text(refused)}` };
      return { backend: webAssembly(instance, memory, arena), info: { name: "wasm", simd, ...reason }, arena };
    } catch (error) {
      refused = error;
    }
  }
  throw refused;
}

/** Decides at the first question, once; an error is kept as well. */
function once(decide: () => Choice): Host {
  let choice: Choice | undefined;
  let failure: Error | undefined;
  const chosen = (): Choice => {
    if (choice) return choice;
    if (failure) throw failure;
    try {
      choice = decide();
      return choice;
    } catch (error) {
      failure = error as Error;
      throw failure;
    }
  };
  return { backend: () => chosen().backend, info: () => chosen().info, arena: () => chosen().arena };
}

function required(entry: string, builds: readonly Build[]): Choice {
  try {
    return load(builds);
  } catch (error) {
    throw new Error(
      `${entry}: WebAssembly with SIMD does not run here (${text(error)}); "losskit" falls back to JavaScript, "losskit/js" needs no WebAssembly`,
      {
        cause: error,
      },
    );
  }
}

/** WebAssembly where it runs, else JavaScript. */
export function auto(): Host {
  return once(() => {
    try {
      return load(["relaxed", "baseline"]);
    } catch (error) {
      return { backend: null, info: { name: "js", simd: null, reason: text(error) }, arena: null };
    }
  });
}

export function fastest(): Host {
  return once(() => required("losskit/wasm", ["relaxed", "baseline"]));
}

export function deterministic(): Host {
  return once(() => required("losskit/deterministic", ["baseline"]));
}
