// Contestants in processes of their own: the fused C, compiled here and now, and PyTorch.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FLOAT32, SUMS } from "./measure.mjs";
import { Server } from "./server.mjs";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const GCC = ["-O3", "-march=native", "-ffast-math"];

/** Compiles fused.c. What gcc says about the loops is kept: how wide the widest vectors are is the report's lane width. */
export function fusedC(folder) {
  const program = `${folder}/fused`;
  const { status, stderr, error } = spawnSync("gcc", [...GCC, "-fopt-info-vec", here("fused.c"), "-o", program, "-lm"], { encoding: "utf8" });
  if (error?.code === "ENOENT") return { skipped: "gcc is missing" };
  if (status !== 0) return { skipped: `gcc failed: ${stderr.split("\n").find((line) => line.includes("error")) ?? error}` };
  const widths = [...stderr.matchAll(/vectorized using (\d+) byte vectors/g)].map(([, bytes]) => Number(bytes));
  const widest = Math.max(0, ...widths);
  const gcc = execFileSync("gcc", ["-dumpfullversion"], { encoding: "utf8" }).trim();
  const loops = widths.filter((bytes) => bytes === widest).length;
  const server = new Server(program, [], folder);
  return {
    info: `gcc ${gcc} ${GCC.join(" ")}, ${loops} loops in ${8 * widest}-bit vectors (${widest / 4} floats)`,
    close: () => server.close(),
    async contestants(made) {
      await server.load(made);
      const kinds = made.grads.length > 0 ? ["value", "grad"] : ["value"];
      return [{ name: "fused C", tolerance: FLOAT32, kinds, server }];
    },
  };
}

/** PyTorch, eager and compiled, from the virtual environment beside this file or whatever Python the environment names. */
export async function torch(folder, threads = 1) {
  const venv = here(process.platform === "win32" ? "venv/Scripts/python.exe" : "venv/bin/python");
  const python = process.env.TORCH_PYTHON ?? (existsSync(venv) ? venv : "python3");
  const probe = spawnSync(python, ["-c", "import torch, numpy"], { encoding: "utf8" });
  if (probe.error) return { skipped: "torch is missing (no Python)" };
  if (probe.status !== 0) return { skipped: "torch is missing" };
  const server = new Server(python, ["-u", here("torch_server.py"), String(threads)], folder);
  const { info } = await server.ask({ do: "info" });
  const modes = { "PyTorch eager": "eager", "torch.compile": "compile" };
  // what scoreTokens is beside would be compiled away, since only the value is read;
  // compiled, multiLabelMarginLoss is another loss than PyTorch's own (2.13), of time and memory quadratic in the classes
  const uncompiled = new Set(["multiLabelMarginLoss", "scoreTokens", "scoreTokens float16"]);
  return {
    info,
    close: () => server.close(),
    async contestants(made) {
      await server.load(made);
      const kinds = made.grads.length > 0 ? ["value", "grad"] : ["value"];
      const able = Object.entries(modes).filter(([, mode]) => mode === "eager" || !uncompiled.has(made.loss));
      return able.map(([name, mode]) => ({
        name,
        // its CTC in float32 is off by 0.7 % of the usual gradient after 500 steps, beside its own float64
        tolerance: made.loss === "ctcLoss" ? { ...SUMS, grad: 0.02 } : SUMS,
        kinds,
        server: { result: (grads) => server.result(grads, mode), turn: (grad, ms) => server.turn(grad, ms, mode) },
      }));
    },
  };
}
