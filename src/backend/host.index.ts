import { auto } from "./wasm/load.js";
import type { Host } from "./seam.js";

/** `losskit`: WebAssembly where it runs, JavaScript where it does not. */
export const host: Host = /* @__PURE__ */ auto();
