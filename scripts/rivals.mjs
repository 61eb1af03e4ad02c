// The README's table of rivals, from the report of npm run bench:rivals.

const SIZES = new Set(["1 Mi", "4096 x 1000", "4096 x 384", "500 x 16 x 128 x 60"]);
const OTHERS = ["losskit/wasm alloc", "losskit/js", "hand-written JS", "TensorFlow.js wasm", "jax-js", "PyTorch eager", "torch.compile", "fused C"];

const timeText = (us) => (us < 1000 ? `${us.toPrecision(3)} µs` : `${(us / 1000).toPrecision(3)} ms`);
const digits = (x) => (x < 0.995 ? x.toFixed(2) : x < 9.95 ? x.toFixed(1) : x.toFixed(0));

export function rivalsTable({ cpu, node, simd, commit, date, rows }) {
  const shown = rows.filter(({ kind, size, timings }) => kind === "grad" && SIZES.has(size) && timings["losskit/wasm"]);
  const others = OTHERS.filter((name) => shown.some(({ timings }) => timings[name]));
  const lines = [
    `${cpu}; Node ${node}, ${simd} SIMD; commit ${commit}; ${date}; \`npm run bench:rivals\`. Value + gradient, one thread, medians. A time for \`losskit/wasm\` with`,
    "plain arrays; for the others how many times longer they take: **below 1** they are faster.",
    "",
    `| loss | size | losskit/wasm | ${others.join(" | ")} |`,
    `| --- | --- | ---: |${" ---: |".repeat(others.length)}`,
  ];
  for (const { loss, size, timings } of shown) {
    const own = timings["losskit/wasm"].median;
    const cells = others.map((name) => {
      if (!timings[name]) return "";
      const x = timings[name].median / own;
      return x < 1 ? `**${digits(x)}**` : digits(x);
    });
    lines.push(`| ${loss} | ${size} | ${timeText(own)} | ${cells.join(" | ")} |`);
  }
  return lines.join("\n");
}
