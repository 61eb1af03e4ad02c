// The two backends that are run side by side.

import * as losskit from "losskit";
import * as javascript from "losskit/js";
import * as webassembly from "losskit/wasm";
import type { Contestant } from "./train.js";

/** WebAssembly, or what `losskit` offers where that cannot run. */
function fastest(): Contestant {
  try {
    console.log(`WebAssembly with ${webassembly.backend().simd} SIMD, Node ${process.version}.`);
    return { name: "WebAssembly", library: webassembly };
  } catch {
    const { name, reason } = losskit.backend();
    console.log(`WebAssembly cannot run here (${reason}): instead of it, losskit with its fallback, Node ${process.version}.`);
    return { name: `losskit (${name})`, library: losskit };
  }
}

/** The fastest first, as the tables want them; says which that is. */
export function contestants(): readonly [Contestant, Contestant] {
  return [fastest(), { name: "JavaScript", library: javascript }];
}
