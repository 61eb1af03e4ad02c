// One picture of bench/results/rivals.json: some losses, value + gradient, bars relative to losskit/wasm. Plain SVG text, readable on light and dark.

const WASM = "losskit/wasm";
const CELLS = [
  ["mseLoss", "1 Mi"],
  ["huberLoss", "1 Mi"],
  ["bceWithLogitsLoss", "1 Mi"],
  ["klDivLoss", "1 Mi"],
  ["crossEntropyLoss", "4096 x 1000"],
  ["tripletMarginLoss", "4096 x 384"],
  ["cosineEmbeddingLoss", "4096 x 384"],
  ["gaussianNllLoss", "1 Mi"],
];
// Okabe and Ito's colours: told apart by colour-blind eyes, and on either background
const COLOURS = {
  "fused C": "#999999",
  [WASM]: "#0072b2",
  "losskit/js": "#56b4e9",
  "hand-written JS": "#e69f00",
  "TensorFlow.js wasm": "#d55e00",
  "jax-js": "#cc79a7",
  "PyTorch eager": "#009e73",
  "torch.compile": "#b0a000",
};
const WIDTH = 760;
const LEFT = 170;
const RIGHT = 60;
const BAR = 12;
const GAP = 18;
const TOP = 84;

const ratio = ({ timings }, of, to) => timings[of] && timings[to] && timings[to][0] / timings[of][0];
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

export function picture({ rows, about: { cpu, node, commit, date } }) {
  const cells = CELLS.flatMap(([loss, size]) => rows.filter((row) => row.kind === "grad" && row.loss === loss && row.size === size));
  const names = Object.keys(COLOURS).filter((name) => cells.some(({ timings }) => timings[name]));
  const bars = cells.map((row) => names.map((name) => [name, ratio(row, WASM, name)]).filter(([, x]) => x !== undefined));
  const values = bars.flat().map(([, x]) => x);
  // logarithmic, in whole octaves: the slowest are hundreds of times slower
  const low = Math.floor(Math.log2(Math.min(...values, 0.5)));
  const high = Math.ceil(Math.log2(Math.max(...values, 2)));
  const at = (x) => LEFT + ((Math.log2(x) - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const parts = [];
  const text = (x, y, content, more = "") => parts.push(`<text x="${x.toFixed(1)}" y="${y}"${more}>${escaped(content)}</text>`);
  text(12, 22, "Time of value + gradient, relative to losskit/wasm (shorter is faster)", ' class="title"');
  text(12, 40, `${cpu}; Node ${node}; commit ${commit}; ${date}; one thread; logarithmic scale`, ' class="small"');
  let x = 12;
  for (const name of names) {
    parts.push(`<rect x="${x}" y="52" width="10" height="10" fill="${COLOURS[name]}"/>`);
    text(x + 14, 61, name, ' class="small"');
    x += 24 + 6.2 * name.length;
  }
  let y = TOP;
  const marks = [];
  for (const [i, row] of cells.entries()) {
    text(LEFT - 8, y + BAR, row.loss, ' text-anchor="end"');
    text(LEFT - 8, y + BAR + 14, row.size, ' text-anchor="end" class="small"');
    for (const [name, value] of bars[i]) {
      const end = at(value);
      marks.push(`<rect x="${LEFT}" y="${y}" width="${(end - LEFT).toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[name]}"/>`);
      text(end + 4, y + BAR - 3, value >= 100 ? value.toFixed(0) : value.toPrecision(2), ' class="small"');
      y += BAR;
    }
    y += GAP;
  }
  const grid = [];
  for (let octave = low; octave <= high; octave++) {
    const here = at(2 ** octave).toFixed(1);
    grid.push(`<line x1="${here}" x2="${here}" y1="${TOP - 6}" y2="${y - GAP + 4}" class="${octave === 0 ? "one" : "grid"}"/>`);
  }
  // the scheme of the page decides; without one, the light colours
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="Times of losses relative to losskit/wasm">
<style>
.back { fill: #ffffff } text { font: 12px sans-serif; fill: #1f2328 } .title { font-weight: bold; font-size: 14px } .small { font-size: 10px; fill: #59636e }
.grid { stroke: #d1d9e0 } .one { stroke: #1f2328 }
@media (prefers-color-scheme: dark) { .back { fill: #0d1117 } text { fill: #f0f6fc } .small { fill: #9198a1 } .grid { stroke: #3d444d } .one { stroke: #f0f6fc } }
</style>
<rect class="back" width="${WIDTH}" height="${y}"/>
${[...grid, ...marks, ...parts].join("\n")}
</svg>
`;
}
