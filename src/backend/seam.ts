// The seam: what a backend is asked for. Everything here has been checked; a backend never throws for a user's mistake.
// It runs one kernel of one family and returns the undivided sum of the losses: denominators lie above, so that results of two calls can be merged.

import type { Broadcast } from "../array/broadcast.js";
import type { HalfArray } from "../array/half.js";
import type { Dtype, FloatArray } from "../array/typed.js";

/** An operand of a pointwise loss: an array of the call's length, or one that is repeated to it. */
export interface Source {
  readonly data: FloatArray;
  readonly broadcast: Broadcast | null;
}

/** n positions, one loss each. */
export interface PointwiseCall {
  /** What is computed of each position: every backend has its own loop by that name. */
  readonly op: string;
  readonly dtype: Dtype;
  readonly n: number;
  readonly a: Source;
  readonly b: Source;
  readonly c: Source | null;
  /** The op's own parameters. */
  readonly p: number;
  readonly q: number;
  /** Factor per position of values and gradients. */
  readonly weight: Source | null;
  /** Factor of the gradients, and factor per position. */
  readonly scale: number;
  readonly gradOutput: Source | null;
  readonly values: FloatArray | null;
  readonly gradA: FloatArray | null;
  readonly gradB: FloatArray | null;
  readonly gradC: FloatArray | null;
}

/** outer * inner samples of `classes` logits; class c of sample (o, i) lies at (o * classes + c) * inner + i. */
export interface RowsCall {
  readonly dtype: Dtype;
  readonly x: FloatArray | HalfArray;
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
  /** Class of each sample, or IGNORED (protocol.ts); null where targets are no classes. */
  readonly index: Int32Array | null;
  /** Factor of each sample's class term, value and gradient; null for ones. */
  readonly rowWeight: Float64Array | null;
  /** Also against the distribution q = (target * keep + uniform) * classWeight, target laid out like x. */
  readonly dense: boolean;
  readonly target: FloatArray | null;
  readonly keep: number;
  readonly uniform: number;
  readonly classWeight: FloatArray | null;
  /** Logits count as c tanh(x / c), -infinity as itself; 0: as they are. */
  readonly softcap: number;
  /** Factor of the square of each row's log-sum-exp in its value. */
  readonly zLoss: number;
  /** Factor of the gradients, and factor per sample. */
  readonly scale: number;
  readonly gradOutput: FloatArray | null;
  readonly values: FloatArray | null;
  /** scale * (softmax * (weights) - targets); without any target softmax itself. */
  readonly grad: FloatArray | null;
  /** scale * keep * classWeight * (log-sum-exp - x). */
  readonly gradTarget: FloatArray | null;
}

/** `rows` rows of `dims` numbers in two or three operands. */
export interface VectorsCall {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly dims: number;
  readonly a: FloatArray;
  readonly b: FloatArray;
  readonly c: FloatArray | null;
  /** DISTANCE, TRIPLET_MARGIN or TRIPLET_RATIO (protocol.ts); unused by `cosine`. */
  readonly kind: number;
  readonly p: number;
  readonly eps: number;
  readonly margin: number;
  readonly swap: boolean;
  /** Cosine embedding, contrastive: the target of each row; null for the similarity itself. */
  readonly sign: FloatArray | null;
  readonly scale: number;
  readonly gradOutput: FloatArray | null;
  readonly values: FloatArray | null;
  readonly gradA: FloatArray | null;
  readonly gradB: FloatArray | null;
  readonly gradC: FloatArray | null;
}

/** `rows` rows of `classes` scores: margins of the listed classes over all others. */
export interface MarginsCall {
  readonly dtype: Dtype;
  readonly x: FloatArray;
  readonly rows: number;
  readonly classes: number;
  /** `listed` classes per row, the list ended by a negative number. */
  readonly index: Int32Array;
  readonly listed: number;
  readonly rowWeight: Float64Array | null;
  /** Whether hinges are squared: where one class is listed. */
  readonly square: boolean;
  readonly margin: number;
  readonly scale: number;
  readonly gradOutput: FloatArray | null;
  readonly values: FloatArray | null;
  readonly grad: FloatArray | null;
}

/** Log-probabilities (steps, batch, classes) against one list of labels per sample. */
export interface CtcCall {
  readonly dtype: Dtype;
  readonly x: FloatArray;
  readonly steps: number;
  readonly batch: number;
  readonly classes: number;
  readonly blank: number;
  /** Labels of all samples; sample n's are at starts[n] to starts[n] + lengths[n]. */
  readonly labels: Int32Array;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** Time steps of each sample. */
  readonly times: Int32Array;
  readonly zeroInfinity: boolean;
  /** The negative log-likelihood of each sample goes here. */
  readonly losses: Float64Array;
  /** Factor of each sample's gradient. */
  readonly factors: Float64Array;
  readonly grad: FloatArray | null;
  /** Whether grad has what does not depend on the labels already. */
  readonly prepared?: boolean;
}

/** All distances of `rows` vectors at startA from `cols` others at startB. */
export interface CdistCall {
  readonly dtype: Dtype;
  readonly a: FloatArray;
  readonly b: FloatArray;
  readonly startA: number;
  readonly startB: number;
  readonly rows: number;
  readonly cols: number;
  readonly dims: number;
  readonly p: number;
  readonly into: FloatArray;
  readonly at: number;
}

/** `positions` rows of `vocabulary` logits against the token of each; every output but `logprob` is null where nobody asked for it. */
export interface ScoresCall {
  readonly dtype: Dtype;
  readonly x: FloatArray | HalfArray;
  readonly positions: number;
  readonly vocabulary: number;
  /** Token of each position, or IGNORED (protocol.ts): its row is not looked at, nor its outputs written. */
  readonly index: Int32Array;
  readonly temperature: number;
  /** 0: none. */
  readonly softcap: number;
  /** How many of the most probable tokens are listed. */
  readonly k: number;
  readonly logprob: Float64Array;
  readonly entropy: Float64Array | null;
  readonly logSumExp: Float64Array | null;
  readonly max: Float64Array | null;
  readonly rank: Int32Array | null;
  readonly argmax: Int32Array | null;
  readonly token: Int32Array | null;
  readonly tokenLogprob: Float64Array | null;
}

/** Takes what a backend found of elements start to end: their exact sum as two doubles, or null where it found none. */
export type TakeSums = (start: number, end: number, sums: readonly [high: number, low: number] | null) => void;

/** `rows` pairs of boxes x1 y1 x2 y2. */
export interface BoxesCall {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly a: FloatArray;
  readonly b: FloatArray;
  /** BOX_GENERALIZED, BOX_DISTANCE or BOX_COMPLETE (protocol.ts). */
  readonly kind: number;
  readonly eps: number;
  readonly scale: number;
  readonly gradOutput: FloatArray | null;
  readonly values: FloatArray | null;
  /** Of a. */
  readonly grad: FloatArray | null;
}

/** `groups` rows of `length` probabilities (or logits) and targets. */
export interface OverlapCall {
  readonly dtype: Dtype;
  readonly groups: number;
  readonly length: number;
  readonly x: FloatArray;
  readonly t: FloatArray;
  readonly fromLogits: boolean;
  /** Weights of false positives and false negatives; what is added above and below. */
  readonly alpha: number;
  readonly beta: number;
  readonly smooth: number;
  readonly scale: number;
  readonly gradOutput: FloatArray | null;
  readonly values: FloatArray | null;
  readonly grad: FloatArray | null;
}

/** `rows` rows of `width` logits of a student and of its teacher. */
export interface DistillationCall {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly width: number;
  readonly student: FloatArray | HalfArray;
  readonly teacher: FloatArray | HalfArray;
  readonly beta: number;
  readonly temperature: number;
  readonly scale: number;
  readonly gradOutput: FloatArray | null;
  readonly values: FloatArray | null;
  /** Of the student. */
  readonly grad: FloatArray | null;
}

/** Each of `rows` vectors of a against each of `cols` of b, or of a itself: logits are factor * (a_i . b_j) + bias. A loss for each row of a. */
export interface InBatchCall {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly cols: number;
  readonly dims: number;
  readonly a: FloatArray;
  /** null: a itself, without the pairs of a vector with itself. */
  readonly b: FloatArray | null;
  /** INFO_NCE or SIG_LIP, or without b SUP_CON or NT_XENT (protocol.ts). */
  readonly kind: number;
  /** What a norm counts as at least, where vectors are divided by theirs; 0: they are not. */
  readonly floor: number;
  /** INFO_NCE: the mean of the losses of row i of a and of row i of b; there are as many. */
  readonly symmetric: boolean;
  /** A number for each row of b that those of the same label share: INFO_NCE leaves out a pair of two such rows (null: none), the others find pairs by it. */
  readonly labels: Int32Array | null;
  readonly factor: number;
  readonly bias: number;
  /** Factor of the gradients, and factor per loss. */
  readonly scale: number;
  readonly gradOutput: FloatArray | null;
  readonly values: FloatArray | null;
  readonly gradA: FloatArray | null;
  readonly gradB: FloatArray | null;
  /** One element each: the gradients of factor and bias. */
  readonly gradFactor: FloatArray | null;
  readonly gradBias: FloatArray | null;
}

/** Of each of `rows` vectors the farthest of its label and the nearest of another. Rows without either count 0. */
export interface HardestCall {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly dims: number;
  readonly x: FloatArray;
  readonly labels: Int32Array;
  /** Softplus of the difference of the two distances instead of a hinge. */
  readonly soft: boolean;
  readonly margin: number;
  readonly scale: number;
  readonly gradOutput: FloatArray | null;
  readonly values: FloatArray | null;
  readonly grad: FloatArray | null;
}

/** Whether the first n elements lie in [low, high]. */
export interface RangeCall {
  readonly data: FloatArray;
  readonly n: number;
  readonly low: number;
  readonly high: number;
}

export interface Backend {
  pointwise(call: PointwiseCall): number;
  crossEntropy(call: RowsCall): number;
  scores(call: ScoresCall): void;
  margins(call: MarginsCall): number;
  ctc(call: CtcCall): void;
  /** Doubles of scratch that a ctc sample may take. */
  readonly ctcLimit: number;
  distances(call: VectorsCall): number;
  cosine(call: VectorsCall): number;
  contrastive(call: VectorsCall): number;
  cdist(call: CdistCall): void;
  /** Exact sums, part by part, where a backend is faster at them than array/exact.ts, which takes the parts that are null. */
  sums?(data: FloatArray, take: TakeSums): void;

  boxes(call: BoxesCall): number;
  overlap(call: OverlapCall): number;
  distillation(call: DistillationCall): number;
  inBatch(call: InBatchCall): number;
  hardest(call: HardestCall): number;
  /** Index of the first element that is not in the range (NaN is not), or -1. */
  outside(call: RangeCall): number;
}
