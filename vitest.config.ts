import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // the slowest are walks over bit patterns and the property test
    testTimeout: 240_000,
  },
});
