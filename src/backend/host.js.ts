import type { Host } from "./seam.js";

/** `losskit/js`: no WebAssembly. */
export const host: Host = { backend: () => null, info: () => ({ name: "js", simd: null }), arena: () => null };
