/**
 * losskit/threads: how workers start, end and fail, in this process and in ones of their own.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { work } from "../src/backend/threads/host.js";
import { tuning } from "../src/backend/threads/pool.js";
import {
  alloc,
  backend,
  bceLoss,
  bceWithLogitsLoss,
  cdist,
  crossEntropyLoss,
  ctcLoss,
  free,
  infoNceLoss,
  mseLoss,
  scoreTokens,
  threads,
  tripletMarginLoss,
} from "../src/threads.js";
import * as wasm from "../src/wasm.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const PATIENCE = 200;
const { least, patience } = tuning;

afterEach(() => {
  Object.assign(tuning, { least, patience, fate: "lives" });
  threads.close();
});

async function start(count = 3): Promise<void> {
  threads.start({ count });
  await threads.ready();
  expect(threads.count).toBe(count);
}

const numbers = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => ((i * 7919) % 1009) / 1010);
const own = (length: number): Float32Array => {
  const array = alloc(length);
  array.set(numbers(length));
  return array;
};

describe("starting and ending", () => {
  it("counts that are none are refused, large ones are 8", async () => {
    for (const count of [Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY, "2" as never, null as never]) {
      expect(() => threads.start({ count })).toThrow(RangeError);
      expect(() => threads.start({ count })).toThrow(/^threads\.start: "count" expected an integer >= 1, got /);
    }
    await start(1);
    expect(backend().reason).toMatch(/one thread: /);
    threads.start({ count: 100 });
    await threads.ready();
    expect(threads.count).toBe(8);
    expect(backend()).toMatchObject({ name: "wasm", threads: 8 });
    expect(backend().reason ?? "").not.toMatch(/one thread/);
  });

  it("a second start replaces the first, at once and later; close, and start again", async () => {
    const x = own(300_000);
    threads.start({ count: 4 });
    threads.start({ count: 2 });
    await threads.ready();
    expect(threads.count).toBe(2);
    await start(3);
    expect(bceLoss(x, x)).toBe(wasm.bceLoss(x, x));
    threads.close();
    expect(threads.count).toBe(1);
    expect(backend().reason).toMatch(/one thread: threads\.close was called/);
    expect(bceLoss(x, x)).toBe(wasm.bceLoss(x, x));
    await threads.ready(); // nobody has been started: nothing to wait for
    expect(threads.count).toBe(1);
    await start(2);
    const before = work();
    for (let i = 0; i < 20; i++) expect(bceLoss(x, x)).toBe(wasm.bceLoss(x, x));
    expect(work()[1]).toBeGreaterThan(before[1] as number);
    free(x);
  });

  it("a large call before the event loop turns does not wait for workers", () => {
    threads.start({ count: 2 });
    const x = numbers(300_000);
    expect(crossEntropyLoss({ data: x, shape: [300, 1000] }, new Int32Array(300))).toBe(
      wasm.crossEntropyLoss({ data: x, shape: [300, 1000] }, new Int32Array(300)),
    );
  });

  it("a worker of the user's own, and one that cannot be made", async () => {
    const text = readFileSync(`${root}dist/threads-worker.js`, "utf8");
    threads.start({ count: 2, worker: () => new Worker(text, { eval: true }) });
    await threads.ready();
    expect(threads.count).toBe(2);
    threads.start({
      count: 2,
      worker: () => {
        throw new Error("no workers today");
      },
    });
    await threads.ready();
    expect(backend()).toMatchObject({ threads: 1, reason: expect.stringMatching(/one thread: Error: no workers today/) });
    expect(mseLoss([1, 2], [0, 0])).toBe(2.5);
  });

  it("a worker that ends while nobody calls is noticed", async () => {
    threads.start({ count: 2, worker: () => new Worker("throw new Error('gone')", { eval: true }) });
    await threads.ready();
    expect(backend()).toMatchObject({ threads: 1, reason: expect.stringMatching(/one thread: a worker ended \(Error: gone\)/) });
  });
});

/** The numbers of a result and its arrays as bytes: to compare long arrays element by element takes longer than all the rest. */
function flat(value: unknown): (number | Buffer)[] {
  if (typeof value === "number") return [value];
  if (ArrayBuffer.isView(value)) return [Buffer.from(value.buffer, value.byteOffset, value.byteLength)];
  return Object.values(value as object).flatMap(flat);
}
function expectSame(got: unknown, want: unknown): void {
  const [a, b] = [flat(got), flat(want)];
  expect(a.length).toBe(b.length);
  a.forEach((part, i) => {
    const other = b[i];
    if (typeof part === "number") expect(part).toBe(other);
    else expect(Buffer.compare(part, other as Buffer)).toBe(0);
  });
}

for (const fate of ["dies", "hangs"] as const) {
  describe(`a worker that ${fate} in the middle of a chunk`, () => {
    /** The call until a worker has had its part, for the caller might do all of it alone; and again: with one thread then. */
    async function survive(call: () => unknown, want: unknown): Promise<void> {
      const expected = structuredClone(want); // what it is made of may be a buffer that is used again
      Object.assign(tuning, { least: 0, patience: PATIENCE, fate });
      await start(2);
      for (let i = 0; i < 100 && threads.count === 2; i++) expectSame(call(), expected);
      expect(backend()).toMatchObject({ threads: 1, reason: expect.stringMatching(/one thread: a worker did not answer/) });
      expectSame(call(), expected);
    }

    it("arrays of alloc", async () => {
      const [x, y] = [own(500_000), own(500_000)];
      const input = alloc(x.length);
      await survive(() => bceLoss.valueAndGrad(x, y, { out: { input } }), wasm.bceLoss.valueAndGrad(x, y));
      free(input);
      free(x);
      free(y);
    });

    it("plain rows", async () => {
      const x = { data: numbers(500 * 1000), shape: [500, 1000] };
      const y = new Int32Array(500);
      await survive(() => crossEntropyLoss.valueAndGrad(x, y), wasm.crossEntropyLoss.valueAndGrad(x, y));
    });

    it("plain rows, the gradient in place of the logits", async () => {
      const data = new Float32Array(500 * 1000);
      const y = new Int32Array(500);
      const call = (api: { crossEntropyLoss: typeof crossEntropyLoss }) => {
        data.set(numbers(data.length));
        const { value } = api.crossEntropyLoss.valueAndGrad({ data, shape: [500, 1000] }, y, { out: { input: data } });
        return { value, first: data.slice(0, 5000), last: data.slice(-5000) };
      };
      await survive(() => call({ crossEntropyLoss }), call(wasm));
    });

    it("plain positions, the gradient in place of the logits", async () => {
      const data = new Float32Array(900_000);
      const target = numbers(data.length).map((x) => (x > 0 ? 1 : 0));
      const call = (api: { bceWithLogitsLoss: typeof bceWithLogitsLoss }) => {
        data.set(numbers(data.length));
        const { value } = api.bceWithLogitsLoss.valueAndGrad(data, target, { out: { input: data } });
        return { value, first: data.slice(0, 5000), last: data.slice(-5000) };
      };
      await survive(() => call({ bceWithLogitsLoss }), call(wasm));
    });

    it("all pairs of a batch", async () => {
      const [a, b] = [0, 1].map((from) => ({ data: numbers(600 * 64 + from).subarray(from), shape: [600, 64] })) as [
        { data: Float32Array; shape: number[] },
        never,
      ];
      await survive(() => infoNceLoss.valueAndGrad(a, b), wasm.infoNceLoss.valueAndGrad(a, b));
    });

    it("all distances", async () => {
      const [a, b] = [600, 300].map((rows) => ({ data: numbers(rows * 64), shape: [rows, 64] })) as [{ data: Float32Array; shape: number[] }, never];
      await survive(() => cdist(a, b), wasm.cdist(a, b));
    });

    it("samples of CTC, the gradient in place of the log-probabilities", async () => {
      const logProbs = { data: new Float32Array(40 * 64 * 21), shape: [40, 64, 21] };
      const targets = { data: Int32Array.from({ length: 64 * 9 }, (_, i) => 1 + ((i * 5) % 20)), shape: [64, 9] };
      const [times, lengths] = [new Int32Array(64).fill(40), new Int32Array(64).fill(9)];
      const call = (api: { ctcLoss: typeof ctcLoss }) => {
        logProbs.data.set(numbers(logProbs.data.length).map((x) => x - 2));
        return structuredClone(api.ctcLoss.valueAndGrad(logProbs, targets, times, lengths, { out: { logProbs: logProbs.data } }));
      };
      await survive(() => call({ ctcLoss }), call(wasm));
    });

    it("plain rows of tokens", async () => {
      const logits = { data: numbers(700 * 1000), shape: [700, 1000] };
      const tokens = Int32Array.from({ length: 700 }, (_, i) => (i % 9 === 4 ? -100 : i));
      const options = { outputs: ["logprob", "rank", "argmax"], topLogprobs: 3 } as const;
      await survive(() => scoreTokens(logits, tokens, options), wasm.scoreTokens(logits, tokens, options));
    });

    it("rows of alloc, the gradient in place of the logits", async () => {
      const data = alloc(500 * 1000);
      const y = new Int32Array(500);
      const x = { data, shape: [500, 1000] };
      const want = wasm.crossEntropyLoss.valueAndGrad({ data: numbers(data.length), shape: [500, 1000] }, y);
      const call = () => {
        data.set(numbers(data.length));
        return crossEntropyLoss.valueAndGrad(x, y, { out: { input: data } });
      };
      await survive(call, want);
      tuning.fate = "lives";
      await start(2);
      for (let i = 0; i < 20; i++) expectSame(call(), want);
      free(data);
    });
  });
}

describe("arrays", () => {
  it("a user's SharedArrayBuffer, operands that overlap, views of an array of alloc", async () => {
    tuning.least = 0;
    await start(2);
    const shared = new Float32Array(new SharedArrayBuffer(4 * 400_000));
    shared.set(numbers(400_000));
    const plain = shared.slice();
    const x = (data: Float32Array) => ({ data, shape: [400, 1000] });
    const y = new Int32Array(400);
    expectSame(crossEntropyLoss.valueAndGrad(x(shared), y), wasm.crossEntropyLoss.valueAndGrad(x(plain), y));
    const held = own(400_000);
    held.set(plain);
    expect(bceLoss(shared, held)).toBe(wasm.bceLoss(plain, plain));
    expect(bceLoss(held, held)).toBe(wasm.bceLoss(plain, plain));
    const part = { a: held.subarray(0, 300_000), b: held.subarray(100_000) };
    expect(bceLoss(part.a, part.b)).toBe(wasm.bceLoss(plain.subarray(0, 300_000), plain.subarray(100_000)));
    expect(() => bceLoss.valueAndGrad(part.a, part.b, { out: { input: part.a } })).toThrow(TypeError);
    const rows = (from: number) => ({ data: plain.subarray(from, from + 320_000), shape: [10_000, 32] });
    expectSame(tripletMarginLoss.valueAndGrad(rows(0), rows(1), rows(32)), wasm.tripletMarginLoss.valueAndGrad(rows(0), rows(1), rows(32)));
    free(held);
  });

  it("a call too large for the room that plain arrays are copied to", async () => {
    await start(2);
    // one row more than a slot has room for, and 130 MiB of distances
    const rows = { data: new Float32Array(2 * 34_000_000), shape: [2, 34_000_000] };
    rows.data[5] = 3;
    expect(crossEntropyLoss(rows, [5, 6])).toBe(wasm.crossEntropyLoss(rows, [5, 6]));
    const a = { data: numbers(6000 * 16), shape: [6000, 16] };
    const [got, want] = [cdist(a, a), wasm.cdist(a, a)];
    expect(Buffer.compare(new Uint8Array(got.buffer), new Uint8Array(want.buffer))).toBe(0);
  });
});

describe("processes of their own", () => {
  const BUSY = `const { threads, alloc, bceLoss, backend, mseLoss } = await import("losskit/threads"); threads.start({ count: 3 }); await threads.ready();
    const x = alloc(500_000); bceLoss(x, x); console.log(threads.count);`;
  const run = (script: string, flags: string[] = [], type = "module") => {
    try {
      const stdout = execFileSync(process.execPath, [...flags, `--input-type=${type}`, "-e", script], {
        cwd: root,
        stdio: ["ignore", "pipe", "pipe"],
        timeout: 60_000,
      });
      return { stdout: stdout.toString().trim(), status: 0 };
    } catch (error) {
      const { stdout, status } = error as { stdout: Buffer; status: number | null };
      return { stdout: stdout.toString().trim(), status }; // null: it had to be killed
    }
  };

  it("end by themselves, with workers idle", () => expect(run(BUSY)).toEqual({ stdout: "3", status: 0 }));
  it("end by process.exit", () => expect(run(`${BUSY} process.exit(7);`)).toEqual({ stdout: "3", status: 7 }));
  it("end by an error", () => expect(run(`${BUSY} throw new Error("over");`)).toEqual({ stdout: "3", status: 1 }));
  it("end while workers start", () =>
    expect(run('const { threads } = await import("losskit/threads"); threads.start({ count: 8 }); console.log(threads.count);')).toEqual({
      stdout: "1",
      status: 0,
    }));
  it("start no workers for large calls of plain arrays that are not split", () => {
    const script = `const { bceLoss, klDivLoss, mseLoss, backend } = await import("losskit/threads"); const x = new Float32Array(1 << 22);
      const few = x.subarray(0, 500_000); const repeated = klDivLoss({ data: x, shape: [1 << 11, 1 << 11] }, x.subarray(0, 1 << 11));
      console.log(mseLoss(x, x) + bceLoss(few, few) + repeated, backend().reason);`;
    expect(run(script).stdout).toMatch(/^0 .*one thread: no call was large enough so far to start workers$/);
  });
  it("end with a worker inside a worker, whether that ends or is terminated", () => {
    const inner = JSON.stringify(`(async () => { ${BUSY.replace("console.log", '(await import("node:worker_threads")).parentPort.postMessage')} })()`);
    const outer = (more: string) =>
      `const { Worker } = await import("node:worker_threads"); const worker = new Worker(${inner}, { eval: true });
       worker.on("message", (count) => { console.log(count); ${more} });`;
    expect(run(outer(""))).toEqual({ stdout: "3", status: 0 });
    expect(run(outer("worker.terminate();"))).toEqual({ stdout: "3", status: 0 });
  });
  it("CommonJS, and flags and preloaded modules of the program", () => {
    const script = `const { threads, mseLoss } = require("losskit/threads"); threads.start({ count: 2 });
      threads.ready().then(() => console.log(threads.count, mseLoss([1, 2], [0, 0])));`;
    expect(run(script, ["--require", "node:fs", "--no-warnings"], "commonjs")).toEqual({ stdout: "2 2.5", status: 0 });
  });
  it("without the permission to start workers: one thread, and the reason", () => {
    const flag = Number(process.versions.node.split(".")[0]) >= 22 ? "--permission" : "--experimental-permission";
    const script = `const { threads, backend, mseLoss } = await import("losskit/threads"); threads.start({ count: 2 }); await threads.ready();
      console.log(JSON.stringify([backend().threads, backend().reason, mseLoss([1, 2], [0, 0])]));`;
    const { stdout, status } = run(script, ["--no-warnings", flag, `--allow-fs-read=${root}*`]);
    expect(status).toBe(0);
    const [count, reason, value] = JSON.parse(stdout);
    expect([count, value]).toEqual([1, 2.5]);
    expect(reason).toMatch(/one thread: .*(ERR_ACCESS_DENIED|[Aa]ccess to this API has been restricted)/);
  });
  it("without SharedArrayBuffer, and where no shared memory is to be had: one thread, and the reason", () => {
    const script = (act: string) => `${act} const { threads, backend, alloc, mseLoss } = await import("losskit/threads"); threads.start({ count: 2 });
      await threads.ready(); const x = alloc(3); x.fill(2); console.log(JSON.stringify([threads.count, backend().reason, mseLoss(x, [0, 0, 0])])); threads.close(); console.log(backend().reason);`;
    for (const [act, why] of [
      ["delete globalThis.SharedArrayBuffer;", /one thread: .*SharedArrayBuffer/],
      [
        'const Real = WebAssembly.Memory; WebAssembly.Memory = class extends Real { constructor(o) { if (o.shared) throw new RangeError("no room"); super(o); } };',
        /one thread: RangeError: no room/,
      ],
    ] as const) {
      const [first, second] = run(script(act)).stdout.split("\n") as [string, string];
      const [count, reason, value] = JSON.parse(first);
      expect([count, value]).toEqual([1, 4]);
      expect(reason).toMatch(why);
      expect(second).toBe(reason);
    }
  });
});
