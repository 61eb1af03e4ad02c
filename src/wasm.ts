export * from "./generated/wasm.js";
export { version } from "./generated/version.js";
export * from "./public.js";
