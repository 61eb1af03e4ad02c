import { javascript } from "./js.js";
import type { Host } from "./seam.js";

/** `losskit/js`: no WebAssembly. */
export const host: Host = { backend: () => javascript, info: () => ({ name: "js", simd: null }) };
