// How many shards are done: on a terminal a bar with tokens a second, elsewhere (a log file, CI) a line now and then.

import type { ShardEntry } from "./shard.js";

const WIDTH = 24;
/** Where nothing can be written over. */
const LINES = 4;

export interface Progress {
  show(done: number): void;
  end(): void;
}

export function progressOn(stream: NodeJS.WriteStream, name: string, shards: readonly ShardEntry[]): Progress {
  const tokens = shards.reduce((sum, shard) => sum + shard.tokens, 0);
  let first: { done: number; time: number } | undefined;
  let shown = 0;
  return {
    show(done) {
      // what was done before this start is not this start's speed
      first ??= { done, time: performance.now() };
      const share = (done - first.done) / shards.length;
      const speed = share > 0 ? ` ${thousands((share * tokens * 1000) / (performance.now() - first.time))} tokens/s` : "";
      if (stream.isTTY) {
        const full = Math.floor((WIDTH * done) / shards.length);
        const line = `${name} ${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${done}/${shards.length} shards${speed}`;
        // a line that wraps could not be written over
        stream.write(`\r\x1b[K${line.slice(0, (stream.columns || 80) - 1)}`);
      } else if (Math.floor((LINES * done) / shards.length) > shown) {
        shown = Math.floor((LINES * done) / shards.length);
        stream.write(`${name}: ${done} of ${shards.length} shards${speed}\n`);
      }
    },
    end() {
      if (stream.isTTY) stream.write("\n");
    },
  };
}

/** 1 234 567 */
export const thousands = (n: number): string => Math.round(n).toLocaleString("en").replaceAll(",", " ");
