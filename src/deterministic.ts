export * from "./generated/deterministic.js";
export { version } from "./generated/version.js";
export * from "./public.js";
