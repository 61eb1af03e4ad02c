export { version } from "./generated/version.js";
export * from "./generated/wasm.js";
export * from "./public.js";
