import { deterministic } from "./wasm/load.js";
import type { Host } from "./seam.js";

/** `losskit/deterministic`: baseline SIMD only. */
export const host: Host = /* @__PURE__ */ deterministic();
