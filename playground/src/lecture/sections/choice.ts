// 14: which loss for which output. A table that leads back.

import { html } from "../../dom.js";
import type { LossName } from "../../losses/descriptor.js";
import { loss, p, type Section, see, type Words } from "../section.js";

interface Row {
  readonly output: string;
  readonly kind: "number" | "class" | "distribution" | "order" | "embedding";
  readonly losses: readonly LossName[];
  readonly mind: Words;
  readonly back?: readonly [id: string, text: string];
}

const rows = (): readonly Row[] => [
  { output: "a number", kind: "number", losses: ["mseLoss"], mind: ["its mean; outliers weigh much"], back: ["outlier", "line fit"] },
  {
    output: "a number, data with outliers",
    kind: "number",
    losses: ["huberLoss", "smoothL1Loss", "l1Loss"],
    mind: ["delta: from where on an error is an outlier"],
    back: ["outlier", "line fit"],
  },
  { output: "a bound that holds nine times of ten", kind: "number", losses: ["pinballLoss"], mind: ["quantile 0.9"], back: ["behaviour", "what a loss is"] },
  { output: "a number and how sure", kind: "number", losses: ["gaussianNllLoss"], mind: ["a mean and a variance"], back: ["likelihood", "likelihood"] },
  { output: "a count", kind: "number", losses: ["poissonNllLoss"], mind: ["the model gives log of the rate"], back: ["likelihood", "likelihood"] },
  { output: "one of many classes", kind: "class", losses: ["crossEntropyLoss"], mind: ["give logits, no softmax before"], back: ["entropy", "p − q"] },
  { output: "log-probabilities already", kind: "class", losses: ["nllLoss"], mind: ["weights for rare classes"], back: ["likelihood", "likelihood"] },
  {
    output: "yes or no, or several labels at once",
    kind: "class",
    losses: ["bceWithLogitsLoss"],
    mind: ["give logits, no sigmoid before"],
    back: ["binary", "the ends"],
  },
  { output: "a sequence whose alignment is unknown", kind: "class", losses: ["ctcLoss"], mind: ["log-probabilities, time first"] },
  { output: "a distribution", kind: "distribution", losses: ["klDivLoss"], mind: ["reduction batchmean"], back: ["divergence", "KL"] },
  { output: "scores to rank", kind: "order", losses: ["marginRankingLoss", "multiMarginLoss"], mind: ["a margin above 0"], back: ["ranking", "hardest wrong"] },
  {
    output: "a place, from pairs",
    kind: "embedding",
    losses: ["contrastiveLoss", "hingeEmbeddingLoss"],
    mind: ["a margin, or all collapses"],
    back: ["pairs", "pairs"],
  },
  {
    output: "a place, from comparisons",
    kind: "embedding",
    losses: ["tripletMarginLoss", "tripletRatioLoss"],
    mind: ["which triplets are drawn"],
    back: ["triplets", "triplets"],
  },
  {
    output: "a place, from pairs in a large batch",
    kind: "embedding",
    losses: ["infoNceLoss"],
    mind: ["cross entropy over the batch; the temperature"],
    back: ["entropy", "p − q"],
  },
  { output: "a direction", kind: "embedding", losses: ["cosineEmbeddingLoss"], mind: ["a margin near 0 in many dimensions"], back: ["equator", "equator"] },
];

const KINDS = { all: "all", number: "a number", class: "a class", distribution: "a distribution", order: "an order", embedding: "an embedding" } as const;

export const choice: Section = {
  id: "choice",
  short: "Which loss",
  claim: "Which loss? Ask what the model puts out, and what an error costs",
  height: [907, 1991],
  lead: () => [p("My model puts out:")],
  figure(root) {
    const table = html("tbody");
    const all = rows();
    // between two names a line may break
    const joined = (nodes: readonly Node[]): Words => nodes.flatMap((node, i) => (i ? [", ", node] : [node]));
    const cells = all.map(({ output, kind, losses, mind, back }) => {
      const row = html(
        "tr",
        {},
        html("th", { scope: "row" }, output),
        html("td", {}, ...joined(losses.map(loss))),
        html("td", {}, ...mind),
        html("td", {}, ...(back ? [see(...back)] : [])),
      );
      table.append(row);
      return { row, kind };
    });
    const choices = Object.entries(KINDS).map(([kind, text]) => {
      const node = html("button", { type: "button", class: "button" }, text);
      node.addEventListener("click", () => filter(kind));
      return { node, kind };
    });
    function filter(wanted: string): void {
      for (const { node, kind } of choices) node.setAttribute("aria-pressed", String(kind === wanted));
      for (const { row, kind } of cells) row.hidden = wanted !== "all" && kind !== wanted;
    }
    root.append(
      html("div", { class: "people", role: "group", "aria-label": "Kind of output" }, ...choices.map(({ node }) => node)),
      html(
        "table",
        { class: "which" },
        html("thead", {}, html("tr", {}, ...["output", "loss", "mind", "in this lecture"].map((name) => html("th", { scope: "col" }, name)))),
        table,
      ),
    );
    filter("all");
    return () => {};
  },
  after: () => [
    p(
      "Whichever it is: watch it ",
      html("a", { href: "#/train" }, "train a network"),
      ", and look at value and gradient on its own page. When a model does not do what you want, ask first whether it does what you asked of it; that is what the loss says.",
    ),
  ],
};
