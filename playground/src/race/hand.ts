// The loops that one would write by hand, as a kit: a row calls it as it calls losskit. Those of bench/loops that are the fastest in Chromium at
// most sizes (bench/results/chromium.md): plain arrays, the default options, no checks.

import * as bce from "../../../bench/loops/bce.js";
import * as bceWithLogits from "../../../bench/loops/bceWithLogits.js";
import * as cosineEmbedding from "../../../bench/loops/cosineEmbedding.js";
import * as crossEntropy from "../../../bench/loops/crossEntropy.js";
import * as ctc from "../../../bench/loops/ctc.js";
import * as gaussianNll from "../../../bench/loops/gaussianNll.js";
import * as hingeEmbedding from "../../../bench/loops/hingeEmbedding.js";
import * as huber from "../../../bench/loops/huber.js";
import * as klDiv from "../../../bench/loops/klDiv.js";
import * as l1 from "../../../bench/loops/l1.js";
import * as marginRanking from "../../../bench/loops/marginRanking.js";
import { mse } from "../../../bench/loops/mse.js";
import * as multiLabelMargin from "../../../bench/loops/multiLabelMargin.js";
import * as multiMargin from "../../../bench/loops/multiMargin.js";
import { nll } from "../../../bench/loops/nll.js";
import * as poissonNll from "../../../bench/loops/poissonNll.js";
import * as smoothL1 from "../../../bench/loops/smoothL1.js";
import * as softMargin from "../../../bench/loops/softMargin.js";
import * as tripletMargin from "../../../bench/loops/tripletMargin.js";
import { tripletRatio } from "../../../bench/loops/tripletRatio.js";
import { type Kit, LISTED } from "./rows.js";

type Numbers = Float32Array;
interface Shaped<Data = Numbers> {
  data: Data;
  shape: number[];
}
interface Out<Name extends string = "input"> {
  out: Record<Name, Numbers>;
}
type Triplets = Out<"anchor" | "positive" | "negative">;

const EPS = 1e-6; // of distances and of variances

/** Workspaces are made once, as buffers are. */
const sorting = multiLabelMargin.sorting(LISTED);
const workspaces = new WeakMap<Numbers, ctc.Work>();
function workspace(g: Numbers, ...size: Parameters<typeof ctc.workspace>): ctc.Work {
  const work = workspaces.get(g) ?? ctc.workspace(...size);
  workspaces.set(g, work);
  return work;
}

const loops = {
  mseLoss: (x: Numbers, t: Numbers, { out }: Out) => mse(x, t, out.input),
  l1Loss: (x: Numbers, t: Numbers, { out }: Out) => l1.branchless(x, t, out.input),
  smoothL1Loss: (x: Numbers, t: Numbers, { out }: Out) => smoothL1.branchless(x, t, 1, out.input),
  huberLoss: (x: Numbers, t: Numbers, { out }: Out) => huber.branchless(x, t, 1, out.input),
  bceLoss: (x: Numbers, t: Numbers, { out }: Out) => bce.branchless(x, t, out.input),
  bceWithLogitsLoss: (x: Numbers, t: Numbers, { out }: Out) => bceWithLogits.branchless(x, t, out.input),
  klDivLoss: (x: Numbers, t: Numbers, { out }: Out) => klDiv.branchless(x, t, out.input),
  softMarginLoss: (x: Numbers, t: Numbers, { out }: Out) => softMargin.branchless(x, t, out.input),
  hingeEmbeddingLoss: (x: Numbers, t: Numbers, { out }: Out) => hingeEmbedding.branchless(x, t, 1, out.input),
  poissonNllLoss: (x: Numbers, t: Numbers, { out }: Out) => poissonNll.loop(x, t, out.input),
  gaussianNllLoss: (x: Numbers, t: Numbers, v: Numbers, { out }: Out<"input" | "var">) => gaussianNll.branchless(x, t, v, EPS, out.input, out.var),
  marginRankingLoss: (x1: Numbers, x2: Numbers, t: Numbers, { out }: Out<"input1" | "input2">) =>
    marginRanking.branchless(x1, x2, t, 0, out.input1, out.input2),
  crossEntropyLoss: (x: Shaped, y: Int32Array, { out }: Out) => crossEntropy.branchless(x.data, x.shape[1]!, y, out.input),
  nllLoss: (x: Shaped, y: Int32Array, { out }: Out) => nll(x.data, x.shape[1]!, y, out.input),
  multiMarginLoss: (x: Shaped, y: Int32Array, { out }: Out) => multiMargin.branchless(x.data, x.shape[1]!, y, 1, out.input),
  multiLabelMarginLoss: (x: Shaped, y: Shaped<Int32Array>, { out }: Out) => multiLabelMargin.sorted(x.data, x.shape[1]!, y.data, sorting, out.input),
  // its mean over classes and then over rows is the mean over all elements
  multiLabelSoftMarginLoss: (x: Shaped, t: Shaped, { out }: Out) => bceWithLogits.branchless(x.data, t.data, out.input),
  tripletMarginLoss: (a: Shaped, p: Shaped, n: Shaped, { out }: Triplets) =>
    tripletMargin.branchy(a.data, p.data, n.data, a.shape[1]!, 1, EPS, out.anchor, out.positive, out.negative),
  tripletRatioLoss: (a: Shaped, p: Shaped, n: Shaped, { out }: Triplets) =>
    tripletRatio(a.data, p.data, n.data, a.shape[1]!, EPS, out.anchor, out.positive, out.negative),
  cosineEmbeddingLoss: (x1: Shaped, x2: Shaped, t: Numbers, { out }: Out<"input1" | "input2">) =>
    cosineEmbedding.branchy(x1.data, x2.data, t, x1.shape[1]!, 0, out.input1, out.input2),
  ctcLoss(x: Shaped, y: Shaped<Int32Array>, _: Int32Array, __: Int32Array, { out: { logProbs: g } }: Out<"logProbs">) {
    const [steps, batch, classes] = x.shape as [number, number, number];
    const labels = y.shape[1]!;
    return ctc.scaled({ x: x.data, targets: y.data, steps, batch, classes, labels, g, work: workspace(g, steps, classes, labels) });
  },
};

/** Has some of the losses: ask `in`. What a row calls of losskit is all there is of them. */
export const hand = Object.fromEntries(
  Object.entries(loops as Record<string, (...given: never[]) => number>).map(([name, loop]) => [
    name,
    { valueAndGrad: (...given: never[]) => ({ value: loop(...given) }) },
  ]),
) as unknown as Kit;
