// Do the backends agree, and which is faster?

import { median } from "./table.js";
import type { Call } from "./task.js";
import type { Contestant, Run } from "./train.js";

// On the same operands only the last bits of float32 differ. They are the same operands on every machine (an untrained network is made of additions and
// multiplications alone), and none of their triplets lies within rounding of its hinge, where one backend would have a gradient and the other none.
const SAME_OPERANDS = 1e-5;
// A training feeds its rounding errors back a thousand times, through ReLU and hinges that switch at a point: gradients disturbed by 1e-7 to 1e-6 at random
// moved the loss by 2e-5 at most in 32 trainings.
const TRAINED_LOSS = 1e-2;
const TRAINED_ACCURACY = 0.005;

const ROUNDS = 11;
const WARM_UP = 2;

export interface Agreement {
  readonly agrees: boolean;
  /** Relative: of the losses, or of the gradients where those were compared and are further apart. */
  readonly difference: number;
}

/** Comparisons with NaN are false: it never agrees. */
export function trainedAlike(a: Run, b: Run): Agreement {
  const difference = Math.abs(a.after.loss - b.after.loss) / Math.abs(b.after.loss);
  return { difference, agrees: difference <= TRAINED_LOSS && Math.abs(a.after.accuracy - b.after.accuracy) <= TRAINED_ACCURACY };
}

export interface Duel extends Agreement {
  /** Milliseconds of one call, medians, in the order of the contestants. */
  readonly times: readonly [number, number];
}

/** Both contestants on the same operands, in turn; `calls` in a row are one measurement. */
export function duel(call: Call, calls: number, contestants: readonly [Contestant, Contestant]): Duel {
  const [mine, theirs] = contestants.map(({ library }) => {
    const { value, gradients } = call(library);
    return { value, gradients: gradients.map((gradient) => gradient.slice()) };
  });
  const times = contestants.map(() => [] as number[]);
  for (let round = 0; round < ROUNDS + WARM_UP; round++) {
    contestants.forEach(({ library }, i) => {
      const began = performance.now();
      for (let n = 0; n < calls; n++) call(library);
      const took = (performance.now() - began) / calls;
      if (round >= WARM_UP) times[i]!.push(took);
    });
  }
  const value = Math.abs(mine!.value - theirs!.value) / Math.abs(theirs!.value);
  const gradient = Math.max(...mine!.gradients.map((one, i) => distance(one, theirs!.gradients[i]!)));
  const difference = Math.max(value, gradient);
  return { difference, agrees: difference <= SAME_OPERANDS, times: [median(times[0]!), median(times[1]!)] };
}

/** Relative, in the sum of magnitudes. */
function distance(a: Float32Array, b: Float32Array): number {
  let apart = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    apart += Math.abs(a[i]! - b[i]!);
    size += Math.abs(b[i]!);
  }
  return apart / size;
}
