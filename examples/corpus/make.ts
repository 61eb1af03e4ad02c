// make: the logits of the n-gram model for the texts that it has not seen, in shards.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHalf } from "./half.js";
import { Ngrams } from "./ngram.js";
import { bytesOfShard, MANIFEST, type Manifest, type ShardEntry, sha256, viewShard } from "./shard.js";
import { readTexts } from "./texts.js";
import { type Token, Vocabulary } from "./vocabulary.js";

export interface MakeOptions {
  readonly folder: string;
  /** At most so many; the last one may be shorter. */
  readonly shards: number;
  readonly tokens: number;
  readonly vocabulary: number;
}

export function make({ folder, shards: most, tokens: length, vocabulary }: MakeOptions): Manifest {
  const { counted, evaluated } = readTexts();
  const words = new Vocabulary(counted, vocabulary);
  const tokens = (texts: readonly string[]): Token[] => texts.flatMap((text) => [...words.tokens(text)]);
  const model = new Ngrams(
    Int32Array.from(tokens(counted), ({ id }) => id),
    vocabulary,
  );
  const all = tokens(evaluated);
  // the first two have no two tokens before them
  const count = Math.min(most, Math.ceil((all.length - 2) / length));
  const row = new Float64Array(vocabulary);
  mkdirSync(folder, { recursive: true });
  const shards = Array.from({ length: count }, (_, number): ShardEntry => {
    const start = 2 + number * length;
    const here = all.slice(start, start + length);
    const buffer = new ArrayBuffer(bytesOfShard(here.length, vocabulary));
    const shard = viewShard(buffer, here.length, vocabulary);
    here.forEach(({ id, bytes }, i) => {
      shard.tokens[i] = id;
      shard.bytes[i] = bytes;
      model.logits(all[start + i - 2]!.id, all[start + i - 1]!.id, row);
      for (let v = 0; v < vocabulary; v++) shard.logits[i * vocabulary + v] = toHalf(row[v]!);
    });
    const file = `shard-${String(number).padStart(4, "0")}.bin`;
    writeFileSync(join(folder, file), new Uint8Array(buffer));
    return { file, sha256: sha256(new Uint8Array(buffer)), tokens: here.length };
  });
  const manifest = { vocabulary, shards };
  // last: a folder that has one is whole
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}
