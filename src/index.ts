/**
 * The loss functions of deep learning, value and gradient, under PyTorch's names. Every loss is called for its value, or by `valueAndGrad` for
 * both, in one pass.
 *
 * Four imports export the names on this page: `losskit` (WebAssembly where it runs, JavaScript where it does not), `losskit/wasm` (WebAssembly
 * only, the fastest build), `losskit/deterministic` (WebAssembly only, the same bits on every machine) and `losskit/js` (JavaScript only).
 *
 * @packageDocumentation
 */
export * from "./generated/index.js";
export { version } from "./generated/version.js";
export * from "./public.js";
