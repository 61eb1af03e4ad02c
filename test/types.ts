// Checked by tsc alone (npm run check): what must compile does, what must not has an expected error.

import { crossEntropyLoss, klDivLoss, mseLoss, nllLoss, softmax, tripletMarginLoss } from "../src/index.js";

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
