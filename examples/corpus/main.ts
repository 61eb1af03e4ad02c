// npm run corpus -- make | run | work | measure. Start reading here; what is scored is in score.ts, what lies in Redis in queue.ts.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { make } from "./make.js";
import { measure } from "./measure.js";
import { run } from "./run.js";
import { MANIFEST } from "./shard.js";
import { ROOT } from "./texts.js";
import { work } from "./worker.js";

const HELP = `npm run corpus -- make  [--data folder] [--shards 64] [--tokens 1024] [--vocabulary 2048]
npm run corpus -- run   [--data folder] [--workers 1,2,4] [--name name] [--redis url] [--unchecked]
npm run corpus -- work  [--data folder] --redis url
npm run corpus -- measure
  run and work: [--lock 30000] ms until a silent worker's shard is another's, [--slice 50] ms between two looks at the event loop,
  [--pause 0] ms of rest after each; run: [--backoff 1000] ms between attempts`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", default: join(ROOT, "build/corpus") },
    shards: { type: "string", default: "64" },
    tokens: { type: "string", default: "1024" },
    vocabulary: { type: "string", default: "2048" },
    workers: { type: "string", default: "1,2,4" },
    name: { type: "string" },
    redis: { type: "string" },
    unchecked: { type: "boolean", default: false },
    lock: { type: "string", default: "30000" },
    backoff: { type: "string", default: "1000" },
    slice: { type: "string", default: "50" },
    pause: { type: "string", default: "0" },
  },
});

function whole(name: "shards" | "tokens" | "vocabulary" | "lock" | "backoff" | "slice" | "pause", least: number): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < least) throw new Error(`--${name} expected an integer from ${least} on, got ${values[name]}`);
  return number;
}

async function main(command: string | undefined): Promise<boolean> {
  const folder = values.data;
  if (command === "make") {
    const manifest = make({ folder, shards: whole("shards", 1), tokens: whole("tokens", 1), vocabulary: whole("vocabulary", 257) });
    console.log(`${join(folder, MANIFEST)}: ${manifest.shards.length} shards`);
    return true;
  }
  if (command === "measure") {
    await measure();
    return true;
  }
  if (command !== "run" && command !== "work") {
    console.error(HELP);
    return false;
  }
  const limits = { lock: whole("lock", 100), backoff: whole("backoff", 0) };
  const pace = { slice: whole("slice", 1), pause: whole("pause", 0) };
  const { name, redis, unchecked } = values;
  if (command === "work") {
    if (redis === undefined) throw new Error("work expected --redis url, the server that run was given");
    await work(folder, redis, limits, pace);
    return true;
  }
  const workers = values.workers.split(",").map(Number);
  if (!workers.every((n) => Number.isInteger(n) && n >= 0 && n <= 64)) throw new Error(`--workers expected integers from 0 to 64, got ${values.workers}`);
  if (name !== undefined && workers.length > 1) throw new Error("--name expected one number of --workers, since it names one run");
  if (name !== undefined && !/^[\w.-]+$/.test(name)) throw new Error(`--name expected letters, digits, '.', '_' and '-', got ${name}`);
  return await run({ folder, workers, name, redis, limits, pace, unchecked });
}

try {
  if (!(await main(positionals[0]))) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
