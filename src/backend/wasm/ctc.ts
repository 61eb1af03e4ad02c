// CTC on WebAssembly: the recursions over time in one kernel call per sample, in doubles. Only what the labels need is copied in.

import { copyOf, overlap } from "../../call/operand.js";
import type { Machine } from "./machine.js";
import { BYTES, CTC_MOST, type CtcCall } from "../seam.js";
import { A, address, B, C, GRAD_A, ROW_BYTES, SLOTS, TILE_BYTES, WEIGHT } from "./window.js";

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
  const { grad } = call;
  // first e^x for the whole gradient, in which samples alternate; what is written must not be read afterwards
  const safe = grad && overlap(grad, call.x) !== 0 ? { ...call, x: copyOf(call.x) } : call;
  if (grad) exponentials(machine, safe, grad);
  for (let n = 0; n < call.batch; n++) {
    const sample = sampleOf(call, n);
    let loss = sample.length === 0 ? 0 : Number.POSITIVE_INFINITY;
    if (sample.steps > 0) loss = recursion(machine, safe, sample);
    call.losses[n] = loss;
    if (grad) gradient(machine, safe, grad, sample, loss);
  }
}

interface Sample {
  readonly n: number;
  readonly steps: number;
  /** Its labels in those of all samples. */
  readonly start: number;
  readonly length: number;
  /** Doubles of a row: its states with what lies before and behind them. */
  readonly stride: number;
}

function sampleOf(call: CtcCall, n: number): Sample {
  const length = call.lengths[n] as number;
  return { n, steps: call.times[n] as number, start: call.starts[n] as number, length, stride: 2 * length + 1 + BEFORE + BEHIND };
}

/** Leaves the weight of each state at each step, and their sum per step, in the third of the arrays. */
function recursion(machine: Machine, call: CtcCall, sample: Sample): number {
  const { steps, length, stride } = sample;
  const size = 8 * steps * stride;
  const first = address(ARRAYS);
  if (gatherCompact(machine, call, sample)) {
    const loss = machine.kernel("ctcScaled", "float64")(first, first + 2 * size, address(SKIP), address(BETA), steps, length, stride);
    if (!Number.isNaN(loss)) return loss;
  }
  const poison = gather(machine, call, sample);
  const arrays = [first, first + size, first + 2 * size, first + 3 * size] as const;
  return poison + machine.kernel("ctc", "float64")(...arrays, address(SKIP), address(BETA), steps, 2 * length + 1, stride, call.grad ? 1 : 0);
}

/** For each step the log-probabilities of blank and of each label, then -infinity. False if one of them is none. */
function gatherCompact(machine: Machine, call: CtcCall, sample: Sample): boolean {
  const { x, batch, classes, blank, labels } = call;
  const { n, steps, start, length } = sample;
  const heap = machine.window.heap("float64");
  let to = address(ARRAYS) / 8;
  for (let t = 0; t < steps; t++) {
    const from = (t * batch + n) * classes;
    const silence = x[from + blank] as number;
    if (!(silence <= CTC_MOST)) return false;
    heap[to++] = silence;
    for (let k = start; k < start + length; k++) {
      const sound = x[from + (labels[k] as number)] as number;
      if (!(sound <= CTC_MOST)) return false;
      heap[to++] = sound;
    }
    heap[to++] = Number.NEGATIVE_INFINITY;
  }
  skips(machine, call.labels, sample, 0, 1);
  return true;
}

/** For each step the log-probability of each state. Returns NaN if one of them is NaN or +infinity, which the kernel would not keep, else 0. */
function gather(machine: Machine, call: CtcCall, sample: Sample): number {
  const { x, batch, classes, blank, labels } = call;
  const { n, steps, start, length, stride } = sample;
  const heap = machine.window.heap("float64");
  let poison = 0;
  for (let t = 0; t < steps; t++) {
    const from = (t * batch + n) * classes;
    const to = address(ARRAYS) / 8 + t * stride + BEFORE;
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
  skips(machine, call.labels, sample, NEVER, 0);
  return poison;
}

/** Where a state may follow the one two before it: at a label that is not that one. */
function skips(machine: Machine, labels: Int32Array, { start, length, stride }: Sample, no: number, yes: number): void {
  const heap = machine.window.heap("float64");
  const skip = address(SKIP) / 8;
  heap.fill(no, skip, skip + stride);
  for (let k = 1; k < length; k++) if (labels[start + k] !== labels[start + k - 1]) heap[skip + BEFORE + 2 * k + 1] = yes;
}

/** What e^x is multiplied by at once: a factor so large that its products could overflow waits for the difference. */
const early = (factor: number): number => (Math.abs(factor) <= 1e30 ? factor : 1);

/** grad = factor * e^x for all rows, each with its sample's factor. */
function exponentials(machine: Machine, call: CtcCall, grad: NonNullable<CtcCall["grad"]>): void {
  const { dtype, x, steps, batch, classes, factors } = call;
  const { window } = machine;
  const kernel = machine.kernel("exponential", dtype);
  const doubles = window.heap("float64");
  const piece = Math.min(classes, ROW_BYTES / BYTES[dtype]);
  const many = Math.max(1, Math.floor(TILE_BYTES / (classes * 8)));
  for (let row = 0; row < steps * batch; row += many) {
    const rows = Math.min(many, steps * batch - row);
    for (let r = 0; r < rows; r++) doubles[address(WEIGHT) / 8 + r] = early(factors[(row + r) % batch] as number);
    for (let from = 0; from < classes; from += piece) {
      const count = Math.min(piece, classes - from);
      const at = row * classes + from;
      kernel(window.place(A, dtype, x, at, rows * count), window.target(GRAD_A, dtype, grad, at), rows, count, address(WEIGHT));
      window.get(GRAD_A, dtype, grad, at, rows * count);
    }
  }
}

/** factor * (e^x - occupancy of the class), row by row; 0 beyond the sample's time. */
function gradient(machine: Machine, call: CtcCall, grad: NonNullable<CtcCall["grad"]>, sample: Sample, loss: number): void {
  const { batch, classes, blank, labels } = call;
  const { n, steps, start, length, stride } = sample;
  const factor = call.factors[n] as number;
  const now = early(factor);
  const infinite = loss === Number.POSITIVE_INFINITY;
  const lost = infinite || Number.isNaN(loss);
  const live = infinite && call.zeroInfinity ? 0 : steps;
  const doubles = machine.window.heap("float64");
  for (let t = 0; t < live && !lost; t++) {
    const row = (t * batch + n) * classes;
    const weights = address(ARRAYS) / 8 + (2 * steps + t) * stride;
    const share = (1 / (doubles[weights] as number)) * now;
    let state = weights + BEFORE;
    let silence = doubles[state++] as number;
    for (let k = start; k < start + length; k++) {
      const at = row + (labels[k] as number);
      grad[at] = (grad[at] as number) - (doubles[state++] as number) * share;
      silence += doubles[state++] as number;
    }
    grad[row + blank] = (grad[row + blank] as number) - silence * share;
    if (now !== factor) for (let c = row; c < row + classes; c++) grad[c] = (grad[c] as number) * factor;
  }
  for (let t = lost ? 0 : live; t < call.steps; t++) {
    const to = (t * batch + n) * classes;
    for (let c = 0; c < classes; c++) grad[to + c] = t < live ? Number.NaN : 0;
  }
}
