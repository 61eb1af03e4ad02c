// Trains one task on every backend, side by side: epoch by epoch in turn, so that a busy machine or a compiler that is still warming up slows all alike.

import type { Progress } from "./progress.js";
import { median } from "./table.js";
import type { Data, Library, Quality, Task, Training } from "./task.js";

export interface Contestant {
  readonly name: string;
  readonly library: Library;
}

export interface Run {
  readonly task: Task;
  readonly before: Quality;
  readonly after: Quality;
  /** Milliseconds of an epoch: the median. */
  readonly epochTime: number;
  /** Milliseconds of an epoch inside the loss: the median call, times their number. A mean would show who else had the processor during a few of them. */
  readonly lossTime: number;
}

/** From `rate` to 0 along a cosine: the small last steps settle both backends in the same place, rounding errors and all. */
function rateAt(plan: Training, epoch: number): number {
  return (plan.rate / 2) * (1 + Math.cos((Math.PI * epoch) / plan.epochs));
}

/** One run for each contestant, in their order. */
export function train(plan: Training, contestants: readonly [Contestant, Contestant], data: Data, progress: Progress): [Run, Run] {
  const runs = contestants.map(({ library }) => {
    const task = plan.start(library, data);
    return { task, before: task.test(), loss: Number.NaN, epochTimes: [] as number[], callTimes: [] as number[] };
  });
  for (let epoch = 0; epoch < plan.epochs; epoch++) {
    for (const run of epoch % 2 === 0 ? runs : [...runs].reverse()) {
      const began = performance.now();
      const { loss, callTimes } = run.task.epoch(rateAt(plan, epoch));
      run.epochTimes.push(performance.now() - began);
      run.callTimes.push(...callTimes);
      run.loss = loss;
    }
    progress.show(plan.name, epoch + 1, plan.epochs, `training loss ${runs.map(({ loss }) => loss.toFixed(5)).join(" and ")}`);
  }
  progress.end();
  const [first, second] = runs.map(({ task, before, epochTimes, callTimes }) => ({
    task,
    before,
    after: task.test(),
    epochTime: median(epochTimes),
    lossTime: (median(callTimes) * callTimes.length) / plan.epochs,
  }));
  return [first!, second!];
}
