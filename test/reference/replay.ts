/**
 * Calls with their arguments as bytes, and a hash of what comes back. Imports nothing of this folder and uses no syntax of TypeScript's but types,
 * so that any Node runs it once they are stripped: `node replay.js <entry> <jobs.json>` prints the hashes of the entry's answers.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

export interface Packed {
  /** Name of the typed array. */
  readonly kind: string;
  readonly bytes: string;
  readonly shape: readonly number[];
}

export interface Job {
  readonly title: string;
  readonly name: string;
  readonly args: readonly Packed[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Absent for operations. */
  readonly wrt?: readonly string[];
}

type Bits = Float32Array | Float64Array;
type Call = ((...args: unknown[]) => number | Bits) & { valueAndGrad(...args: unknown[]): { value: number | Bits; grad: Record<string, Bits> } };
export type Api = Readonly<Record<string, Call>>;

export function unpack({ kind, bytes, shape }: Packed, offset = 0): { data: ArrayBufferView; shape: readonly number[] } {
  const make = (globalThis as unknown as Record<string, typeof Float32Array>)[kind] as typeof Float32Array;
  const source = Buffer.from(bytes, "base64");
  const start = offset * make.BYTES_PER_ELEMENT;
  const buffer = new ArrayBuffer(start + source.length);
  new Uint8Array(buffer, start).set(source);
  return { data: new make(buffer, start, source.length / make.BYTES_PER_ELEMENT), shape };
}

const isPacked = (value: unknown): value is Packed => typeof value === "object" && value !== null && "bytes" in value;

/** JSON knows no infinity. */
const optionOf = (value: unknown, offset: number) => (isPacked(value) ? unpack(value, offset) : value === "Infinity" ? Number.POSITIVE_INFINITY : value);

/** The bits of every result of a job. Any NaN counts as equal to any other: all become the same one. */
export function hashOf(api: Api, job: Job, offset = 0): string {
  const hash = createHash("sha256");
  const feed = (result: number | Bits) => {
    const copy = typeof result === "number" ? Float64Array.of(result) : result.slice();
    for (let i = 0; i < copy.length; i++) if (Number.isNaN(copy[i])) copy[i] = Number.NaN;
    hash.update(new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength));
  };
  const call = api[job.name] as Call;
  const args = () => job.args.map((arg) => unpack(arg, offset));
  const options = Object.fromEntries(Object.entries(job.options).map(([name, value]) => [name, optionOf(value, offset)]));
  feed(call(...args(), options));
  if (job.wrt) {
    const { value, grad } = call.valueAndGrad(...args(), { ...options, wrt: job.wrt });
    feed(value);
    for (const name of job.wrt) feed(grad[name] as Bits);
  }
  return hash.digest("hex").slice(0, 16);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [entry, file] = process.argv.slice(2) as [string, string];
  const api = (await import(pathToFileURL(entry).href)) as unknown as Api;
  const jobs = JSON.parse(readFileSync(file, "utf8")) as Job[];
  console.log(JSON.stringify({ node: process.version, hashes: jobs.map((job) => hashOf(api, job)) }));
}
