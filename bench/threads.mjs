// npm run bench:threads [-- --count <n>] [-- --only <regex>] [-- --rounds <n>]: losskit/threads beside losskit/wasm on one thread, and beside PyTorch with
// as many threads where it is installed (bench/rivals/README.md). In turn, round by round; the least of the rounds counts, as other programs take cores
// away. Under Node 24 if its package is installed, then under the current Node if that is another. The machine should have nothing else to do. A run of all
// cases goes to bench/results/threads.md, and from there into docs/threads.md.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { node, otherNode, root, run, setup } from "../scripts/setup.mjs";

const { values } = parseArgs({
  options: { count: { type: "string", default: "2" }, only: { type: "string" }, rounds: { type: "string", default: "60" }, here: { type: "boolean" } },
});
const count = Number(values.count);

if (!values.here) {
  setup();
  run(node, "node_modules/typescript/bin/tsc", "-p", "tsconfig.tools.json");
  const other = otherNode();
  const texts = [];
  for (const path of [...(other ? [other.path] : []), node]) {
    const text = execFileSync(path, [fileURLToPath(import.meta.url), "--here", ...process.argv.slice(2)], {
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
    });
    console.log(text);
    texts.push(text);
  }
  if (values.only === undefined) {
    writeFileSync(`${root}bench/results/threads.md`, texts.join("\n"));
    run(node, "scripts/pages.mjs");
  }
} else await measure();

async function measure() {
  const { classIndices, normal, seeded, uniform } = await import("../build/tools/bench/data.js");
  const { about } = await import("../build/tools/bench/report.js");
  const native = await import("./rivals/native.mjs");
  const wasm = await import("losskit/wasm");
  const several = await import("losskit/threads");
  several.threads.start({ count });
  await several.threads.ready();
  const { name, simd, threads, reason } = several.backend();
  const { cpu, date } = about("bench:threads");
  console.log(
    `${cpu}; Node ${process.versions.node}, ${name} ${simd}, ${threads} threads${threads === count ? "" : `: ${reason}`}; losskit ${wasm.version}, ${date}; \`npm run bench:threads\`.`,
  );

  const random = seeded(1);
  const rows = (length, width, make = (n) => normal(random, n)) => ({ data: make(length * width), shape: [length, width] });
  const line = (length, make) => ({ data: make(length), shape: [length] });
  const probability = (n) => uniform(random, n, 1e-4, 1 - 1e-4);
  const classes = (length, width) => ({
    loss: "crossEntropyLoss",
    inputs: [rows(length, width, (n) => normal(random, n, 3))],
    index: classIndices(random, length, width),
    out: ["input"],
    size: [length, width],
  });
  const cases = [
    classes(4096, 1000),
    classes(64, 131072),
    { loss: "tripletMarginLoss", inputs: [1, 2, 3].map(() => rows(65536, 128)), out: ["anchor", "positive", "negative"], size: [65536, 128] },
    { loss: "cdist", inputs: [rows(512, 128), rows(1024, 128)], out: [], size: [512, 1024], alone: true },
    { loss: "bceLoss", inputs: [line(1 << 20, probability), line(1 << 20, probability)], out: ["input"], size: [1 << 20] },
    { loss: "bceWithLogitsLoss", inputs: [line(1 << 20, (n) => normal(random, n)), line(1 << 20, probability)], out: ["input"], size: [1 << 20] },
    { loss: "infoNceLoss", inputs: [1, 2].map(() => rows(1024, 768)), out: ["query", "key"], size: [1024, 768] },
    { loss: "mseLoss", inputs: [1, 2].map(() => line(1 << 20, (n) => normal(random, n))), out: ["input"], size: [1 << 20] },
    { loss: "distillationLoss", inputs: [1, 2].map(() => rows(16, 151936)), out: ["student"], size: [16, 151936], alone: true },
    {
      loss: "ctcLoss",
      inputs: [{ data: uniform(random, 500 * 16 * 128, -9, -1), shape: [500, 16, 128] }],
      more: [{ data: classIndices(random, 16 * 60, 127).map((y) => y + 1), shape: [16, 60] }, new Int32Array(16).fill(500), new Int32Array(16).fill(60)],
      out: ["logProbs"],
      size: [500, 16, 128, 60],
      alone: true,
    },
    { loss: "scoreTokens", inputs: [rows(64, 131072)], index: classIndices(random, 64, 131072), out: [], size: [64, 131072], alone: true },
    { loss: "scoreTokens", half: true, inputs: [rows(64, 131072)], index: classIndices(random, 64, 131072), out: [], size: [64, 131072], alone: true },
    { ...classes(4096, 1000), half: true, alone: true },
  ];

  const folder = mkdtempSync(`${tmpdir()}/losskit-threads-`);
  const torch = await native.torch(folder, count);
  console.log(torch.skipped ? `PyTorch: ${torch.skipped}` : torch.info);
  console.log("\nms, least of the rounds\n\n| call | one thread | threads | times | PyTorch | PyTorch / threads |\n|---|---:|---:|---:|---:|---:|");
  try {
    for (const one of cases) {
      if (!new RegExp(values.only ?? "", "i").test(one.loss)) continue;
      const [server] = torch.skipped || one.alone ? [] : await served(torch, one);
      for (const how of one.half ? ["bfloat16"] : ["alloc", "plain"]) {
        const contestants = [wasm, several].map((kit) => contestant(kit, one, how));
        for (const kind of one.out.length > 0 ? ["value", "value and gradient"] : ["value"]) {
          const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
          for (let round = 0; round < Number(values.rounds); round++) {
            for (const [i, { calls }] of contestants.entries()) {
              const begin = performance.now();
              calls[kind]();
              least[i] = Math.min(least[i], performance.now() - begin);
            }
            // a turn of its own is a median already
            if (server && round % 10 === 0) least[2] = Math.min(least[2], (await server.server.turn(kind !== "value", 40)).median / 1000);
          }
          const [alone, many, rival] = least;
          const beside = server ? `${rival.toFixed(2)} | ${(rival / many).toFixed(2)}` : "|";
          console.log(
            `| ${one.loss} ${one.size.join(" × ")}, ${kind}, ${how} | ${alone.toFixed(2)} | ${many.toFixed(2)} | ${(alone / many).toFixed(2)} | ${beside} |`,
          );
        }
        for (const { free } of contestants) free();
      }
    }
  } finally {
    torch.close?.();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** PyTorch with the case's arrays. */
async function served(torch, { loss, inputs, index, out, size }) {
  const grads = inputs.slice(0, out.length).map(({ data }) => new Float32Array(data.length));
  const [rows, width] = size.length === 2 ? size : [0, 0];
  return torch.contestants({ loss, n: inputs[0].data.length, rows, width, listed: index ? 1 : 0, inputs, index, grads });
}

/** Calls of a kit on arrays of its alloc, or on plain ones. */
function contestant(kit, { loss, inputs, index, more = [], out }, how) {
  const held = [];
  const array = (data) => {
    if (how !== "alloc") return data.slice();
    const own = kit.alloc(data.length);
    own.set(data);
    held.push(own);
    return own;
  };
  // the upper half of a float32
  const half = ({ data, shape }) =>
    kit.tensor(
      new Uint16Array(data.slice().buffer).filter((_, i) => i % 2 === 1),
      shape,
      "bfloat16",
    );
  const args = inputs.map((input) => (how === "bfloat16" ? half(input) : { data: array(input.data), shape: input.shape }));
  args.push(...(index ? [index] : []), ...more);
  const options = { out: Object.fromEntries(out.map((name, i) => [name, array(new Float32Array(inputs[i].data.length))])) };
  return {
    calls: { value: () => kit[loss](...args), "value and gradient": () => kit[loss].valueAndGrad(...args, options).value },
    free: () => {
      for (const own of held) kit.free(own);
    },
  };
}
