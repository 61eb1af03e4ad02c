// Agreement and timing as in bench/contest.ts, for contestants that may be asynchronous, or in a process of their own that times itself.
//
// A contestant has a name and either
//   calls: { value, grad }, each a list of functions that return the loss or a promise of it: the fastest of a list competes;
//   grads(): the gradients of the last call, where those are not written to the case's own buffers
// or
//   server: { result(grads | undefined), turn(grad, ms) }, the latter giving { median, share } as turnOf does.
// `tolerance`: FLOAT32 or SUMS, where agreement is not to be as close as bench/contest.ts wants it.

import { agree, quantile } from "../../build/tools/bench/contest.js";

/** A page cannot ask how much of a core it had. */
const cpuUsage = globalThis.process?.cpuUsage;
/** A call is repeated until it takes this many milliseconds, as in bench/contest.ts: a page's clock has steps. */
const BATCH = cpuUsage ? 0.1 : 0.5;
/** A clock with steps says 0 for a call that is shorter than one: no reason to repeat it for ever. */
const repeatsFor = (microseconds) => Math.min(1e4, Math.max(1, Math.ceil((1000 * BATCH) / microseconds)));
/** Milliseconds of one call, at most: what is slower would hold up everybody's rounds to say that it is slow. */
const SLOWEST = 500;
const EXACT = 1e-4;
/** What a contestant may be off that computes in float32 all through: in a gradient, relative to its usual size. */
export const FLOAT32 = { value: EXACT, grad: EXACT };
/**
 * The same where a library sums in float32, one element after the other: in millions of elements that costs digits, and it is theirs to lose; a softmax
 * of 131072 classes shows it in the gradient too. The report names every value that is off by more than EXACT.
 */
export const SUMS = { value: 0.2, grad: 1e-3 };
/** CPU time per wall time of a turn that nobody disturbed, at least; and how often another one is tried. */
const WHOLE_CORE = 0.97;
const RETRIES = 2;

let sink = 0;
export const consumed = () => sink;

export const has = (contestant, kind) => (contestant.server ? (contestant.kinds?.includes(kind) ?? true) : (contestant.calls[kind]?.length ?? 0) > 0);

/** Value and gradients, the latter copied. */
async function resultOf(contestant, kind, made, which) {
  for (const grad of made.grads) grad.fill(Number.NaN); // what is not written is found
  const wanted = kind === "grad" ? made.grads : undefined;
  const value = contestant.server ? await contestant.server.result(wanted) : await contestant.calls[kind][which]();
  const grads = (!contestant.server && wanted && contestant.grads?.()) || made.grads;
  return { value, grads: kind === "grad" ? grads.map((grad) => grad.slice()) : [] };
}

/** The second call decides: the first may compile. */
async function tooSlow(call) {
  const begin = performance.now();
  await call();
  return performance.now() - begin > SLOWEST;
}

/** Makes equal what is close enough. */
function forgive(result, expected, tolerance) {
  if (Math.abs(result.value - expected.value) < tolerance.value * Math.abs(expected.value)) result.value = expected.value;
  for (const [which, got] of result.grads.entries()) {
    const exact = expected.grads[which];
    let sum = 0;
    for (let i = 0; i < exact.length; i++) sum += Math.abs(exact[i]);
    const usual = sum / exact.length;
    for (let i = 0; i < exact.length; i++) if (Math.abs(got[i] - exact[i]) < tolerance.grad * (Math.abs(exact[i]) + usual)) got[i] = exact[i];
  }
}

/** Compares everybody with the first one, by `agree`. Returns who is left out, and why, and whose sums are inexact. */
export async function agreeing(contestants, kind, made) {
  const refused = [];
  const inexact = [];
  let reference;
  const outs = kind === "grad" ? made.grads : [];
  const replay = ({ value, grads }) => {
    for (const [i, grad] of grads.entries()) outs[i].set(grad);
    return value;
  };
  for (const contestant of contestants) {
    const variants = contestant.server ? 1 : contestant.calls[kind].length;
    try {
      for (let which = 0; which < variants; which++) {
        const result = await resultOf(contestant, kind, made, which);
        if (contestant.tolerance && !contestant.server && (await tooSlow(contestant.calls[kind][which])))
          throw new Error(`left out: a call takes more than ${SLOWEST} ms`);
        if (contestant.tolerance && reference) {
          const off = Math.abs(result.value / reference.result.value - 1);
          if (off > EXACT && off < contestant.tolerance.value) inexact.push({ name: contestant.name, off });
          forgive(result, reference.result, contestant.tolerance);
        }
        reference ??= { name: contestant.name, result };
        const both = { [reference.name]: () => replay(reference.result), [contestant.name]: () => replay(result) };
        agree({ grads: outs, contestants: both });
      }
    } catch (error) {
      refused.push({ name: contestant.name, reason: error.message.split("\n")[0] });
    }
  }
  return { refused, inexact };
}

const ascending = (taken) => taken.sort((a, b) => a - b);

/** Microseconds per call, median of batches during `ms` milliseconds, and the share of a core that they had. */
async function turnOf(call, repeats, ms) {
  const taken = [];
  const used = cpuUsage?.();
  const begin = performance.now();
  let now = begin;
  do {
    const from = now;
    for (let i = 0; i < repeats; i++) {
      const value = call();
      sink += typeof value === "number" ? value : await value; // nothing synchronous waits for a microtask
    }
    now = performance.now();
    taken.push((now - from) / repeats);
  } while (now - begin < ms);
  const { user, system } = cpuUsage?.(used) ?? { user: Number.POSITIVE_INFINITY, system: 0 };
  return { median: 1000 * quantile(ascending(taken), 0.5), share: (user + system) / 1000 / (now - begin) };
}

/** The least disturbed of a few turns. */
async function undisturbed(turn) {
  let best = await turn();
  // a long turn is not taken again: it costs more than it tells
  for (let again = 0; again < RETRIES && best.share < WHOLE_CORE && best.median < 1e5; again++) {
    const next = await turn();
    if (next.share > best.share) best = next;
  }
  return best.median;
}

/** Warms up and finds out how often a short call has to be repeated. */
async function prepare(call, ms, warmUp) {
  let repeats = repeatsFor((await turnOf(call, 1, warmUp)).median);
  const { median } = await turnOf(call, repeats, ms);
  repeats = repeatsFor(median);
  return { call, repeats, median };
}

/** Alternates the contestants round by round, so that a slow moment of the machine hits them all. */
export async function measure(contestants, kind, { rounds, time, warmUp }) {
  const queue = [];
  for (const { name, calls, server } of contestants) {
    if (server) {
      await server.turn(kind === "grad", time);
      queue.push({ name, turn: () => undisturbed(() => server.turn(kind === "grad", time)) });
      continue;
    }
    let fastest;
    for (const call of calls[kind]) {
      const prepared = await prepare(call, time, warmUp);
      if (!fastest || prepared.median < fastest.median) fastest = prepared;
    }
    queue.push({ name, turn: () => undisturbed(() => turnOf(fastest.call, fastest.repeats, time)) });
  }
  const times = new Map(queue.map(({ name }) => [name, []]));
  for (let i = 0; i < rounds; i++) {
    for (const { name, turn } of queue) times.get(name).push(await turn());
    queue.push(queue.shift()); // nobody is always first, or always after the same one
  }
  return Object.fromEntries(
    [...times].map(([name, taken]) => {
      const sorted = ascending(taken.slice());
      const median = quantile(sorted, 0.5);
      return [name, { median, spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median, rounds: taken }];
    }),
  );
}
