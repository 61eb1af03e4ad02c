import { defineConfig, mergeConfig } from "vitest/config";
import site from "./vite.config.js";

export default mergeConfig(
  site,
  defineConfig({
    test: {
      include: ["test/**/*.test.ts"],
      // each file in the browser starts one, and a race wants a core for itself
      fileParallelism: false,
      testTimeout: 120_000,
      hookTimeout: 60_000,
    },
  }),
);
