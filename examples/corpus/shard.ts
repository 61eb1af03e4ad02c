// A corpus on disk: shards, and a manifest that names them with their hashes.
// A shard is one file, little-endian: the tokens (int32), how many bytes of text each of them is (int32), and a row of logits for each (float16).

import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";

export interface ShardEntry {
  readonly file: string;
  readonly sha256: string;
  readonly tokens: number;
}

export interface Manifest {
  readonly vocabulary: number;
  readonly shards: readonly ShardEntry[];
}

export interface Shard {
  readonly tokens: Int32Array;
  readonly bytes: Int32Array;
  /** (tokens, vocabulary), the bits of float16 */
  readonly logits: Uint16Array;
}

export const MANIFEST = "manifest.json";

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** The manifest of a folder, and a key of all that it names. */
export function readManifest(folder: string): { manifest: Manifest; key: string } {
  let text: string;
  try {
    text = readFileSync(join(folder, MANIFEST), "utf8");
  } catch {
    throw new Error(`${folder} has no ${MANIFEST}: npm run corpus -- make`);
  }
  return { manifest: JSON.parse(text) as Manifest, key: sha256(text).slice(0, 12) };
}

export const bytesOfShard = (tokens: number, vocabulary: number): number => tokens * (4 + 4 + 2 * vocabulary);

/** The three arrays of a shard, views of its bytes. */
export function viewShard(buffer: ArrayBuffer, tokens: number, vocabulary: number): Shard {
  return {
    tokens: new Int32Array(buffer, 0, tokens),
    bytes: new Int32Array(buffer, 4 * tokens, tokens),
    logits: new Uint16Array(buffer, 8 * tokens, tokens * vocabulary),
  };
}

/** Reads and hashes a piece at a time, so that the event loop goes on: nothing is scored that is not what the manifest says. */
export async function readShard(folder: string, { file, sha256: expected, tokens }: ShardEntry, vocabulary: number): Promise<Shard> {
  const path = join(folder, file);
  const length = bytesOfShard(tokens, vocabulary);
  const { size } = await stat(path);
  if (size !== length) throw new Error(`${file}: expected ${length} bytes, got ${size}`);
  const buffer = new ArrayBuffer(length);
  const hash = createHash("sha256");
  let end = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    hash.update(piece);
    new Uint8Array(buffer).set(piece, end);
    end += piece.length;
  }
  const got = hash.digest("hex");
  if (got !== expected) throw new Error(`${file}: expected sha256 ${expected}, got ${got}`);
  return viewShard(buffer, tokens, vocabulary);
}
