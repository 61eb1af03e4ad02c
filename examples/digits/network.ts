// A perceptron of fully connected layers with ReLU between them, trained by gradient descent with momentum.
// Plain loops, the same for both backends: what differs in time between them is the loss alone.

import type { Random } from "./random.js";

const MOMENTUM = 0.9;

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs, outputs], so that the inner loops walk along memory. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly weightsGradient: Float32Array;
  readonly biasGradient: Float32Array;
  readonly weightsVelocity: Float32Array;
  readonly biasVelocity: Float32Array;
  /** [rows, outputs] */
  readonly activation: Float32Array;
  readonly gradient: Float32Array;
}

function layer(inputs: number, outputs: number, rows: number, random: Random): Layer {
  // He et al. 2015: variance 2 / inputs keeps the activations' size through ReLU; uniform numbers serve as well as normal ones.
  const bound = Math.sqrt(6 / inputs);
  return {
    inputs,
    outputs,
    weights: Float32Array.from({ length: inputs * outputs }, () => (2 * random() - 1) * bound),
    bias: new Float32Array(outputs),
    weightsGradient: new Float32Array(inputs * outputs),
    biasGradient: new Float32Array(outputs),
    weightsVelocity: new Float32Array(inputs * outputs),
    biasVelocity: new Float32Array(outputs),
    activation: new Float32Array(rows * outputs),
    gradient: new Float32Array(rows * outputs),
  };
}

/** activation = input x weights + bias */
function forward({ inputs, outputs, weights, bias, activation }: Layer, input: Float32Array, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const start = row * outputs;
    activation.set(bias, start);
    for (let i = 0; i < inputs; i++) {
      const x = input[row * inputs + i]!;
      if (x === 0) continue; // half of the pixels, and half of what ReLU lets through
      const from = i * outputs;
      for (let o = 0; o < outputs; o++) activation[start + o]! += x * weights[from + o]!;
    }
  }
}

/** The gradients of weights and bias from the gradient of the activation. */
function backward({ inputs, outputs, weightsGradient, biasGradient, gradient }: Layer, input: Float32Array, rows: number): void {
  weightsGradient.fill(0);
  biasGradient.fill(0);
  for (let row = 0; row < rows; row++) {
    const start = row * outputs;
    for (let o = 0; o < outputs; o++) biasGradient[o]! += gradient[start + o]!;
    for (let i = 0; i < inputs; i++) {
      const x = input[row * inputs + i]!;
      if (x === 0) continue;
      const from = i * outputs;
      for (let o = 0; o < outputs; o++) weightsGradient[from + o]! += x * gradient[start + o]!;
    }
  }
}

/** The gradient of the layer before, through its ReLU: where that gave 0, nothing passes. */
function passBack({ inputs, outputs, weights, gradient }: Layer, before: Layer, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const start = row * outputs;
    for (let i = 0; i < inputs; i++) {
      const at = row * inputs + i;
      let sum = 0;
      if (before.activation[at]! > 0) for (let o = 0; o < outputs; o++) sum += gradient[start + o]! * weights[i * outputs + o]!;
      before.gradient[at] = sum;
    }
  }
}

function descend(values: Float32Array, gradient: Float32Array, velocity: Float32Array, rate: number): void {
  for (let i = 0; i < values.length; i++) {
    velocity[i] = MOMENTUM * velocity[i]! - rate * gradient[i]!;
    values[i]! += velocity[i]!;
  }
}

export class Network {
  readonly #layers: Layer[];
  #input: Float32Array = new Float32Array(0);
  #rows = 0;

  /** `sizes` from input to output; `rows` is the largest batch. */
  constructor(sizes: readonly number[], rows: number, random: Random) {
    this.#layers = sizes.slice(1).map((outputs, i) => layer(sizes[i]!, outputs, rows, random));
  }

  /** [rows, outputs]: a view that the next call overwrites. */
  forward(input: Float32Array, rows: number): Float32Array {
    this.#input = input;
    this.#rows = rows;
    let values = input;
    this.#layers.forEach((layer, depth) => {
      forward(layer, values, rows);
      values = layer.activation;
      if (depth < this.#layers.length - 1) for (let i = 0; i < rows * layer.outputs; i++) if (values[i]! < 0) values[i] = 0;
    });
    return this.#view(values);
  }

  /** Where the loss writes its gradient, [rows, outputs], before `learn`. */
  get gradient(): Float32Array {
    return this.#view(this.#layers.at(-1)!.gradient);
  }

  /** One step downhill from the last `forward` and the gradient written since. */
  learn(rate: number): void {
    for (let depth = this.#layers.length - 1; depth >= 0; depth--) {
      const layer = this.#layers[depth]!;
      const before = this.#layers[depth - 1];
      backward(layer, before?.activation ?? this.#input, this.#rows);
      if (before) passBack(layer, before, this.#rows);
    }
    for (const layer of this.#layers) {
      descend(layer.weights, layer.weightsGradient, layer.weightsVelocity, rate);
      descend(layer.bias, layer.biasGradient, layer.biasVelocity, rate);
    }
  }

  #view(values: Float32Array): Float32Array {
    return values.subarray(0, this.#rows * this.#layers.at(-1)!.outputs);
  }
}
