/** Runs on a real Redis: its own port, its own folder, and what goes wrong on the way. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Job, Queue } from "bullmq";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type ShardResult, shardId, shardsOf } from "../queue.js";
import { answers, connection, type OwnRedis, startRedis } from "../redis.js";
import { MANIFEST, type Manifest, readManifest, type ShardEntry, sha256, viewShard } from "../shard.js";
import { corpus, newCorpus, newFolder, removeFolders } from "./cli.js";

const EQUAL = "equal to the serial run, bit for bit";
/** Slow enough to be stopped in the middle; a dead worker's shard is soon another's. */
const SLOW = ["--pause", "60", "--lock", "2000"];
const SCORES = /score\n[\s\S]*?\n\n/;

let open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.reverse()) await each.close();
  open = [];
});
afterAll(removeFolders);

async function redis(folder = newFolder(), port?: number): Promise<OwnRedis> {
  const server = await startRedis(folder, port);
  open.push({ close: async () => void ((await answers(server.url)) && (await server.stop())) });
  return server;
}

/** The shards of a corpus as Redis has them. */
function shardQueue(folder: string, url: string): Queue<ShardEntry, ShardResult> {
  const queue = new Queue<ShardEntry, ShardResult>(shardsOf(readManifest(folder).key), { connection: connection(url) });
  queue.on("error", () => {});
  open.push(queue);
  return queue;
}

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; await setTimeout(20)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error("it did not come");
}

/** Rewrites a shard, and its hash in the manifest if it is to be right. */
function spoil(folder: string, number: number, rightHash: boolean, change: (logits: Uint16Array, vocabulary: number) => void): void {
  const { manifest } = readManifest(folder);
  const entry = manifest.shards[number] as ShardEntry;
  const bytes = new Uint8Array(readFileSync(join(folder, entry.file)));
  change(viewShard(bytes.buffer, entry.tokens, manifest.vocabulary).logits, manifest.vocabulary);
  writeFileSync(join(folder, entry.file), bytes);
  if (!rightHash) return;
  const shards = manifest.shards.map((shard, i) => (i === number ? { ...shard, sha256: sha256(bytes) } : shard));
  writeFileSync(join(folder, MANIFEST), JSON.stringify({ ...manifest, shards } satisfies Manifest));
}

describe("a run", () => {
  it("on a server of its own equals the serial run; started again it is there, and nothing is counted twice", async () => {
    const folder = newCorpus();
    const first = await corpus(["run", "--data", folder, "--workers", "1,2"]).ended;
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toContain(EQUAL);
    expect(first.out).toMatch(/tokens +900\n/);
    const second = await corpus(["run", "--data", folder, "--workers", "2"]).ended;
    expect(second.out).toContain("done by an earlier start");
    expect(second.out).toContain(EQUAL);
    expect(SCORES.exec(second.out)?.[0]).toBe(SCORES.exec(first.out)?.[0]);
  });

  it("two starts at once are one run", async () => {
    const folder = newCorpus();
    const { url } = await redis();
    const args = ["run", "--data", folder, "--workers", "1", "--redis", url, ...SLOW];
    const both = await Promise.all([corpus(args).ended, corpus(args).ended]);
    for (const { code, out } of both) {
      expect(code).toBe(0);
      expect(out).toContain(EQUAL);
    }
    const jobs = await shardQueue(folder, url).getJobs();
    expect(jobs.map(({ attemptsMade }) => attemptsMade)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it("interrupted, it goes on at the next start with what was done", async () => {
    const folder = newCorpus();
    const args = ["run", "--data", folder, "--workers", "1", ...SLOW];
    const cut = corpus(args);
    const port = await until(async () => existsSync(join(folder, "redis/port")) && readFileSync(join(folder, "redis/port"), "utf8"));
    const url = `redis://127.0.0.1:${port}`;
    const queue = shardQueue(folder, url);
    await until(async () => (await queue.getCompletedCount()) > 0);
    cut.process.kill("SIGINT");
    expect((await cut.ended).code).toBe(130);
    expect(await answers(url)).toBe(false);
    const again = await corpus(args).ended;
    expect(again.out).toContain(EQUAL);
    expect(again.code).toBe(0);
  });
});

describe("workers elsewhere", () => {
  it("take the shards of a run that starts none itself, and stop when they are told to", async () => {
    const folder = newCorpus();
    const { url } = await redis();
    const workers = [0, 1].map(() => corpus(["work", "--data", folder, "--redis", url]));
    const { code, out } = await corpus(["run", "--data", folder, "--workers", "0", "--name", "night-1", "--redis", url]).ended;
    expect(out).toContain(EQUAL);
    expect(code).toBe(0);
    for (const { process } of workers) process.kill("SIGTERM");
    for (const { ended } of workers) {
      const { code, out } = await ended;
      expect(out).toMatch(/-\d+ takes shards of corpus [0-9a-f]{12}\n/);
      expect(code).toBe(0);
    }
  });
});

describe("what breaks in the middle", () => {
  it("a worker that is killed: its shard is done again and counted once", async () => {
    const folder = newCorpus();
    const { url } = await redis();
    const running = corpus(["run", "--data", folder, "--workers", "2", "--redis", url, ...SLOW]);
    const queue = shardQueue(folder, url);
    const victim = await until(async (): Promise<Job<ShardEntry, ShardResult> | undefined> => (await queue.getActive()).find((job) => job?.processedBy));
    const pid = Number(victim.processedBy?.split("-").at(-1));
    process.kill(pid, "SIGKILL");
    const { code, out, err } = await running.ended;
    expect(err).toContain(`worker ${pid} ended with SIGKILL; another one starts`);
    expect(out).toContain(EQUAL);
    expect(out).toMatch(/tokens +900\n/);
    expect(code).toBe(0);
    const job = (await queue.getJob(victim.id as string)) as Job<ShardEntry, ShardResult>;
    expect(await job.getState()).toBe("completed");
    expect(job.stalledCounter).toBeGreaterThan(0);
    expect(job.attemptsStarted).toBeGreaterThan(1);
    expect(await queue.getCompletedCount()).toBe(6);
  });

  it("Redis that stops and starts again: the run goes on", async () => {
    const folder = newCorpus();
    const data = newFolder();
    const first = await redis(data);
    const running = corpus(["run", "--data", folder, "--workers", "2", "--redis", first.url, ...SLOW]);
    const queue = shardQueue(folder, first.url);
    await until(async () => (await queue.getCompletedCount()) > 0);
    await first.stop();
    await setTimeout(2500); // longer than a lock
    await redis(data, Number(new URL(first.url).port));
    const { code, out, err } = await running.ended;
    expect(err).toBe("no answer from Redis; waiting for it\n");
    expect(out).toContain(EQUAL);
    expect(code).toBe(0);
    expect(await queue.getCompletedCount()).toBe(6);
  });

  it("a shard with a wrong hash: three attempts, the run fails and names it; mended, the run is taken up", async () => {
    const folder = newCorpus();
    const flip = (logits: Uint16Array) => {
      logits[1000]! ^= 1;
    };
    spoil(folder, 2, false, flip);
    const { url } = await redis();
    const args = ["run", "--data", folder, "--workers", "2", "--redis", url, "--backoff", "50"];
    const { code, err } = await corpus(args).ended;
    const { shards } = readManifest(folder).manifest;
    expect(err).toMatch(new RegExp(`run workers-2 failed\n +shard-0002.bin: expected sha256 ${shards[2]?.sha256}, got [0-9a-f]{64} \\(3 attempts\\)`));
    expect(code).toBe(1);
    const queue = shardQueue(folder, url);
    const done = await queue.getCompletedCount();
    const good = await queue.getJob(shardId("workers-2", shards[0] as ShardEntry));
    spoil(folder, 2, false, flip);
    const mended = await corpus(args).ended;
    expect(mended.out).toContain(EQUAL);
    expect(mended.code).toBe(0);
    expect(done).toBeGreaterThan(0);
    expect((await queue.getJob(good?.id as string))?.finishedOn).toBe(good?.finishedOn);
  });

  it("a row of NaN: three attempts, the run fails and names shard and row", async () => {
    const folder = newCorpus();
    spoil(folder, 1, true, (logits, vocabulary) => {
      logits[17 * vocabulary] = 0x7e00;
    });
    const { url } = await redis();
    const { code, err } = await corpus(["run", "--data", folder, "--workers", "1", "--redis", url, "--backoff", "50"]).ended;
    expect(err).toContain("shard-0001.bin: row 17 has no probabilities: NaN, or an infinity, among its logits (3 attempts)");
    expect(code).toBe(1);
  });
});

describe("misuse", () => {
  const cases: [string, string[], RegExp, NodeJS.ProcessEnv?][] = [
    ["no redis-server", ["run", "--data", "DATA"], /redis-server is not installed:\n +Debian, Ubuntu +sudo apt install redis-server/, { PATH: "" }],
    ["no server at the address", ["run", "--data", "DATA", "--redis", "redis://127.0.0.1:1"], /^no Redis answers at redis:\/\/127.0.0.1:1\n$/],
    ["no corpus", ["run", "--data", "nowhere"], /^nowhere has no manifest.json: npm run corpus -- make\n$/],
    ["no number", ["run", "--data", "DATA", "--workers", "many"], /^--workers expected integers from 0 to 64, got many\n$/],
    ["a name with a colon", ["run", "--data", "DATA", "--workers", "1", "--name", "a:b"], /^--name expected .* got a:b\n$/],
    ["no command", [], /^npm run corpus -- make/],
  ];
  for (const [title, args, message, env] of cases) {
    it(title, async () => {
      const { code, err } = await corpus(
        args.map((word) => (word === "DATA" ? newCorpus() : word)),
        env ?? process.env,
      ).ended;
      expect(err).toMatch(message);
      expect(code).toBe(1);
    });
  }
});
