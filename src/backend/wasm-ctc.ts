// CTC on WebAssembly: the recursions over time in one kernel call per sample, in doubles. Only what the labels need is copied in.

import type { Machine } from "./machine.js";
import type { CtcCall } from "./seam.js";
import { A, address, B, C, ROW_BYTES, SLOTS, TILE_BYTES, WEIGHT } from "./staging.js";

/** Doubles before a row's first state and behind its last: what the kernel reads of them is "never". */
const BEFORE = 2;
const BEHIND = 4;
/** Exponent of what never happens: assembly/losses/ctc.ts. */
const NEVER = -1e15;
/** Two small rows at the front of slots B and C, then four arrays of a double per step and state. */
const SKIP = B;
const BETA = C;
const ARRAYS = WEIGHT;
export const CTC_DOUBLES: number = Math.floor((address(SLOTS) - address(ARRAYS)) / 8 / 4);

export function ctc(machine: Machine, call: CtcCall): void {
  for (let sample = 0; sample < call.batch; sample++) sampleOf(machine, call, sample);
}

function sampleOf(machine: Machine, call: CtcCall, sample: number): void {
  const { x, batch, classes, blank, labels, losses, grad } = call;
  const steps = call.times[sample] as number;
  const length = call.lengths[sample] as number;
  const start = call.starts[sample] as number;
  const states = 2 * length + 1;
  const stride = states + BEFORE + BEHIND;
  const heap = machine.window.heap("float64");
  const emission = address(ARRAYS) / 8;
  const skip = address(SKIP) / 8;
  let poison = 0; // NaN once an emission is NaN or +infinity, which the kernel's split into mantissa and exponent would not keep
  for (let t = 0; t < steps; t++) {
    const from = (t * batch + sample) * classes;
    const to = emission + t * stride + BEFORE;
    const silence = x[from + blank] as number;
    if (!(silence < Number.POSITIVE_INFINITY)) poison = Number.NaN;
    heap[to] = silence;
    for (let k = 0; k < length; k++) {
      const sound = x[from + (labels[start + k] as number)] as number;
      if (!(sound < Number.POSITIVE_INFINITY)) poison = Number.NaN;
      heap[to + 2 * k + 1] = sound;
      heap[to + 2 * k + 2] = silence;
    }
  }
  heap.fill(NEVER, skip, skip + stride);
  for (let k = 1; k < length; k++) if (labels[start + k] !== labels[start + k - 1]) heap[skip + BEFORE + 2 * k + 1] = 0;
  let loss = length === 0 ? 0 : Number.POSITIVE_INFINITY;
  if (steps > 0) {
    const size = 8 * steps * stride;
    const first = address(ARRAYS);
    loss = machine.kernel("ctc", "float64")(
      first,
      first + size,
      first + 2 * size,
      first + 3 * size,
      address(SKIP),
      address(BETA),
      steps,
      states,
      stride,
      grad ? 1 : 0,
    );
    loss += poison;
  }
  losses[sample] = loss;
  if (grad) gradient(machine, call, sample, steps, states, stride, loss);
}

/** factor * (e^x - occupancy of the class), row by row; 0 beyond the sample's time. */
function gradient(machine: Machine, call: CtcCall, sample: number, steps: number, states: number, stride: number, loss: number): void {
  const { dtype, batch, classes, blank, labels, x } = call;
  const grad = call.grad as NonNullable<CtcCall["grad"]>;
  const { window } = machine;
  const size = dtype === "float32" ? 4 : 8;
  const factor = call.factors[sample] as number;
  const start = call.starts[sample] as number;
  const infinite = loss === Number.POSITIVE_INFINITY;
  const lost = infinite || Number.isNaN(loss);
  const live = infinite && call.zeroInfinity ? 0 : steps;
  const heap = window.heap(dtype);
  const doubles = window.heap("float64");
  const tile = address(A) / size;
  const exponential = machine.kernel("exponential", dtype);
  const piece = Math.min(classes, ROW_BYTES / size);
  const many = Math.max(1, Math.floor(TILE_BYTES / (classes * size)));
  for (let t = 0; t < live; t += many) {
    const rows = Math.min(many, live - t);
    for (let from = 0; from < classes; from += piece) {
      const count = Math.min(piece, classes - from);
      for (let r = 0; r < rows; r++) window.put(A, dtype, x, ((t + r) * batch + sample) * classes + from, count, r * count);
      exponential(address(A), rows * count, lost ? Number.NaN : factor);
      for (let r = 0; r < rows; r++) {
        const to = ((t + r) * batch + sample) * classes + from;
        for (let c = 0; c < count; c++) grad[to + c] = heap[tile + r * count + c] as number;
      }
    }
    for (let r = 0; r < rows && !lost; r++) {
      const state = address(ARRAYS) / 8 + (2 * steps + t + r) * stride + BEFORE;
      const row = ((t + r) * batch + sample) * classes;
      let silence = doubles[state] as number;
      for (let s = 1; s < states; s += 2) {
        const at = row + (labels[start + (s >> 1)] as number);
        grad[at] = (grad[at] as number) - (doubles[state + s] as number) * factor;
        silence += doubles[state + s + 1] as number;
      }
      grad[row + blank] = (grad[row + blank] as number) - silence * factor;
    }
  }
  for (let t = live; t < call.steps; t++) {
    const to = (t * batch + sample) * classes;
    for (let c = 0; c < classes; c++) grad[to + c] = 0;
  }
}
