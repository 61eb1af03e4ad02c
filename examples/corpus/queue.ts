// What lies in Redis: for each corpus a queue of shards and one of runs. A run is a flow: a parent job that merges, and a child job for each shard.

import { FlowProducer, type Job, Queue, WaitingChildrenError, Worker } from "bullmq";
import { connection } from "./redis.js";
import { merge, type Score } from "./score.js";
import type { Manifest, ShardEntry } from "./shard.js";

export interface ShardResult {
  readonly score: Score;
  /** When it was begun and ended, in milliseconds since 1970. */
  readonly began: number;
  readonly ended: number;
}

export type RunResult = ShardResult;

interface RunData {
  readonly shards: number;
}

export interface Limits {
  /** Milliseconds after which the shard of a worker that gives no sign is another's. */
  readonly lock: number;
  /** Milliseconds between two attempts. */
  readonly backoff: number;
}

/** A wrong byte may have been the network's; a wrong shard is wrong three times. */
const ATTEMPTS = 3;
/** Workers that a shard may lose before it is taken for what kills them. */
const STALLS = 3;

export const shardsOf = (key: string): string => `shards-${key}`;
export const runsOf = (key: string): string => `runs-${key}`;
/** BullMQ takes no colon in an id, and no number for one. */
export const runId = (name: string): string => `run-${name}`;
/** By run and content: the same shard of the same run is there once, whoever adds it again. */
export const shardId = (name: string, { sha256 }: ShardEntry): string => `${name}-${sha256}`;

export const workerOptions = ({ lock }: Limits) => ({ lockDuration: lock, stalledInterval: lock, maxStalledCount: STALLS });

/** The queues of a corpus, as one who starts runs sees them. */
export class Runs {
  readonly #connection;
  readonly #flows: FlowProducer;
  readonly #runs: Queue<RunData, RunResult>;
  readonly #shards: Queue<ShardEntry, ShardResult>;
  readonly #merger: Worker<RunData, RunResult>;
  #lost = false;

  constructor(
    readonly manifest: Manifest,
    readonly key: string,
    url: string,
    readonly limits: Limits,
    say: (text: string) => void,
  ) {
    this.#connection = { connection: connection(url) };
    this.#flows = new FlowProducer(this.#connection);
    this.#runs = new Queue(runsOf(key), this.#connection);
    this.#shards = new Queue(shardsOf(key), this.#connection);
    this.#merger = new Worker(runsOf(key), mergeShards, { ...this.#connection, ...workerOptions(limits) });
    // they connect again by themselves
    const lost = () => {
      if (!this.#lost) say("no answer from Redis; waiting for it");
      this.#lost = true;
    };
    this.#flows.on("error", lost);
    this.#runs.on("error", lost);
    this.#shards.on("error", lost);
    this.#merger.on("error", lost);
  }

  /** The result of a run that is over and went well. */
  async resultOf(name: string): Promise<RunResult | undefined> {
    const job = await this.#runs.getJob(runId(name));
    return job && (await job.isCompleted()) ? job.returnvalue : undefined;
  }

  /** Adds a run; takes one up that is there: what failed is tried again, what is done stays done. */
  async add(name: string): Promise<void> {
    const job = await this.#runs.getJob(runId(name));
    if (job === undefined) await this.#flows.add(this.#flow(name));
    else if (await job.isFailed()) {
      // its children first: the parent waits again for those that are not done
      for (const child of await this.#failed(name)) await child.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
      await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
    }
  }

  #flow(name: string) {
    const opts = { attempts: ATTEMPTS, backoff: { type: "fixed", delay: this.limits.backoff }, failParentOnFailure: true };
    return {
      name: "run",
      queueName: runsOf(this.key),
      data: { shards: this.manifest.shards.length } satisfies RunData,
      opts: { jobId: runId(name) },
      children: this.manifest.shards.map((shard) => ({
        name: "shard",
        queueName: shardsOf(this.key),
        data: shard,
        opts: { ...opts, jobId: shardId(name, shard) },
      })),
    };
  }

  /** How many shards are done, and the result if there is one. Throws what made the run fail: each shard's last error. */
  async state(name: string): Promise<{ done: number; result?: RunResult }> {
    const job = await this.#runs.getJob(runId(name));
    if (job === undefined) throw new Error(`run ${name} is not there any more: Redis has lost it`);
    const { processed = 0 } = await job.getDependenciesCount({ processed: true });
    const state = await job.getState();
    this.#lost = false;
    if (state === "failed") throw new Error(await this.#why(name, job));
    return state === "completed" ? { done: processed, result: job.returnvalue ?? (await this.resultOf(name)) } : { done: processed };
  }

  async #failed(name: string): Promise<Job<ShardEntry, ShardResult>[]> {
    const jobs = await Promise.all(this.manifest.shards.map((shard) => this.#shards.getJob(shardId(name, shard))));
    const failed = await Promise.all(jobs.map((job) => job?.isFailed()));
    return jobs.filter((job, i): job is Job<ShardEntry, ShardResult> => job !== undefined && failed[i] === true);
  }

  async #why(name: string, run: Job): Promise<string> {
    const failed = await this.#failed(name);
    const reasons = failed.map(({ failedReason, attemptsMade }) => `  ${failedReason} (${attemptsMade} attempts)`);
    return `run ${name} failed\n${reasons.join("\n") || `  ${run.failedReason}`}`;
  }

  async close(): Promise<void> {
    await Promise.all([this.#merger.close(), this.#flows.close(), this.#runs.close(), this.#shards.close()]);
  }
}

/** The parent job. */
async function mergeShards(job: Job<RunData, RunResult>, token?: string): Promise<RunResult> {
  // a run that was taken up again has been called before its shards are done
  if (await job.moveToWaitingChildren(token as string)) throw new WaitingChildrenError();
  const shards = Object.values(await job.getChildrenValues<ShardResult>());
  if (shards.length !== job.data.shards) throw new Error(`results of ${shards.length} shards, and not of ${job.data.shards}`);
  return {
    score: merge(shards.map(({ score }) => score)),
    began: Math.min(...shards.map(({ began }) => began)),
    ended: Math.max(...shards.map(({ ended }) => ended)),
  };
}
