// Contestants compute the same thing from the same data into the same buffers; they must agree before they are timed.

import { Bench } from "tinybench";

export interface Contest {
  /** Written by every contestant; empty where only the value is computed. */
  grads: readonly Float32Array[];
  /** Name to call; a call returns the loss. */
  contestants: Record<string, () => number>;
}

/** Microseconds per call: the median of the rounds, and the interquartile range of the rounds relative to it. */
export interface Timing {
  median: number;
  spread: number;
  rounds: number[];
}

export interface Effort {
  rounds: number;
  /** Milliseconds per contestant and round. */
  time: number;
}

const TOLERANCE = 1e-4;
/** A page cannot ask how much of a core it had, and its clock has steps of 5 µs where it is isolated. */
const cpuUsage: typeof process.cpuUsage | undefined = globalThis.process?.cpuUsage;
/** A call is repeated until it takes this many milliseconds: far more than reading the clock takes, or its step. */
const BATCH = "process" in globalThis ? 0.1 : 0.5;
/** A clock with steps says 0 for a call that is shorter than one: no reason to repeat it for ever. */
const MOST_REPEATS = 1e4;
/** Milliseconds until V8 has surely compiled with all its optimisations. */
const WARM_UP = 100;
/** CPU time per wall time of a turn that nobody disturbed, at least. */
const WHOLE_CORE = 0.97;
const RETRIES = 4;

// Results go somewhere, so that no call can be optimised away.
let sink = 0;
export const consumed = (): number => sink;

function near(got: number, expected: number, magnitude: number): boolean {
  // Differences of nearly equal float32 numbers are good to the digits of what was subtracted: hence the part relative to the usual size.
  // Not to the largest: bce has gradients a million times the usual one, and beside them any error would pass.
  return Math.abs(got - expected) <= TOLERANCE * (Math.abs(expected) + 0.01 * magnitude);
}

function meanMagnitude(data: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += Math.abs(data[i]!);
  return sum / data.length;
}

/** Throws where a contestant's value or gradient is not that of the first one. */
export function agree({ grads, contestants }: Contest): void {
  let reference: { name: string; value: number; grads: Float32Array[]; magnitudes: number[] } | undefined;
  for (const [name, call] of Object.entries(contestants)) {
    for (const grad of grads) grad.fill(Number.NaN); // what is not written is found
    const value = call();
    if (!reference) {
      reference = { name, value, grads: grads.map((grad) => grad.slice()), magnitudes: grads.map(meanMagnitude) };
      if (![value, ...reference.magnitudes].every(Number.isFinite)) throw new Error(`${name}: not finite`);
      continue;
    }
    if (!near(value, reference.value, 0)) throw new Error(`value: ${reference.name} says ${reference.value}, ${name} says ${value}`);
    for (const [which, expected] of reference.grads.entries()) {
      const got = grads[which]!;
      const magnitude = reference.magnitudes[which]!;
      for (let i = 0; i < got.length; i++) {
        if (!near(got[i]!, expected[i]!, magnitude)) throw new Error(`gradient ${which}[${i}]: ${reference.name} says ${expected[i]}, ${name} says ${got[i]}`);
      }
    }
  }
}

interface Contestant {
  name: string;
  call: () => number;
  repeats: number;
}

/** Median of the calls in `time` milliseconds, in microseconds, and how much of a core they had meanwhile. */
function turn({ name, call, repeats }: Contestant, time: number): { median: number; share: number } {
  const bench = new Bench({ time, iterations: 1, warmup: false, throws: true });
  bench.add(
    name,
    () => {
      const begin = performance.now();
      for (let i = 0; i < repeats; i++) sink += call();
      const spent = performance.now() - begin;
      return { overriddenDuration: spent / repeats, overriddenIterationCost: spent };
    },
    { async: false },
  );
  const used = cpuUsage?.();
  const begin = performance.now();
  const [task] = bench.runSync();
  const wall = performance.now() - begin;
  const { user, system } = cpuUsage?.(used) ?? { user: 1000 * wall, system: 0 };
  if (task?.result.state !== "completed") throw new Error(`${name}: ${task?.result.state}`);
  return { median: task.result.latency.p50 * 1000, share: (user + system) / 1000 / wall };
}

/** A turn that had to share its core with another process says little: it is taken again, a few times, and the least disturbed one counts. */
function undisturbed(contestant: Contestant, time: number): number {
  let best = turn(contestant, time);
  for (let again = 0; again < RETRIES && best.share < WHOLE_CORE; again++) {
    const next = turn(contestant, time);
    if (next.share > best.share) best = next;
  }
  return best.median;
}

export function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below);
}

/** Warms up, then alternates the contestants round by round, so that a slow moment of the machine hits them all. */
export function measure({ contestants }: Contest, { rounds, time }: Effort): Record<string, Timing> {
  const queue = Object.entries(contestants).map(([name, call]): Contestant => ({ name, call, repeats: 1 }));
  for (const contestant of queue) {
    // twice: the first turn compiles, the second tells how often a short call has to be repeated
    turn(contestant, WARM_UP);
    contestant.repeats = Math.min(MOST_REPEATS, Math.max(1, Math.ceil((1000 * BATCH) / turn(contestant, time).median)));
  }
  const times = new Map(queue.map(({ name }) => [name, [] as number[]]));
  for (let i = 0; i < rounds; i++) {
    for (const contestant of queue) times.get(contestant.name)!.push(undisturbed(contestant, time));
    queue.push(queue.shift()!); // nobody is always first, or always after the same one
  }
  return Object.fromEntries(
    [...times].map(([name, taken]) => {
      const sorted = taken.slice().sort((a, b) => a - b);
      const median = quantile(sorted, 0.5);
      return [name, { median, spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median, rounds: taken }];
    }),
  );
}
