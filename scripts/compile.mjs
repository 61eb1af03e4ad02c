// Compiles one module of kernels after the other, as scripts/kernels.mjs asks: several of these do it at the same time.

import { parentPort } from "node:worker_threads";
import { compileModule } from "./kernels.mjs";

parentPort.on("message", async ({ target, name }) => {
  try {
    parentPort.postMessage({ binary: await compileModule(target, name) });
  } catch (error) {
    parentPort.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
