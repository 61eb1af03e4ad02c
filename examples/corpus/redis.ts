// A redis-server of our own, on a port of its own, whose append-only files lie beside the corpus: what was done is there at the next start.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";

const INSTALL = `redis-server is not installed:
  Debian, Ubuntu  sudo apt install redis-server
  macOS           brew install redis
or give the address of one that runs: --redis redis://host:6379`;

/** Beside the files, where their server listens. */
const PORT = "port";
const START_MS = 10_000;

export interface OwnRedis {
  readonly url: string;
  stop(): Promise<void>;
}

const urlOf = (port: number): string => `redis://127.0.0.1:${port}`;

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

/** Asks once, without waiting for a server to come. */
async function once<T>(url: string, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ ...connection(url), maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true });
  client.on("error", () => {}); // the promises say so
  try {
    await client.connect();
    return await ask(client);
  } finally {
    client.disconnect();
  }
}

export const answers = (url: string): Promise<boolean> =>
  once(url, (client) => client.ping()).then(
    () => true,
    () => false,
  );

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** The port of a server that works on these files already: one that outlived its run is used again, since two would spoil them. */
async function left(folder: string): Promise<number | undefined> {
  try {
    const port = Number(readFileSync(join(folder, PORT), "utf8"));
    const [, place] = (await once(urlOf(port), (client) => client.config("GET", "dir"))) as [string, string];
    return realpathSync(place) === realpathSync(folder) ? port : undefined;
  } catch {
    return undefined;
  }
}

/** Starts a server, which must answer within a while. */
async function start(folder: string, port: number): Promise<void> {
  const options = { bind: "127.0.0.1", port, dir: folder, appendonly: "yes", save: "", "maxmemory-policy": "noeviction" };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // detached: the keyboard's interrupt is for us, who stop the workers before it
  const server = spawn("redis-server", words, { stdio: "ignore", detached: true });
  let failure: string | undefined;
  server.on("error", (error: NodeJS.ErrnoException) => {
    failure = error.code === "ENOENT" ? INSTALL : `redis-server: ${error.message}`;
  });
  server.on("exit", (code, signal) => {
    failure ??= `redis-server ended with ${signal ?? code}: redis-server ${words.join(" ")}`;
  });
  server.unref();
  for (const end = Date.now() + START_MS; !(await answers(urlOf(port))); await setTimeout(50)) {
    if (Date.now() > end) failure ??= `redis-server on port ${port} does not answer`;
    if (failure) throw new Error(failure);
  }
  writeFileSync(join(folder, PORT), String(port));
}

/** The server of a data folder. A port may be given, so that a test can stop one and start it again where it was. */
export async function startRedis(folder: string, port?: number): Promise<OwnRedis> {
  mkdirSync(folder, { recursive: true });
  const found = await left(folder);
  const at = found ?? port ?? (await freePort());
  if (found === undefined) await start(folder, at);
  const url = urlOf(at);
  return {
    url,
    async stop() {
      // it writes its files first, and answers with the end of the connection
      await once(url, (client) => client.shutdown()).catch(() => {});
      while (await answers(url)) await setTimeout(50);
    },
  };
}
