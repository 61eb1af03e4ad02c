// work: takes shards from the queue, one at a time, until it is told to stop.

import { hostname } from "node:os";
import { Worker } from "bullmq";
import { type Limits, type ShardResult, shardsOf, workerOptions } from "./queue.js";
import { connection } from "./redis.js";
import { type Pace, scoreShard } from "./score.js";
import { readManifest, readShard, type ShardEntry } from "./shard.js";

export async function work(folder: string, url: string, limits: Limits, pace: Pace): Promise<void> {
  const { manifest, key } = readManifest(folder);
  const score = async ({ data }: { data: ShardEntry }): Promise<ShardResult> => {
    const began = Date.now();
    const shard = await readShard(folder, data, manifest.vocabulary);
    return { score: await scoreShard(data.file, shard, manifest.vocabulary, pace), began, ended: Date.now() };
  };
  const options = { connection: connection(url), name: `${hostname()}-${process.pid}`, ...workerOptions(limits) };
  const worker = new Worker<ShardEntry, ShardResult>(shardsOf(key), score, options);
  worker.on("error", () => {}); // connects again by itself
  await worker.waitUntilReady();
  // a run that started this one waits for all, so that none has a head start; without its run it ends
  if (process.send) process.send("ready");
  else console.log(`${options.name} takes shards of corpus ${key}`);
  process.on("disconnect", () => process.exit());
  const stop = () => void worker.close().then(() => process.exit());
  process.on("SIGTERM", stop);
  // the keyboard's interrupt goes to the run as well, which then stops this one
  process.on("SIGINT", process.connected ? () => {} : stop);
}
