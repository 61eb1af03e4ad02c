// CTC on WebAssembly: the recursions over time in one kernel call per sample, in doubles. Only what the labels need is copied in.

import { copyOf, type FloatArray, overlap } from "../../array/typed.js";
import { CtcBlock } from "../../generated/layouts.js";
import { APPLY, CTC_MOST } from "../protocol.js";
import type { Backend, CtcCall } from "../seam.js";
import type { Machine } from "./machine.js";
import { A, B, C, GRAD_A, SLOTS, WEIGHT, type Window } from "./window.js";

/** Doubles before a row's first state and behind its last: what the kernel reads of them is "never". */
const BEFORE = 2;
const BEHIND = 4;
/** Exponent of what never happens: assembly/losses/ctc.ts. */
const NEVER = -1e15;
/** Two small rows at the front of slots B and C, then four arrays of a double per step and state. */
const SKIP = B;
const BETA = C;
const ARRAYS = WEIGHT;
const { i32: I } = CtcBlock;

function limitOf(window: Window): number {
  return Math.floor((window.address(SLOTS) - window.address(ARRAYS)) / 8 / 4);
}

export function ctc(machine: Machine): Pick<Backend, "ctc" | "ctcLimit"> {
  return { ctc: (call) => run(machine, call), ctcLimit: limitOf(machine.window) };
}

function run(machine: Machine, call: CtcCall): void {
  const { grad, batch } = call;
  const { stream } = machine;
  const { split } = stream;
  // first e^x for the whole gradient, in which samples alternate; what is written must not be read afterwards
  const safe = grad && overlap(grad, call.x) !== 0 ? { ...call, x: copyOf(call.x) } : call;
  stream.split = null; // samples are shared, not these rows
  if (grad && !call.prepared) exponentials(machine, safe, grad);
  if (split?.open(batch)) {
    for (let n = split.claim(); n >= 0; n = split.claim()) samples(machine, safe, n, Math.min(batch, n + split.size));
  } else samples(machine, safe, 0, batch);
}

function samples(machine: Machine, call: CtcCall, start: number, end: number): void {
  const { grad } = call;
  for (let n = start; n < end; n++) {
    const sample = sampleOf(call, n);
    let loss = sample.length === 0 ? 0 : Number.POSITIVE_INFINITY;
    if (sample.steps > 0) loss = recursion(machine, call, sample);
    call.losses[n] = loss;
    if (grad) gradient(machine.window, call, grad, sample, loss);
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
  const { window } = machine;
  const { i32, b4 } = window;
  const { steps, length, stride } = sample;
  const size = 8 * steps * stride;
  const first = window.address(ARRAYS);
  i32[b4 + I.steps] = steps;
  i32[b4 + I.labels] = length;
  i32[b4 + I.states] = 2 * length + 1;
  i32[b4 + I.stride] = stride;
  i32[b4 + I.occupancy] = call.grad ? 1 : 0;
  i32[b4 + I.emission] = first;
  i32[b4 + I.emissionE] = first + size;
  i32[b4 + I.alpha] = first + 2 * size;
  i32[b4 + I.alphaE] = first + 3 * size;
  i32[b4 + I.skip] = window.address(SKIP);
  i32[b4 + I.beta] = window.address(BETA);
  if (gatherCompact(window, call, sample)) {
    const loss = machine.kernel("ctcScaled", "float64")(window.block);
    if (!Number.isNaN(loss)) return loss;
  }
  const poison = gather(window, call, sample);
  return poison + machine.kernel("ctc", "float64")(window.block);
}

/** For each step the log-probabilities of blank and of each label, then -infinity. False if one of them is none. */
function gatherCompact(window: Window, call: CtcCall, sample: Sample): boolean {
  const { x, batch, classes, blank, labels } = call;
  const { n, steps, start, length } = sample;
  const heap = window.f64;
  let to = window.address(ARRAYS) / 8;
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
  skips(window, call.labels, sample, 0, 1);
  return true;
}

/** For each step the log-probability of each state. Returns NaN if one of them is NaN or +infinity, which the kernel would not keep, else 0. */
function gather(window: Window, call: CtcCall, sample: Sample): number {
  const { x, batch, classes, blank, labels } = call;
  const { n, steps, start, length, stride } = sample;
  const heap = window.f64;
  let poison = 0;
  for (let t = 0; t < steps; t++) {
    const from = (t * batch + n) * classes;
    const to = window.address(ARRAYS) / 8 + t * stride + BEFORE;
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
  skips(window, call.labels, sample, NEVER, 0);
  return poison;
}

/** Where a state may follow the one two before it: at a label that is not that one. */
function skips(window: Window, labels: Int32Array, { start, length, stride }: Sample, no: number, yes: number): void {
  const heap = window.f64;
  const skip = window.address(SKIP) / 8;
  heap.fill(no, skip, skip + stride);
  for (let k = 1; k < length; k++) if (labels[start + k] !== labels[start + k - 1]) heap[skip + BEFORE + 2 * k + 1] = yes;
}

/** What e^x is multiplied by at once: a factor so large that its products could overflow waits for the difference. */
const early = (factor: number): number => (Math.abs(factor) <= 1e30 ? factor : 1);

/** grad = factor * e^x for all rows, each with its sample's factor. */
function exponentials(machine: Machine, call: CtcCall, into: FloatArray): void {
  const { dtype, batch, classes, factors } = call;
  const { stream, window } = machine;
  const kernel = machine.kernel("exponential", dtype);
  stream.begin(dtype, classes);
  const x = stream.input(A, call.x);
  const grad = stream.output(GRAD_A, into);
  const scales = window.address(WEIGHT);
  stream.start(call.steps * batch, APPLY);
  while (stream.next()) {
    const { phases, row, rows, count } = stream;
    if (!(phases & APPLY)) continue;
    for (let r = 0; r < rows; r++) window.f64[scales / 8 + r] = early(factors[(row + r) % batch] as number);
    kernel(x.at, grad.at, rows, count, scales);
  }
}

/** factor * (e^x - occupancy of the class), row by row; 0 beyond the sample's time. */
function gradient(window: Window, call: CtcCall, grad: FloatArray, sample: Sample, loss: number): void {
  const { batch, classes, blank, labels } = call;
  const { n, steps, start, length, stride } = sample;
  const factor = call.factors[n] as number;
  const now = early(factor);
  const infinite = loss === Number.POSITIVE_INFINITY;
  const lost = infinite || Number.isNaN(loss);
  const live = infinite && call.zeroInfinity ? 0 : steps;
  const doubles = window.f64;
  for (let t = 0; t < live && !lost; t++) {
    const row = (t * batch + n) * classes;
    const weights = window.address(ARRAYS) / 8 + (2 * steps + t) * stride;
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
