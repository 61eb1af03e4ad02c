// A small perceptron, trained by Adam (Kingma and Ba 2015). Plain loops, the same for both backends: the loss and its gradient come from losskit.
// Not that of examples/digits: through a layer of two units plain gradient descent hardly gets anywhere.

import type { Random } from "../../../examples/digits/random.js";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPS = 1e-8;

interface Parameters {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  /** Running means of the gradient and of its square. */
  readonly first: Float32Array;
  readonly second: Float32Array;
}

function parameters(values: Float32Array): Parameters {
  const same = () => new Float32Array(values.length);
  return { values, gradient: same(), first: same(), second: same() };
}

export class Layer {
  /** [inputs, outputs], so that the inner loops walk along memory. */
  readonly weights: Parameters;
  readonly bias: Parameters;
  /** [rows, outputs] */
  readonly activation: Float32Array;
  readonly gradient: Float32Array;

  constructor(
    readonly inputs: number,
    readonly outputs: number,
    readonly relu: boolean,
    rows: number,
    random: Random,
  ) {
    // He et al. 2015, uniform: variance 2 / inputs before ReLU, 1 / inputs without.
    const bound = Math.sqrt((relu ? 6 : 3) / inputs);
    this.weights = parameters(Float32Array.from({ length: inputs * outputs }, () => (2 * random() - 1) * bound));
    this.bias = parameters(new Float32Array(outputs));
    this.activation = new Float32Array(rows * outputs);
    this.gradient = new Float32Array(rows * outputs);
  }

  forward(input: Float32Array, rows: number): void {
    const { inputs, outputs, relu, activation } = this;
    const weights = this.weights.values;
    for (let row = 0; row < rows; row++) {
      const start = row * outputs;
      activation.set(this.bias.values, start);
      for (let i = 0; i < inputs; i++) {
        const x = input[row * inputs + i]!;
        if (x === 0) continue; // half of the pixels, and half of what ReLU lets through
        for (let o = 0; o < outputs; o++) activation[start + o]! += x * weights[i * outputs + o]!;
      }
      if (relu) for (let o = start; o < start + outputs; o++) if (activation[o]! < 0) activation[o] = 0;
    }
  }

  /** From the gradient of the activation to those of weights, bias and, where there is a layer before, its activation. */
  backward(input: Float32Array, rows: number, before: Layer | undefined): void {
    const { inputs, outputs, relu, activation, gradient } = this;
    const weights = this.weights.values;
    const weightsGradient = this.weights.gradient.fill(0);
    const biasGradient = this.bias.gradient.fill(0);
    for (let row = 0; row < rows; row++) {
      const start = row * outputs;
      for (let o = 0; o < outputs; o++) {
        if (relu && activation[start + o] === 0) gradient[start + o] = 0;
        biasGradient[o]! += gradient[start + o]!;
      }
      for (let i = 0; i < inputs; i++) {
        const at = row * inputs + i;
        const x = input[at]!;
        if (x !== 0) for (let o = 0; o < outputs; o++) weightsGradient[i * outputs + o]! += x * gradient[start + o]!;
        if (!before) continue;
        let sum = 0;
        for (let o = 0; o < outputs; o++) sum += gradient[start + o]! * weights[i * outputs + o]!;
        before.gradient[at] = sum;
      }
    }
  }
}

function adam({ values, gradient, first, second }: Parameters, rate: number, step: number): void {
  const size = (rate * Math.sqrt(1 - BETA2 ** step)) / (1 - BETA1 ** step);
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i]!;
    first[i] = BETA1 * first[i]! + (1 - BETA1) * g;
    second[i] = BETA2 * second[i]! + (1 - BETA2) * g * g;
    values[i]! -= (size * first[i]!) / (Math.sqrt(second[i]!) + EPS);
  }
}

export class Network {
  readonly layers: readonly Layer[];
  #input: Float32Array = new Float32Array(0);
  #rows = 0;
  #step = 0;

  /** `relu` are the layers with a ReLU, counted from 0; `rows` is the largest batch. */
  constructor(sizes: readonly number[], relu: readonly number[], rows: number, random: Random) {
    this.layers = sizes.slice(1).map((outputs, i) => new Layer(sizes[i]!, outputs, relu.includes(i), rows, random));
  }

  /** [rows, outputs] of a layer, the last one by default, after `forward`: a view that the next call overwrites. */
  output(layer = this.layers.at(-1)!): Float32Array {
    return layer.activation.subarray(0, this.#rows * layer.outputs);
  }

  /** Where the loss writes its gradient before `learn`. */
  get gradient(): Float32Array {
    const last = this.layers.at(-1)!;
    return last.gradient.subarray(0, this.#rows * last.outputs);
  }

  forward(input: Float32Array, rows: number): Float32Array {
    this.#input = input;
    return this.forwardFrom(0, input, rows);
  }

  /** Through the layers from one on. Not to learn from. */
  forwardFrom(depth: number, input: Float32Array, rows: number): Float32Array {
    this.#rows = rows;
    let values = input;
    for (const layer of this.layers.slice(depth)) {
      layer.forward(values, rows);
      values = layer.activation;
    }
    return this.output();
  }

  /** One step downhill from the last `forward` and the gradient written since. */
  learn(rate: number): void {
    this.#step++;
    for (let depth = this.layers.length - 1; depth >= 0; depth--) {
      const before = this.layers[depth - 1];
      this.layers[depth]!.backward(before?.activation ?? this.#input, this.#rows, before);
    }
    for (const { weights, bias } of this.layers) {
      adam(weights, rate, this.#step);
      adam(bias, rate, this.#step);
    }
  }
}
