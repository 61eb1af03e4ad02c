// What an entry point knows of its backend: decided at the first call, once.

import type { Dtype, FloatArray } from "../array/typed.js";

/** What `backend()` answers. */
export interface BackendInfo {
  readonly name: "wasm" | "js";
  readonly simd: "relaxed" | "baseline" | null;
  /** losskit/threads: how many threads are ready, the caller's own included. */
  readonly threads?: number;
  /** Why a faster choice was refused. */
  readonly reason?: string;
}

/** Where `alloc` puts its arrays. */
export interface Arena {
  /** An array of zeros, or the number of bytes that the largest array could have where there is no room. */
  take(length: number, dtype: Dtype): FloatArray | number;
  /** Takes back an array that `take` returned. */
  give(array: FloatArray): void;
  /** How many arrays are alive. */
  readonly alive: number;
}

export interface Host {
  info(): BackendInfo;
  /** null where alloc's arrays are ordinary ones. */
  arena(): Arena | null;
}

/** The host of losskit/js: no WebAssembly. */
export const javascript: Host = { info: () => ({ name: "js", simd: null }), arena: () => null };
