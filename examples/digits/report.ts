// The two tables at the end: what was learned and how long it took, and where the difference in time comes from.

import type { Agreement, Duel } from "./compare.js";
import { duration, percent, table, times } from "./table.js";
import type { Training } from "./task.js";
import type { Contestant, Run } from "./train.js";

export interface Result {
  readonly plan: Training;
  /** In the order of the contestants. */
  readonly runs: readonly [Run, Run];
  readonly trained: Agreement;
  /** The loss alone, from a batch as in training to much more. */
  readonly duels: readonly { readonly rows: number; readonly duel: Duel }[];
}

function verdict({ agrees, difference }: Agreement): string {
  return agrees ? `agree to ${difference.toExponential(0)}` : `DISAGREE by ${difference.toExponential(0)}`;
}

function ratio([fast, plain]: readonly [number, number]): string {
  return times(plain / fast);
}

/** Two rows a task, and one that compares them; `accuracy` is what the task's accuracy is called. */
export function trainingTable(results: readonly Result[], contestants: readonly [Contestant, Contestant], accuracy = "accuracy"): string {
  const rows = results.flatMap(({ plan, runs, trained }) => {
    const [fast, plain] = runs;
    const points = Math.abs(fast.after.accuracy - plain.after.accuracy) * 100;
    return [
      ...runs.map(({ before, after, epochTime, lossTime }, i) => [
        i === 0 ? plan.name : "",
        contestants[i]!.name,
        after.loss.toFixed(6),
        percent(before.accuracy),
        percent(after.accuracy),
        duration(epochTime),
        duration(lossTime),
      ]),
      [
        "",
        `${contestants[1].name} : ${contestants[0].name}`,
        verdict(trained),
        "",
        points === 0 ? "equal" : `${points.toFixed(1)} points apart`,
        ratio([fast.epochTime, plain.epochTime]),
        ratio([fast.lossTime, plain.lossTime]),
      ],
    ];
  });
  return table([["task", "backend", "test loss", "untrained", accuracy, "epoch", "of it in the loss"], ...rows], 2);
}

/** One row a duel. */
export function callTable(results: readonly Result[], contestants: readonly [Contestant, Contestant]): string {
  const rows = results.flatMap(({ plan, duels }) =>
    duels.map(({ rows, duel }, i) => [i === 0 ? plan.loss : "", `${rows} x ${plan.width}`, ...duel.times.map(duration), ratio(duel.times), verdict(duel)]),
  );
  return table([["one call, value and gradient", "operands", ...contestants.map(({ name }) => name), "ratio", "results"], ...rows], 2);
}
