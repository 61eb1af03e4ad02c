// run: one flow for each number of workers, each compared with the serial run.

import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Fleet, fleet } from "./fleet.js";
import { progressOn } from "./progress.js";
import { type Limits, type RunResult, Runs } from "./queue.js";
import { answers, type OwnRedis, startRedis } from "./redis.js";
import { type Row, report } from "./report.js";
import { merge, type Pace, type Score, scoreShard } from "./score.js";
import { type Manifest, readManifest, readShard } from "./shard.js";

export interface RunOptions {
  readonly folder: string;
  /** Numbers of workers on this machine: a run for each. */
  readonly workers: readonly number[];
  /** Of the run, instead of one made of the number of workers. */
  readonly name?: string | undefined;
  /** A server that runs, instead of one of our own. */
  readonly redis?: string | undefined;
  readonly limits: Limits;
  readonly pace: Pace;
  /** Whether the serial run is left out. */
  readonly unchecked: boolean;
}

/** Milliseconds between two looks. */
const LOOK_MS = 100;

async function serialRun(folder: string, manifest: Manifest, pace: Pace): Promise<RunResult> {
  const began = Date.now();
  const scores: Score[] = [];
  for (const entry of manifest.shards)
    scores.push(await scoreShard(entry.file, await readShard(folder, entry, manifest.vocabulary), manifest.vocabulary, pace));
  return { score: merge(scores), began, ended: Date.now() };
}

/** Whether all went well. */
export async function run(options: RunOptions): Promise<boolean> {
  const { folder, redis, pace, limits } = options;
  const { manifest, key } = readManifest(folder);
  const tokens = manifest.shards.reduce((sum, shard) => sum + shard.tokens, 0);
  console.log(`${manifest.shards.length} shards, ${tokens} tokens, vocabulary ${manifest.vocabulary}; corpus ${key}`);
  let own: OwnRedis | undefined;
  let runs: Runs | undefined;
  let workers: Fleet | undefined;
  const say = (text: string) => console.error(text);
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      await workers?.stop();
      await runs?.close();
      await own?.stop();
    })();
    return stopping;
  };
  const interrupted = () => void stop().then(() => process.exit(130));
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    if (redis === undefined) own = await startRedis(join(folder, "redis"));
    else if (!(await answers(redis))) throw new Error(`no Redis answers at ${redis}`);
    const url = redis ?? (own as OwnRedis).url;
    const queues = new Runs(manifest, key, url, limits, say);
    runs = queues;
    const rows: Row[] = [];
    for (const count of options.workers) {
      const name = options.name ?? `workers-${count}`;
      const before = await queues.resultOf(name);
      if (before) {
        rows.push({ name, workers: count, result: before, before: true });
        continue;
      }
      workers = await fleet(count, workerArguments(options, url), say);
      rows.push({ name, workers: count, result: await wait(queues, name, workers), before: false });
      await workers.stop();
    }
    const serial = options.unchecked ? undefined : await serialRun(folder, manifest, pace);
    const { text, equal } = report(rows, serial);
    console.log(text);
    return equal;
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await stop();
  }
}

function workerArguments({ folder, limits, pace }: RunOptions, url: string): string[] {
  const options = { data: folder, redis: url, lock: limits.lock, slice: pace.slice, pause: pace.pause };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

async function wait(queues: Runs, name: string, workers: Fleet): Promise<RunResult> {
  await queues.add(name);
  const { shards } = queues.manifest;
  const progress = progressOn(process.stdout, name, shards);
  try {
    for (;;) {
      const { done, result } = await queues.state(name);
      progress.show(done);
      if (result) return result;
      workers.check();
      await setTimeout(LOOK_MS);
    }
  } finally {
    progress.end();
  }
}
