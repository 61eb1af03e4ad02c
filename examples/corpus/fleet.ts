// Worker processes on this machine.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));
/** A worker that ends is started again, so many times in all. */
const RESTARTS = 8;
/** Milliseconds until one that does not stop is killed: its shard will be another's. */
const STOP_MS = 5_000;

export interface Fleet {
  /** Throws if workers keep ending. */
  check(): void;
  stop(): Promise<void>;
}

function started(options: readonly string[]): { worker: ChildProcess; ready: Promise<void> } {
  const worker = fork(MAIN, ["work", ...options]);
  const ready = new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve());
    worker.once("exit", (code, signal) => reject(new Error(`a worker ended with ${signal ?? code} before it was ready`)));
  });
  return { worker, ready };
}

export async function fleet(count: number, options: readonly string[], say: (text: string) => void): Promise<Fleet> {
  const workers = new Set<ChildProcess>();
  let restarts = 0;
  let closing = false;
  let failure: Error | undefined;
  const start = async (): Promise<void> => {
    const { worker, ready } = started(options);
    workers.add(worker);
    worker.once("exit", (code, signal) => {
      workers.delete(worker);
      if (closing) return;
      if (++restarts > RESTARTS) {
        failure = new Error(`workers keep ending, the last one with ${signal ?? code}`);
        return;
      }
      say(`worker ${worker.pid} ended with ${signal ?? code}; another one starts`);
      start().catch((error: Error) => {
        failure = error;
      });
    });
    await ready;
  };
  const stop = async (): Promise<void> => {
    closing = true;
    const ended = [...workers].map((worker) => new Promise((resolve) => worker.once("exit", resolve)));
    for (const worker of workers) worker.kill("SIGTERM");
    const late = setTimeout(() => {
      for (const worker of workers) worker.kill("SIGKILL");
    }, STOP_MS);
    await Promise.all(ended);
    clearTimeout(late);
  };
  try {
    await Promise.all(Array.from({ length: count }, start));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    check() {
      if (failure) throw failure;
    },
    stop,
  };
}
