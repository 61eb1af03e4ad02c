// A redis-server of our own, on a port of its own, whose append-only files lie beside the corpus: what was done is there at the next start.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";

const INSTALL = `redis-server is not installed:
  Debian, Ubuntu  sudo apt install redis-server
  macOS           brew install redis
or give the address of one that runs: --redis redis://host:6379`;

/** Where one was started: one that outlived its run is used again, since two on the same files would spoil them. */
const PLACE = "server.json";
const START_MS = 10_000;

export interface OwnRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** For BullMQ's connections: commands wait until the server is back. */
export function connection(url: string) {
  const { hostname, port, username, password, pathname, protocol } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 6379),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    db: Number(pathname.slice(1) || 0),
    ...(protocol === "rediss:" ? { tls: {} } : {}),
    maxRetriesPerRequest: null,
    retryStrategy: () => 500,
  };
}

/** Whether a server answers there: asked once, without waiting for one to come. */
export async function answers(url: string): Promise<boolean> {
  const client = new Redis({ ...connection(url), maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.ping();
    return true;
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function left(folder: string): Promise<{ port: number; pid: number } | undefined> {
  try {
    const place = JSON.parse(readFileSync(join(folder, PLACE), "utf8")) as { port: number; pid: number };
    return (await answers(`redis://127.0.0.1:${place.port}`)) ? place : undefined;
  } catch {
    return undefined;
  }
}

async function until(url: string, wanted: boolean, failure: () => string | undefined): Promise<void> {
  for (const end = Date.now() + START_MS; (await answers(url)) !== wanted; await setTimeout(50)) {
    const why = failure() ?? (Date.now() > end ? "no answer" : undefined);
    if (why) throw new Error(`redis-server at ${url}: ${why}`);
  }
}

/** The server of a data folder. A port may be given, so that a test can stop one and start it again where it was. */
export async function startRedis(folder: string, port?: number): Promise<OwnRedis> {
  mkdirSync(folder, { recursive: true });
  const place = await left(folder);
  const at = place?.port ?? port ?? (await freePort());
  const url = `redis://127.0.0.1:${at}`;
  let pid = place?.pid;
  if (pid === undefined) {
    const options = { bind: "127.0.0.1", port: at, dir: folder, appendonly: "yes", save: "", "maxmemory-policy": "noeviction" };
    // detached: the keyboard's interrupt is for us, who stop the workers before it
    const server: ChildProcess = spawn(
      "redis-server",
      Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
      { stdio: "ignore", detached: true },
    );
    let failure: string | undefined;
    server.on("error", (error: NodeJS.ErrnoException) => {
      failure = error.code === "ENOENT" ? INSTALL : error.message;
    });
    server.on("exit", (code, signal) => {
      failure ??= `ended with ${signal ?? code}`;
    });
    server.unref();
    await until(url, true, () => failure).catch((error: Error) => {
      throw failure === INSTALL ? new Error(INSTALL) : error;
    });
    pid = server.pid as number;
    writeFileSync(join(folder, PLACE), JSON.stringify({ port: at, pid }));
  }
  return {
    url,
    async stop() {
      process.kill(pid, "SIGTERM");
      await until(url, false, () => undefined);
    },
  };
}
