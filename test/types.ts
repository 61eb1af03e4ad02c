// Checked by tsc alone (npm run check): what must compile does, what must not has an expected error.

import {
  batchHardTripletLoss,
  bceLoss,
  cdist,
  clipLoss,
  crossEntropyLoss,
  gaussianNllLoss,
  infoNceLoss,
  klDivLoss,
  mergeTotals,
  mseLoss,
  nllLoss,
  ntXentLoss,
  perplexity,
  pinballLoss,
  scoreTokens,
  sigLipLoss,
  softmax,
  supConLoss,
  type Tensor,
  tensor,
  tripletMarginLoss,
} from "../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Same<A, B> extends true ? [] : [never]): void {}

const x = new Float32Array(3);
const y = new Float64Array(3);
const classes = BigInt64Array.of(0n);
const ort = { data: x, dims: [1, 3] as readonly number[], type: "float32", location: "cpu" };

// the reduction's literal decides the value, the tensors decide the array
const mean = mseLoss(x, x);
same<typeof mean, number>();
const none = mseLoss(x, [1, 2, 3], { reduction: "none" });
same<typeof none, Float32Array<ArrayBuffer>>();
const doubles = mseLoss([1], y, { reduction: "none" });
same<typeof doubles, Float64Array<ArrayBuffer>>();
const numbers = mseLoss([1], 2, { reduction: "none" });
same<typeof numbers, Float64Array<ArrayBuffer>>();
const batch = klDivLoss(x, x, { reduction: "batchmean" });
same<typeof batch, number>();
const probabilities = softmax(ort, { dim: -1 });
same<typeof probabilities, Float32Array<ArrayBuffer>>();

// grad has the names of wrt
const one = mseLoss.valueAndGrad(x, x);
same<keyof typeof one.grad, "input">();
const both = mseLoss.valueAndGrad(x, x, { wrt: ["input", "target"], reduction: "sum" });
same<keyof typeof both.grad, "input" | "target">();
same<typeof both.grad.target, Float32Array<ArrayBuffer>>();
const three = tripletMarginLoss.valueAndGrad(x, x, x, { swap: true });
same<keyof typeof three.grad, "anchor" | "positive" | "negative">();

// classes and tensors of other libraries
crossEntropyLoss(ort, classes, { ignoreIndex: -1n });
crossEntropyLoss(x, { data: classes, dims: [1] });
nllLoss(x, [0]);

// @ts-expect-error a name that is not differentiable
nllLoss.valueAndGrad(x, [0], { wrt: ["target"] });
// @ts-expect-error a name twice
mseLoss.valueAndGrad(x, x, { wrt: ["input", "input"] });
// @ts-expect-error an unknown option
mseLoss(x, x, { redution: "sum" });
// @ts-expect-error another loss's option
mseLoss(x, x, { beta: 1 });
// @ts-expect-error a reduction that this loss does not have
mseLoss(x, x, { reduction: "batchmean" });
// @ts-expect-error wrt in a plain call
mseLoss(x, x, { wrt: ["input"] });
// @ts-expect-error floats are no classes
nllLoss(x, x);
// @ts-expect-error too few arguments
mseLoss(x);

// scores of tokens: the fields that were asked for, and no others
const scored = scoreTokens(x, 0);
same<keyof typeof scored, "totals" | "logprob">();
const more = scoreTokens({ data: new Uint16Array(4), dims: [2, 2], type: "float16" }, [0, 1], { outputs: ["rank", "entropy"], topLogprobs: 3 });
same<keyof typeof more, "totals" | "rank" | "entropy" | "topLogprobs">();
same<typeof more.rank, Int32Array<ArrayBuffer>>();
same<typeof more.entropy, Float64Array<ArrayBuffer>>();
same<typeof more.topLogprobs.token, Int32Array<ArrayBuffer>>();
perplexity(mergeTotals(scored.totals, mseLoss.totals(x, x)));
// half precision counts as float32
const halves = mseLoss({ data: new Uint16Array(1), shape: [1], dtype: "bfloat16" }, [1], { reduction: "none", denominator: 3 });
same<typeof halves, Float32Array<ArrayBuffer>>();
same<ReturnType<typeof tensor<Uint16Array<ArrayBuffer>, "float16">>["dtype"], "float16">();

// @ts-expect-error a field that was not asked for
scored.rank;
// @ts-expect-error a word that is none
scoreTokens(x, 0, { outputs: ["logits"] });
// @ts-expect-error a bare Uint16Array may be either type, or integers
mseLoss(new Uint16Array(1), x);
// @ts-expect-error totals have no reduction
mseLoss.totals(x, x, { reduction: "sum" });

// two kinds of typed floats in one call
const half = { data: new Uint16Array(3), shape: [3], dtype: "float16" } as const;
// @ts-expect-error float32 beside float64
mseLoss(x, y);
// @ts-expect-error float64 beside half precision, which is float32
mseLoss.valueAndGrad(y, half);
// @ts-expect-error labels are no exception
bceLoss.totals(x, y);
// @ts-expect-error the third beside the second
gaussianNllLoss([1], x, y);
// @ts-expect-error with a shape, too
mseLoss({ data: x, shape: [1, 3] }, tensor(y, [1, 3]));
// @ts-expect-error of a loss whose target has no gradient
pinballLoss(x, y);
// @ts-expect-error of an operation
cdist(tensor(x, [1, 3]), tensor(y, [1, 3]));
// whatever may be of one kind compiles: numbers, integers, half precision, what is only known when it runs
declare const some: Tensor;
declare const either: typeof x | typeof y;
mseLoss(x, half);
mseLoss(some, x);
mseLoss(y, some);
mseLoss(either, x);
mseLoss(x, either);
bceLoss(x, new Uint8Array(3));
gaussianNllLoss([1], y, 1);
tripletMarginLoss([1, 2, 3], y, ort as { data: unknown; dims: readonly number[] });
export const generic: <T extends Tensor>(a: T, b: T) => number = (a, b) => mseLoss(a, b);
export const besideNumbers: <T extends Tensor>(a: T) => number = (a) => tripletMarginLoss([1], a, 2);
const quantiles = pinballLoss([1, 2, 3], x, { reduction: "none" });
same<typeof quantiles, Float32Array<ArrayBuffer>>();

// losses of a whole batch: two sides, or embeddings and their labels
const rows = { data: x, shape: [1, 3] };
const doubleRows = { data: y, shape: [1, 3] };
const matched = infoNceLoss.valueAndGrad(rows, rows, { groups: classes, symmetric: true, temperature: 0.1 });
same<typeof matched.value, number>();
same<keyof typeof matched.grad, "query" | "key">();
const eachQuery = infoNceLoss(rows, ort, { normalize: false, reduction: "none" });
same<typeof eachQuery, Float32Array<ArrayBuffer>>();
const keys = infoNceLoss.valueAndGrad(doubleRows, doubleRows, { wrt: ["key"], out: { key: y } });
same<keyof typeof keys.grad, "key">();
same<typeof keys.grad.key, Float64Array<ArrayBuffer>>();
const captioned = clipLoss.valueAndGrad(rows, rows, 14, { reduction: "none" });
same<typeof captioned.value, Float32Array<ArrayBuffer>>();
same<keyof typeof captioned.grad, "image" | "text" | "logitScale">();
same<typeof captioned.grad.logitScale, Float32Array<ArrayBuffer>>();
clipLoss(rows, rows, Float32Array.of(14), { denominator: 8 });
const pairs = sigLipLoss.valueAndGrad(rows, rows, 10, -10);
same<keyof typeof pairs.grad, "image" | "text" | "logitScale" | "logitBias">();
const summed = sigLipLoss(rows, rows, 10, Float32Array.of(-10), { reduction: "sum" });
same<typeof summed, number>();
const supervised = supConLoss.valueAndGrad(rows, classes, { temperature: 0.2, normalize: false, reduction: "none" });
same<typeof supervised.value, Float32Array<ArrayBuffer>>();
same<keyof typeof supervised.grad, "embeddings">();
const views = ntXentLoss.valueAndGrad(doubleRows, [0n], { temperature: 0.5, reduction: "sum" });
same<typeof views.value, number>();
same<typeof views.grad, { embeddings: Float64Array<ArrayBuffer> }>();
const hardest = batchHardTripletLoss.valueAndGrad(ort, [0], { soft: true, margin: 0.2 });
same<typeof hardest.grad, { embeddings: Float32Array<ArrayBuffer> }>();
const eachAnchor = batchHardTripletLoss(doubleRows, new Uint8Array(1), { reduction: "none" });
same<typeof eachAnchor, Float64Array<ArrayBuffer>>();
mergeTotals(ntXentLoss.totals(rows, [0], { temperature: 0.5 }), clipLoss.totals(rows, rows, 14));

// @ts-expect-error its losses are of pairs, not of rows
ntXentLoss(rows, [0], { reduction: "none" });
// @ts-expect-error the same beside gradients
ntXentLoss.valueAndGrad(rows, [0], { reduction: "none" });
// @ts-expect-error floats are no labels
supConLoss(rows, x);
// @ts-expect-error labels are not differentiable
batchHardTripletLoss.valueAndGrad(rows, [0], { wrt: ["labels"] });
// @ts-expect-error floats are no groups
infoNceLoss(rows, rows, { groups: x });
// @ts-expect-error a key for each query
infoNceLoss(rows);
// @ts-expect-error clipLoss's scale is an argument
clipLoss(rows, rows);
// @ts-expect-error and it has no bias
clipLoss.valueAndGrad(rows, rows, 14, { wrt: ["logitBias"] });
// @ts-expect-error nor a temperature
clipLoss(rows, rows, 14, { temperature: 0.07 });
// @ts-expect-error sigLipLoss's bias is an argument, too
sigLipLoss(rows, rows, 10);
// @ts-expect-error supConLoss has no margin
supConLoss(rows, [0], { margin: 1 });
// @ts-expect-error gradients of names that this loss does not have
infoNceLoss.valueAndGrad(rows, rows, { out: { input: x } });
// @ts-expect-error only what wrt names
keys.grad.query;
