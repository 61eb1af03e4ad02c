export * from "./generated/js.js";
export { version } from "./generated/version.js";
export * from "./public.js";
