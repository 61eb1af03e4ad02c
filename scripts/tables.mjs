// The tables of rivals in README.md and docs/benchmarks.md, from bench/results/rivals.json (npm run bench:rivals).

const WASM = "losskit/wasm";
const KINDS = { grad: "value + gradient", value: "value" };
const SMALL = new Set(["320", "32 x 10", "32 x 16"]);
const OTHERS = ["losskit/wasm alloc", "losskit/js", "hand-written JS", "TensorFlow.js wasm", "jax-js", "PyTorch eager", "torch.compile", "fused C"];

/** The README's ten rows and five columns. */
const SHORT = [
  ["mseLoss", "1 Mi"],
  ["huberLoss", "1 Mi"],
  ["bceWithLogitsLoss", "1 Mi"],
  ["klDivLoss", "1 Mi"],
  ["crossEntropyLoss", "32 x 10"],
  ["crossEntropyLoss", "4096 x 1000"],
  ["crossEntropyLoss", "16 x 151936"],
  ["tripletMarginLoss", "4096 x 384"],
  ["cosineEmbeddingLoss", "4096 x 384"],
  ["ctcLoss", "500 x 16 x 128 x 60"],
];
const SHORT_OTHERS = ["losskit/wasm alloc", "hand-written JS", "TensorFlow.js wasm", "PyTorch eager", "fused C"];

const timeText = (us) => (us < 10 ? `${(1000 * us).toFixed(0)} ns` : us < 1000 ? `${us.toPrecision(3)} µs` : `${(us / 1000).toPrecision(3)} ms`);
const digits = (x) => (x < 0.995 ? x.toFixed(2) : x < 9.95 ? x.toFixed(1) : x.toFixed(0));

function machine({ cpu, node, simd, losskit, commit, date, command, versions }) {
  const with_ = ["PyTorch", "TensorFlow.js", "fused C"].flatMap((name) => (versions[name] ? [`${name}: ${versions[name].replace(/^PyTorch /, "")}`] : []));
  return `${cpu}; Node ${node}, ${simd} SIMD; losskit ${losskit}, commit ${commit}; ${with_.join("; ")}; ${date}; \`${command}\`.`;
}

function table(rows, others) {
  const present = others.filter((name) => rows.some(({ timings }) => timings[name]));
  const lines = [`| loss | size | ${WASM} | ${present.join(" | ")} |`, `| --- | --- | ---: |${" ---: |".repeat(present.length)}`];
  for (const { loss, size, timings } of rows) {
    const own = timings[WASM][0];
    const cells = present.map((name) => {
      if (!timings[name]) return "";
      const x = timings[name][0] / own;
      return x < 1 ? `**${digits(x)}**` : digits(x);
    });
    lines.push(`| ${loss} | ${size} | ${timeText(own)} | ${cells.join(" | ")} |`);
  }
  return lines.join("\n");
}

export function shortTable({ about, rows }) {
  const shown = SHORT.flatMap(([loss, size]) => rows.filter((row) => row.loss === loss && row.size === size && row.kind === "grad"));
  return [table(shown, SHORT_OTHERS), "", machine(about)].join("\n");
}

export function longTables({ about, means, rows }) {
  const parts = [machine(about)];
  for (const [kind, title] of Object.entries(KINDS)) {
    for (const few of [false, true]) {
      const some = rows.filter((row) => row.kind === kind && SMALL.has(row.size) === few && row.timings[WASM]);
      if (some.length > 0) parts.push(`#### ${few ? "A small call" : "A large call"}, ${title}`, table(some, OTHERS));
    }
  }
  if (means.length > 0) {
    const lines = means.map(({ text, mean, count }) => `| ${text} | ${digits(mean)} | ${count} |`);
    parts.push("#### Geometric means", ["| times | mean | cells |", "| --- | ---: | ---: |", ...lines].join("\n"));
  }
  return parts.join("\n\n");
}
