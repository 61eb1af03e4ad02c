// measure: what a run costs beside the model, for docs/corpus.md. In processor time, which other work on the machine changes little.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { table } from "../digits/table.js";
import { thousands } from "./progress.js";
import { Runs, type ShardResult, shardsOf, workerOptions } from "./queue.js";
import { connection, startRedis } from "./redis.js";
import { scoreShard } from "./score.js";
import { bytesOfShard, readShard, type ShardEntry, sha256, viewShard } from "./shard.js";

const VOCABULARIES = [2048, 32_000, 151_936];
/** About so many logits a shard. */
const LOGITS = 2 ** 24;
const SHARDS = 5000;
const PACE = { slice: 50, pause: 0 };
const LIMITS = { lock: 30_000, backoff: 1000 };

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds of reading with its hash, and of scoring; and the result. */
async function shardOf(folder: string, vocabulary: number) {
  const tokens = Math.floor(LOGITS / vocabulary);
  const buffer = new ArrayBuffer(bytesOfShard(tokens, vocabulary));
  const shard = viewShard(buffer, tokens, vocabulary);
  // between −8 and 8
  for (let i = 0, state = 1; i < shard.logits.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    shard.logits[i] = 0x4000 + ((state >>> 8) & 0x7ff) + ((state >>> 31) << 15);
  }
  shard.tokens.forEach((_, i) => {
    shard.tokens[i] = (i * 37) % vocabulary;
  });
  shard.bytes.fill(3);
  const file = `${vocabulary}.bin`;
  writeFileSync(join(folder, file), new Uint8Array(buffer));
  const entry: ShardEntry = { file, sha256: sha256(new Uint8Array(buffer)), tokens };
  let [read, score, result] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, {} as ShardResult];
  for (let round = 0; round < 5; round++) {
    const began = cpu();
    const found = await readShard(folder, entry, vocabulary);
    const middle = cpu();
    result = { score: await scoreShard(file, found, vocabulary, PACE), began: Date.now(), ended: Date.now() };
    read = Math.min(read, middle - began);
    score = Math.min(score, cpu() - middle);
  }
  return { tokens, read, score, result, entry };
}

async function queueOf(folder: string, result: ShardResult, entry: ShardEntry): Promise<string[][]> {
  const server = await startRedis(folder);
  const client = new Redis(connection(server.url));
  const info = async (name: string) => Number((await client.info()).match(new RegExp(`^${name}:([\\d.]+)`, "m"))?.[1]);
  const redisCpu = async () => 1e6 * ((await info("used_cpu_user")) + (await info("used_cpu_sys")));
  const shards = Array.from({ length: SHARDS }, (_, i) => ({ ...entry, sha256: sha256(String(i)) }));
  const key = "measure";
  const runs = new Runs({ vocabulary: 0, shards }, key, server.url, LIMITS, console.error);
  try {
    const before = { memory: await info("used_memory"), cpu: await redisCpu(), in: await info("total_net_input_bytes") };
    const out = await info("total_net_output_bytes");
    const began = performance.now();
    await runs.add("measure");
    const added = performance.now() - began;
    const worker = new Worker(shardsOf(key), async () => result, { connection: connection(server.url), ...workerOptions(LIMITS) });
    while ((await runs.state("measure")).result === undefined) await setTimeout(500);
    await worker.close();
    const each = (n: number, unit: string) => `${thousands(n / SHARDS)} ${unit}`;
    return [
      ["data of a job, JSON", `${JSON.stringify(entry).length} bytes`],
      ["result of a shard, JSON", `${JSON.stringify(result).length} bytes`],
      ["to Redis, of a shard", each((await info("total_net_input_bytes")) - before.in, "bytes")],
      ["from Redis, of a shard", each((await info("total_net_output_bytes")) - out, "bytes")],
      ["memory of Redis, of a shard", each((await info("used_memory")) - before.memory, "bytes")],
      ["append-only file, of a shard", each(await info("aof_current_size"), "bytes")],
      ["processor time of Redis, of a shard", each((await redisCpu()) - before.cpu, "µs")],
      [`a flow of ${SHARDS} shards added in`, `${(added / 1000).toFixed(1)} s`],
    ];
  } finally {
    await runs.close();
    client.disconnect();
    await server.stop();
  }
}

export async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "losskit-corpus-"));
  try {
    const rows: string[][] = [];
    let last: Awaited<ReturnType<typeof shardOf>> | undefined;
    for (const vocabulary of VOCABULARIES) {
      last = await shardOf(folder, vocabulary);
      const { tokens, read, score } = last;
      const micro = (ms: number) => `${((ms * 1000) / tokens).toFixed(1)} µs`;
      rows.push([String(vocabulary), micro(read), micro(score), thousands((tokens * 1000) / score), thousands((tokens * 1000) / (read + score))]);
    }
    console.log(table([["vocabulary", "read and hash", "score", "tokens/s scored", "tokens/s in all"], ...rows], 1));
    console.log(`\n${table([["queue", ""], ...(await queueOf(join(folder, "redis"), last!.result, last!.entry))], 1)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
