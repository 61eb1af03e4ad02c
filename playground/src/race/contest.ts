// Agreement first, then all in turn: warm-up, rounds, medians.

import type { Timing } from "./protocol.js";
import type { Contest, Kit } from "./rows.js";

/** Some compute in float32, some in doubles, sums in another order; bench/contest.ts allows the same. */
const TOLERANCE = 1e-4;
/** Milliseconds: until a compiler has surely done its best, and of a round. Clocks of browsers tick as rarely as once a millisecond. */
const WARM_UP = 150;
const ROUND = 40;
export const ROUNDS = 11;

/** Largest difference of the gradients, relative to the largest gradient. Throws where the two do not agree. */
export function difference(contest: Contest, first: Kit, second: Kit): number {
  const run = (kit: Kit) => {
    for (const gradient of contest.gradients) gradient.fill(Number.NaN); // what is not written is found
    return { value: contest.call(kit), gradients: contest.gradients.map((gradient) => gradient.slice()) };
  };
  const [a, b] = [run(first), run(second)];
  if (!(Math.abs(a.value - b.value) <= TOLERANCE * Math.abs(a.value))) throw new Error(`the contestants do not agree: ${a.value} and ${b.value}`);
  let largest = 0;
  let apart = 0;
  a.gradients.forEach((gradient, which) => {
    gradient.forEach((x, i) => {
      const distance = Math.abs(x - b.gradients[which]![i]!);
      if (Number.isNaN(distance)) throw new Error("the contestants do not agree: a gradient is not a number");
      if (distance > apart) apart = distance;
      if (Math.abs(x) > largest) largest = Math.abs(x);
    });
  });
  const relative = largest === 0 ? apart : apart / largest;
  if (relative > TOLERANCE) throw new Error(`the contestants do not agree: gradients differ by ${relative.toExponential(1)} of the largest`);
  return relative;
}

/** Results go somewhere, so that no call can be optimised away. */
let sink = 0;
export const consumed = (): number => sink;

/** Milliseconds that so many calls take. */
function spent(contest: Contest, kit: Kit, calls: number): number {
  const began = performance.now();
  for (let i = 0; i < calls; i++) sink += contest.call(kit);
  return performance.now() - began;
}

/** Warms up; how many calls fill a round. */
function repeats(contest: Contest, kit: Kit): number {
  let calls = 1;
  for (let warm = 0; warm < WARM_UP; ) {
    const time = spent(contest, kit, calls);
    warm += Math.max(time, 1);
    if (time < ROUND) calls *= 2;
  }
  for (;;) {
    const time = spent(contest, kit, calls);
    if (time >= ROUND / 2) return Math.max(1, Math.round((calls * ROUND) / time));
    calls *= 2;
  }
}

function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below);
}

export function summary(rounds: readonly number[]): Timing {
  const sorted = [...rounds].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** Microseconds per call, one list for each kit; between the rounds, how far it is. The kits take turns, so that a slow moment of the machine hits them all. */
export function* race(contest: Contest, kits: readonly Kit[]): Generator<number, number[][]> {
  const calls: number[] = [];
  for (const kit of kits) {
    yield 0;
    calls.push(repeats(contest, kit));
  }
  const times: number[][] = kits.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    yield round / ROUNDS;
    const order = kits.map((_, i) => i);
    if (round % 2 === 1) order.reverse(); // nobody is always first
    for (const i of order) times[i]!.push((spent(contest, kits[i]!, calls[i]!) / calls[i]!) * 1000);
  }
  return times;
}
