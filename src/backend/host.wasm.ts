import { fastest } from "./wasm/load.js";
import type { Host } from "./seam.js";

/** `losskit/wasm`: the fastest build that runs here. */
export const host: Host = /* @__PURE__ */ fastest();
