// A language model of bytes, small enough to be trained while one waits: the last bytes, each with an embedding for each of its places, added up; ReLU;
// logits of the next byte (Bengio et al., A Neural Probabilistic Language Model, 2003). Trained with losskit's cross entropy and its gradient.

import { crossEntropyLoss, tensor } from "losskit";
import { below, seeded } from "../digits/random.js";

export const VOCABULARY = 256;
/** Bytes that the model looks back at; before the first one there are zeros. */
export const CONTEXT = 8;
export const HIDDEN = 64;

const BATCH = 64;
const RATE = 0.1;
const SEED = 1;
/** Steps between two reports. */
const REPORT = 250;

/** The bytes before some positions of a text, (rows, CONTEXT). */
export function contexts(text: Uint8Array, positions: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: positions.length * CONTEXT }, (_, i) => text[positions[Math.floor(i / CONTEXT)]! + (i % CONTEXT) - CONTEXT] ?? 0);
}

export const range = (start: number, end: number): number[] => Array.from({ length: end - start }, (_, i) => start + i);

/** Numbers that are learned: by Adagrad (Duchi et al. 2011), which suits rows that are seldom met. */
class Parameters {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly #squares: Float32Array;

  constructor(length: number, initial: () => number) {
    this.values = Float32Array.from({ length }, initial);
    this.gradient = new Float32Array(length);
    this.#squares = new Float32Array(length).fill(1e-8);
  }

  /** A step with the gradient of some of them, which is then forgotten. */
  learn(start = 0, end = this.values.length): void {
    for (let i = start; i < end; i++) {
      const slope = this.gradient[i]!;
      if (slope === 0) continue;
      this.#squares[i]! += slope * slope;
      this.values[i]! -= (RATE * slope) / Math.sqrt(this.#squares[i]!);
      this.gradient[i] = 0;
    }
  }
}

export class ByteModel {
  /** [CONTEXT · VOCABULARY, HIDDEN], [HIDDEN], [HIDDEN, VOCABULARY], [VOCABULARY] */
  readonly embeddings: Parameters;
  readonly hiddenBias: Parameters;
  readonly weights: Parameters;
  readonly bias: Parameters;
  readonly #hidden = new Float32Array(BATCH * HIDDEN);
  readonly #logits = new Float32Array(BATCH * VOCABULARY);

  constructor() {
    const random = seeded(SEED);
    const uniform = (bound: number) => () => (2 * random() - 1) * bound;
    // a quarter of the bounds of He et al. 2015: at first all bytes are about as likely
    this.embeddings = new Parameters(CONTEXT * VOCABULARY * HIDDEN, uniform(Math.sqrt(6 / CONTEXT) / 4));
    this.hiddenBias = new Parameters(HIDDEN, () => 0);
    this.weights = new Parameters(HIDDEN * VOCABULARY, uniform(Math.sqrt(6 / HIDDEN) / 4));
    this.bias = new Parameters(VOCABULARY, () => 0);
  }

  /** Where the embedding of a context's byte begins. */
  #row(context: Uint8Array, row: number, place: number): number {
    return (place * VOCABULARY + context[row * CONTEXT + place]!) * HIDDEN;
  }

  /** Logits of what follows, (rows, VOCABULARY): a view that the next call overwrites. */
  #forward(context: Uint8Array): Float32Array {
    const rows = context.length / CONTEXT;
    const [embeddings, weights] = [this.embeddings.values, this.weights.values];
    for (let row = 0; row < rows; row++) {
      const hidden = this.#hidden.subarray(row * HIDDEN, (row + 1) * HIDDEN);
      hidden.set(this.hiddenBias.values);
      for (let place = 0; place < CONTEXT; place++) {
        const from = this.#row(context, row, place);
        for (let h = 0; h < HIDDEN; h++) hidden[h]! += embeddings[from + h]!;
      }
      const logits = this.#logits.subarray(row * VOCABULARY, (row + 1) * VOCABULARY);
      logits.set(this.bias.values);
      for (let h = 0; h < HIDDEN; h++) {
        const x = Math.max(hidden[h]!, 0);
        hidden[h] = x;
        if (x > 0) for (let v = 0, at = h * VOCABULARY; v < VOCABULARY; v++, at++) logits[v]! += x * weights[at]!;
      }
    }
    return this.#logits.subarray(0, rows * VOCABULARY);
  }

  /** One step downhill from the gradient of the logits of the last `#forward`. */
  #learn(context: Uint8Array, gradient: Float32Array): void {
    const before = new Float32Array(HIDDEN);
    const met = new Set<number>();
    const [weights, slopesOfWeights] = [this.weights.values, this.weights.gradient];
    for (let row = 0; row < context.length / CONTEXT; row++) {
      const slopes = gradient.subarray(row * VOCABULARY, (row + 1) * VOCABULARY);
      for (let v = 0; v < VOCABULARY; v++) this.bias.gradient[v]! += slopes[v]!;
      for (let h = 0; h < HIDDEN; h++) {
        const x = this.#hidden[row * HIDDEN + h]!;
        let sum = 0;
        // where ReLU gave 0, nothing passes
        if (x > 0) {
          for (let v = 0, at = h * VOCABULARY; v < VOCABULARY; v++, at++) {
            const slope = slopes[v]!;
            sum += slope * weights[at]!;
            slopesOfWeights[at]! += x * slope;
          }
        }
        before[h] = sum;
        this.hiddenBias.gradient[h]! += sum;
      }
      for (let place = 0; place < CONTEXT; place++) {
        const from = this.#row(context, row, place);
        met.add(from);
        for (let h = 0; h < HIDDEN; h++) this.embeddings.gradient[from + h]! += before[h]!;
      }
    }
    for (const from of met) this.embeddings.learn(from, from + HIDDEN);
    for (const parameters of [this.hiddenBias, this.weights, this.bias]) parameters.learn();
  }

  /** Steps on random positions. */
  train(text: Uint8Array, steps: number, report: (step: number, loss: number) => void = () => {}): void {
    const random = seeded(SEED);
    let sum = 0;
    for (let step = 1; step <= steps; step++) {
      const positions = Array.from({ length: BATCH }, () => below(text.length, random));
      const context = contexts(text, positions);
      const logits = this.#forward(context);
      const next = Uint8Array.from(positions, (position) => text[position]!);
      // the gradient takes the logits' place
      sum += crossEntropyLoss.valueAndGrad(tensor(logits, [BATCH, VOCABULARY]), next, { out: { input: logits } }).value;
      this.#learn(context, logits);
      if (step % REPORT === 0) {
        report(step, sum / REPORT);
        sum = 0;
      }
    }
  }

  /** The training code's own perplexity: e to the mean cross entropy. */
  perplexity(text: Uint8Array): number {
    let sum = 0;
    for (let start = 0; start < text.length; start += BATCH) {
      const end = Math.min(start + BATCH, text.length);
      const logits = this.#forward(contexts(text, range(start, end)));
      sum += crossEntropyLoss(tensor(logits, [end - start, VOCABULARY]), text.subarray(start, end), { reduction: "sum" });
    }
    return Math.exp(sum / text.length);
  }
}
