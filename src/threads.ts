export type { Threads, ThreadsOptions } from "./backend/threads/host.js";
export * from "./generated/threads.js";
export { version } from "./generated/version.js";
export * from "./public.js";
