import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/*.test.ts", "test/reference/*.test.ts", "test/adapters/*.test.ts"],
    // the slowest are walks over bit patterns and the property test
    testTimeout: 240_000,
    // vitest leaves a core free, which on two cores is half of them
    maxWorkers: availableParallelism(),
    // for test/alloc.test.ts, which looks at what the garbage collector found
    execArgv: ["--expose-gc"],
  },
});
