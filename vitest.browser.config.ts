// npm run test:browser: the same tests in Chromium, on a page that is isolated from other origins and on one that is not.

import { readFileSync } from "node:fs";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { args, executablePath } from "./scripts/chromium.mjs";

/** Tests that need what a page does not have, and what that is. */
const elsewhere = JSON.parse(readFileSync(new URL("test/browser/elsewhere.json", import.meta.url), "utf8")) as Record<string, string>;

const project = (name: string, isolated: boolean, headers: Record<string, string>) => ({
  server: { headers },
  json: { stringify: true as const },
  test: {
    name,
    provide: { isolated },
    include: ["test/**/*.test.ts"],
    exclude: Object.keys(elsewhere),
    testTimeout: 240_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      // --expose-gc: for test/alloc.test.ts, which looks at what the garbage collector found
      provider: playwright({ launchOptions: { executablePath, args: ["--headless", ...args, "--js-flags=--expose-gc"] } }),
      instances: [{ browser: "chromium" as const }],
    },
  },
});

export default defineConfig({
  test: {
    projects: [
      project("chromium", false, {}),
      project("chromium, isolated", true, { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }),
    ],
  },
});
