/** What sort of page the tests run on: vitest.browser.config.ts says which it should be. */
import { expect, inject, it } from "vitest";
import { backend } from "../../src/index.js";

declare module "vitest" {
  interface ProvidedContext {
    isolated: boolean;
  }
}

it("isolated from other origins as its headers say", () => {
  expect(globalThis.crossOriginIsolated).toBe(inject("isolated"));
  expect(typeof SharedArrayBuffer !== "undefined").toBe(inject("isolated"));
});

it("relaxed SIMD, which Chromium has", () => {
  expect(backend()).toEqual({ name: "wasm", simd: "relaxed" });
});
