// The WebAssembly backend: stages tiles and calls kernels (assembly/losses). What is computed stands there; here is only what goes where.

import type { Arena } from "./arena.js";
import { Machine } from "./machine.js";
import type { Backend } from "../seam.js";
import { crossEntropy } from "./classes.js";
import { CTC_DOUBLES, ctc } from "./ctc.js";
import { margins } from "./margins.js";
import { outside, pointwise } from "./pointwise.js";
import { cdist, cosine, distances } from "./vectors.js";

export function webAssembly(instance: WebAssembly.Instance, memory: WebAssembly.Memory, arena: Arena): Backend {
  const machine = new Machine(instance, memory, arena);
  return {
    pointwise: (call) => pointwise(machine, call),
    crossEntropy: (call) => crossEntropy(machine, call),
    margins: (call) => margins(machine, call),
    ctc: (call) => ctc(machine, call),
    ctcLimit: CTC_DOUBLES,
    distances: (call) => distances(machine, call),
    cosine: (call) => cosine(machine, call),
    cdist: (call) => cdist(machine, call),
    outside: (data, n, low, high) => outside(machine, data, n, low, high),
  };
}
