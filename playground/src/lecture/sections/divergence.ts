// 7: Kullback and Leibler. Between two Gaussians, with a one-hot target, and the default reduction that is something else.
// For tests: `divergence-mean`, `divergence-width` (handles: μ and σ of q), `divergence-forward` KL(q‖p), `divergence-backward` KL(p‖q);
// slider "probability of the right class", `divergence-nll`, `divergence-batchmean`, `divergence-default`.

import { klDivLoss, logSoftmax, nllLoss } from "losskit";
import { slider } from "../../controls.js";
import { html, set, svg } from "../../dom.js";
import { clamp, draggable, fixed, GRIP } from "../../views/draw.js";
import { chart, columns, columnWidth, steps } from "../chart.js";
import { readout } from "../readout.js";
import { caption, code, listing, loss, maths, p, type Section } from "../section.js";

/** The line, cut into cells: a Gaussian becomes a distribution over them, and the sum the integral, to about six digits. */
const REACH = 20;
const CELLS = steps(-REACH, REACH, 2000);
const CELL = CELLS[1]! - CELLS[0]!;
/** Half of the widest view. */
const SEEN = 5;
const FIRST = CELLS.findIndex((x) => x >= -SEEN);
const [LEAST, MOST] = [0.4, 2];

/** Logarithms of the probabilities of the cells: the Gaussian's exponent, normalised. */
const gaussian = (mean: number, deviation: number) =>
  logSoftmax(
    Float64Array.from(CELLS, (x) => -((x - mean) ** 2) / (2 * deviation ** 2)),
    { dim: 0 },
  ) as Float64Array;

const PRIOR = gaussian(0, 1);
/** Two samples of three classes; the second is always the same. */
const SECOND = 0.5;

export const divergence: Section = {
  id: "divergence",
  short: "KL",
  claim: "KL divergence is what it costs to believe p where q is true; with a one-hot truth it is the cross entropy",
  height: [459, 549],
  lead: () => [
    p(
      "Drag q by its top, or make it wide or narrow by the dot at its side. The ",
      html("span", { class: "gradient" }, "orange area"),
      ", above the axis less below, is KL(q‖p): what a variational model pays when its code q strays from the standard Gaussian p.",
    ),
  ],
  figure(root) {
    let mean = 1.5;
    let deviation = 0.8;
    const width = columnWidth(root, 1, 0, 760);
    const picture = chart({
      width,
      height: width < 500 ? 240 : 270,
      x: { from: -SEEN, to: SEEN, ticks: [-4, -2, 0, 2, 4], label: "" },
      y: { from: -0.4, to: 1.4, ticks: [0, 0.5, 1], label: "density" },
      label: "Two Gaussians; the mean and the width of one are dragged",
      handles: true,
      left: 30,
    });
    const area = picture.inner.appendChild(svg("path", { class: "area" }));
    const prior = picture.line("two");
    const posterior = picture.line("one");
    const name = (text: string) => picture.over.appendChild(svg("text", { class: "halo" }, text));
    set(name("p"), { x: picture.x(-0.9), y: picture.y(0.36) });
    const called = name("q");
    const grip = (id: string, letter: string) =>
      picture.over.appendChild(
        svg("g", { "data-testid": id }, svg("circle", { class: "reach", r: 20 }), svg("circle", { class: "grip", r: GRIP - 1 }), svg("text", {}, letter)),
      );
    const top = grip("divergence-mean", "μ");
    const side = grip("divergence-width", "σ");
    const shownCells = CELLS.slice(FIRST, CELLS.length - FIRST);
    const density = (logs: Float64Array) => shownCells.map((x, i) => [x, Math.exp(logs[FIRST + i]!) / CELL] as const);
    set(prior, { d: picture.path(density(PRIOR)) });
    const numbers = readout([
      { id: "divergence-forward", name: "KL(q‖p)", colour: "gradient", digits: 4 },
      { id: "divergence-backward", name: "KL(p‖q): the other way round", digits: 4 },
    ]);

    const move = (mu: number, sigma: number) => {
      mean = clamp(Math.round(mu * 100) / 100, -3, 3);
      deviation = clamp(Math.round(sigma * 100) / 100, LEAST, MOST);
      update();
    };
    const announce = [
      draggable(top, {
        label: "mean of q",
        min: -3,
        max: 3,
        to: (x) => move(picture.toX(x), deviation),
        by: (dx, dy) => move(mean + 0.1 * (dx + dy), deviation),
        state: () => ({ now: mean, text: `${fixed(mean, 2)}; KL ${numbers.node.querySelector("dd")!.textContent}` }),
      }),
      draggable(side, {
        label: "standard deviation of q",
        min: LEAST,
        max: MOST,
        to: (x) => move(mean, Math.abs(picture.toX(x) - mean)),
        by: (dx, dy) => move(mean, deviation + 0.05 * (dx + dy)),
        state: () => ({ now: deviation, text: `${fixed(deviation, 2)}; KL ${numbers.node.querySelector("dd")!.textContent}` }),
      }),
    ];

    function update(): void {
      const q = gaussian(mean, deviation);
      const options = { logTarget: true, reduction: "sum" } as const;
      // the input is what is believed, the target what is true
      numbers.update([klDivLoss(PRIOR, q, options), klDivLoss(q, PRIOR, options)]);
      const cells = klDivLoss(PRIOR, q, { logTarget: true, reduction: "none" });
      const points = density(q);
      set(posterior, { d: picture.path(points) });
      set(area, { d: `${picture.path([[-SEEN, 0] as const, ...shownCells.map((x, i) => [x, cells[FIRST + i]! / CELL] as const), [SEEN, 0] as const])}Z` });
      const height = (x: number) => Math.exp(-((x - mean) ** 2) / (2 * deviation ** 2)) / (deviation * Math.sqrt(2 * Math.PI));
      set(top, { transform: `translate(${picture.x(mean)} ${picture.y(height(mean))})` });
      set(side, { transform: `translate(${picture.x(mean + deviation)} ${picture.y(height(mean + deviation))})` });
      set(called, { x: picture.x(mean) - 24, y: picture.y(height(mean)) });
      for (const say of announce) say();
    }

    const table = readout([
      { id: "divergence-nll", name: "nllLoss", colour: "one", digits: 4 },
      { id: "divergence-batchmean", name: "klDivLoss, batchmean", colour: "one", digits: 4 },
      { id: "divergence-default", name: "klDivLoss, its default mean", colour: "gradient", digits: 4 },
    ]);
    const hot = (right: number) => {
      const rest = (1 - right) / 2;
      const said = { data: Float64Array.of(rest, right, rest, SECOND, (1 - SECOND) / 2, (1 - SECOND) / 2).map(Math.log), shape: [2, 3] };
      const truth = { data: Float64Array.of(0, 1, 0, 1, 0, 0), shape: [2, 3] };
      table.update([nllLoss(said, [1, 0]), klDivLoss(said, truth, { reduction: "batchmean" }), klDivLoss(said, truth)]);
    };
    root.append(
      picture.node,
      numbers.node,
      html("hr", {}),
      columns(
        288,
        html(
          "div",
          {},
          caption("A one-hot target: two samples, three classes"),
          slider({ label: "p of the right class, first sample", min: 0.01, max: 1, step: 0.01, value: 0.2, onInput: hot }),
        ),
        table.node,
      ),
    );
    hot(0.2);
    update();
    return () => {};
  },
  after: () => [
    maths("KL(q‖p) = Σ qᵢ (log qᵢ − log pᵢ)", "to the standard Gaussian = ½ (μ² + σ² − 1 − log σ²)", "one-hot q: −log p(right class)"),
    p(
      "A one-hot truth has no uncertainty of its own, so nothing but the negative log-likelihood remains. The other way round is another number: KL is no distance. And mind the default: ",
      code("mean"),
      " divides by all elements, samples times classes; here that is a third of the divergence. ",
      code("batchmean"),
      " divides by the samples, and is what the formula says. (",
      loss("klDivLoss"),
      ")",
    ),
    listing('klDivLoss(logP, q, { reduction: "batchmean" }) // input: log-probabilities; target: probabilities'),
  ],
};
