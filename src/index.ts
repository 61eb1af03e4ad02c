export * from "./generated/index.js";
export { version } from "./generated/version.js";
export * from "./public.js";
