/**
 * losskit's losses inside TensorFlow.js, on its wasm and cpu backends: `toTfjs(tf, loss)` for its differentiation, `asKerasLoss(tf, loss)` for
 * `model.compile`. `tf` is the program's own TensorFlow.js, the loss of any of losskit's entries; nothing of either is imported here.
 *
 * @packageDocumentation
 */

import { SIGNATURE, type Signature } from "./call/signature.js";
import type { Labels, Loss, Tensor } from "./types.js";

/** What losskit asks of a tensor of TensorFlow.js. */
export interface TfjsTensor {
  readonly shape: number[];
  readonly dtype: string;
  readonly dataId: object;
  readonly isDisposed: boolean;
  dataSync(): unknown;
}

/** What losskit asks of `tf`: `@tensorflow/tfjs` and `@tensorflow/tfjs-core` have it. */
export interface Tfjs {
  getBackend(): string;
  backend(): object;
  engine(): object;
  customGrad(f: never): unknown;
  tidy(f: never): unknown;
  scalar(value: number, dtype?: "float32"): TfjsTensor;
  tensor(values: Float32Array, shape?: number[], dtype?: "float32"): TfjsTensor;
}

/** A loss of any entry of losskit. */
// biome-ignore lint/suspicious/noExplicitAny: of whatever arguments
export type AnyLoss = Loss<any, any, any, any, any>;

/** The options of a loss, in which a tensor may be TensorFlow.js's, too. */
type AdaptedOptions<O> = { [K in keyof O]: (number[] extends O[K] ? TfjsTensor : never) | O[K] };
type CommonOptions<R, W> = { reduction?: R | undefined; denominator?: number | undefined; wrt?: readonly W[] | undefined };

/** A loss as TensorFlow.js has it: tensors in, `tf.Scalar` out, or a tensor for reduction "none". */
export type TfjsLoss<TF extends Tfjs, L> =
  L extends Loss<infer A, infer O, infer W, infer _D, infer R>
    ? <const U extends R = "mean" & R>(
        ...args: [
          ...tensors: { [K in keyof A]: TfjsTensor | (A[K] extends 1 | 2 | 3 | "labels" ? Tensor | Labels : A[K]) },
          options?: AdaptedOptions<O> & CommonOptions<U, W>,
        ]
      ) => U extends "none" ? ReturnType<TF["tensor"]> : ReturnType<TF["scalar"]>
    : never;

/** The options that `asKerasLoss` takes: those of the loss. */
export type KerasOptions<L> = L extends Loss<infer _A, infer O, infer _W, infer _D, infer R> ? AdaptedOptions<O> & Omit<CommonOptions<R, never>, "wrt"> : never;

/** The part of TensorFlow.js's interface that is used here. */
interface Engine {
  isTapeOn?(): boolean;
  makeTensorFromTensorInfo(info: object): TfjsTensor;
}
/** The wasm backend, of which these are public: results that lie in its heap, views of what lies there, and where (which moves it there first). */
interface Heap {
  getMemoryOffset(dataId: object): number;
  makeOutput(shape: number[], dtype: "float32"): TfjsTensor;
  typedArrayFromHeap(tensor: TfjsTensor): Elements;
}
type Elements = Float32Array | Int32Array | Uint8Array;
/** The value of a node of the tape, what it keeps, and the gradients of its inputs. */
interface Forward {
  value: TfjsTensor;
  keep: TfjsTensor[];
  backward: Backward;
}
type Backward = (dy: TfjsTensor, saved: TfjsTensor[]) => TfjsTensor[];
interface Tf extends Tfjs {
  engine(): Engine;
  tidy<T>(f: () => T): T;
  customGrad(
    f: (...args: [...TfjsTensor[], (tensors: TfjsTensor[]) => void]) => { value: TfjsTensor; gradFunc: Backward },
  ): (...inputs: TfjsTensor[]) => TfjsTensor;
  add(a: TfjsTensor, b: TfjsTensor): TfjsTensor;
  mul(a: TfjsTensor, b: TfjsTensor): TfjsTensor;
  mean(x: TfjsTensor, axis: number): TfjsTensor;
  reshape(x: TfjsTensor, shape: number[]): TfjsTensor;
  zerosLike(x: TfjsTensor): TfjsTensor;
  clone(x: TfjsTensor): TfjsTensor;
}
type Call = Record<string, unknown>;
type Callable = ((...args: unknown[]) => number | Float32Array) & {
  valueAndGrad(...args: unknown[]): { value: number | Float32Array; grad: Record<string, Float32Array> };
};

/**
 * A loss of losskit as a function of TensorFlow.js's tensors, differentiable by `tf.grad`, `tf.valueAndGrads`, `optimizer.minimize`. The wasm backend's
 * tensors are read, and the gradients written, where they lie in its heap, the cpu backend's arrays as they are: nothing is copied.
 *
 * Call it as the loss: `(…tensors, options)`, in losskit's order, predictions first. What is no tensor of TensorFlow.js is a constant, of any kind that the
 * loss takes; options that are tensors (`weight`) may be either. Result: `tf.Scalar`, for `reduction: "none"` a tensor with a loss per sample. Value and
 * gradient come of one pass, or of the value's alone where nobody differentiates; for "none" the gradient is a second pass, once its upstream is known.
 *
 * int32 tensors are classes where the loss takes classes; of the input's shape they are crossEntropyLoss's probabilities, as `tf.oneHot` makes them.
 * Elsewhere int32 and bool are converted to floats, as TensorFlow.js's own operations do.
 * Gradients: of every float32 tensor whose argument is differentiable, also of those that losskit's `wrt` leaves out by default (a `target`), which cost
 * nothing until they are asked for. `wrt: [names]` makes all others constants. What has no gradient (classes) is TensorFlow.js's error "Cannot
 * compute gradient of y=f(x)". `out` and `gradOutput` are TensorFlow.js's own affair. There is no second derivative, and asking for it is an error.
 *
 * Throws TypeError for a function that is no loss of losskit, a tensor that is complex64, string or disposed; Error on another backend than wasm and
 * cpu: `tf.setBackend` changes it; else what the loss throws.
 */
export function toTfjs<TF extends Tfjs, L extends AnyLoss>(tf: TF, loss: L): TfjsLoss<TF, L> {
  const signature = signatureOf("toTfjs", loss);
  const adapted = (...given: unknown[]): TfjsTensor => {
    const { length } = signature.arguments;
    // a number of arguments that the loss refuses: in its own words
    if (given.length < length || given.length > length + 1) (loss as unknown as Callable)(...given);
    const once = new Once(tf as unknown as Tf, loss as unknown as Callable, signature, given.slice(0, length), given[length] as Call | undefined);
    return (tf as unknown as Tf).tidy(() => once.run());
  };
  Object.defineProperty(adapted, "name", { value: signature.name });
  return adapted as unknown as TfjsLoss<TF, L>;
}

/**
 * A loss of losskit for `model.compile({ loss })` of tf.layers: a function of labels and predictions, in Keras's order. For losses of two arguments;
 * `options` are the loss's own.
 *
 * The model's last layer gives what the loss wants: logits, without a softmax, for crossEntropyLoss. Classes are the last axis (`dim` = −1). Labels of the
 * predictions' shape are probabilities (one-hot) for crossEntropyLoss, whatever their dtype; else they are classes, (N) or (N, 1), floats that are integers, too.
 * `model.fit` and `model.evaluate` want labels of the predictions' shape for every loss but their own: classes reach it by `fitDataset` or a loop of one's own.
 *
 * `reduction`: by default "none" where the loss has it: one loss per sample, the mean over all its other axes, so that `classWeight` counts and Keras takes the mean
 * over the batch. "mean" and "sum" give a scalar in one pass, faster, with losskit's own denominator (that of `weight` and `ignoreIndex`); not for `classWeight`.
 *
 * Throws TypeError for a function that is no loss of losskit, or one of other than two arguments; when called, what `toTfjs` throws.
 */
export function asKerasLoss<TF extends Tfjs, L extends AnyLoss>(
  tf: TF,
  loss: L,
  options?: KerasOptions<L>,
): (labels: TfjsTensor, predictions: TfjsTensor) => ReturnType<TF["tensor"]> {
  const { name, arguments: named, options: known, reductions } = signatureOf("asKerasLoss", loss);
  if (named.length !== 2) {
    const names = named.map((argument) => argument.name).join(", ");
    throw new TypeError(`asKerasLoss: "loss" expected a loss of predictions and labels, got ${name} (${names})`);
  }
  const all: Call = { wrt: named.filter((argument) => argument.byDefault).map((argument) => argument.name), ...options };
  all.reduction ??= reductions.includes("none") ? "none" : "mean";
  if (known.some((option) => option.name === "dim")) all.dim ??= -1;
  const adapted = toTfjs(tf, loss) as unknown as (...args: unknown[]) => TfjsTensor;
  const keras = (labels: TfjsTensor, predictions: TfjsTensor): TfjsTensor => {
    const { mean, reshape, tidy } = tf as unknown as Tf;
    return tidy(() => {
      const losses = adapted(predictions, named[1]?.classes ? classesOf(labels, predictions, named[1].differentiable === true) : labels, all);
      const samples = predictions.shape[0] ?? 1;
      if (all.reduction !== "none" || (losses.shape.length === 1 && losses.shape[0] === samples)) return losses;
      return mean(reshape(losses, [samples, -1]), 1);
    });
  };
  Object.defineProperty(keras, "name", { value: name });
  return keras as unknown as ReturnType<typeof asKerasLoss<TF, L>>;
}

/** Keras's labels as classes: (N, 1) is (N), and floats are the integers that they should be; the loss says where they are not. */
function classesOf(labels: TfjsTensor, { shape }: TfjsTensor, probabilities: boolean): unknown {
  const same = sameShape(labels.shape, shape);
  if (same && probabilities) return labels;
  const column = !same && labels.shape.length === shape.length && labels.shape.at(-1) === 1;
  const data = labels.dataSync() as Elements;
  return { data: labels.dtype === "float32" ? Array.from(data) : data, shape: column ? labels.shape.slice(0, -1) : labels.shape };
}

/** One call of an adapted loss. */
class Once {
  private readonly options: Call;
  private readonly wrt: readonly string[] | undefined;
  private readonly scalar: boolean;
  private readonly heap: Heap | undefined;
  /** All tensors of the call, the options' too: what a gradient that comes later must have kept. */
  private readonly tensors: TfjsTensor[];

  constructor(
    private readonly tf: Tf,
    private readonly loss: Callable,
    private readonly signature: Signature,
    private readonly args: readonly unknown[],
    given: Call | undefined,
  ) {
    const { name } = signature;
    this.heap = heapOf(tf, name);
    if (given !== undefined && (typeof given !== "object" || given === null || Array.isArray(given) || isTensor(given))) {
      throw new TypeError(`${name}: the last argument expected an object of options, got ${isTensor(given) ? "a tensor" : typeof given}`);
    }
    const { wrt, ...options } = given ?? {};
    for (const key of ["out", "gradOutput"]) {
      if (options[key] !== undefined) throw new TypeError(`${name}: option ${JSON.stringify(key)} expected nothing (TensorFlow.js sees to it), got a value`);
    }
    this.options = options;
    this.wrt = wrt as readonly string[] | undefined;
    this.checkWrt();
    this.scalar = options.reduction !== "none";
    this.tensors = [...new Set([...args, ...Object.values(options)].filter(isTensor))];
    for (const tensor of this.tensors) this.checkTensor(tensor);
  }

  run(): TfjsTensor {
    const { tf, args, signature } = this;
    if (tf.engine().isTapeOn?.() === false) return this.value();
    const direct: number[] = [];
    const onDemand: number[] = [];
    signature.arguments.forEach(({ name, differentiable, byDefault }, i) => {
      const argument = args[i];
      if (!differentiable || !isTensor(argument) || argument.dtype !== "float32") return;
      if (this.wrt ? this.wrt.includes(name) : byDefault) direct.push(i);
      else if (!this.wrt) onDemand.push(i);
    });
    let result = direct.length > 0 ? this.node(direct, this.scalar ? () => this.forward(direct) : () => this.later(direct, this.value())) : this.value();
    // A zero whose gradient is that of the argument: TensorFlow.js looks at it only where the argument is differentiated, and so nothing is computed elsewhere.
    for (const i of onDemand)
      result = tf.add(
        result,
        this.node([i], () => this.later([i], tf.zerosLike(result))),
      );
    return result;
  }

  private checkWrt(): void {
    const { wrt } = this;
    if (wrt === undefined) return;
    const { name, arguments: named } = this.signature;
    const names = named.filter((argument) => argument.differentiable).map((argument) => argument.name);
    if (!Array.isArray(wrt) || wrt.some((one, i) => !names.includes(one) || wrt.indexOf(one) !== i)) {
      throw new TypeError(
        `${name}: option "wrt" expected an array of ${names.map((one) => JSON.stringify(one)).join(", ")}, each once, got ${JSON.stringify(wrt)}`,
      );
    }
  }

  private checkTensor(tensor: TfjsTensor): void {
    const at = this.args.indexOf(tensor);
    const argument = this.signature.arguments[at]?.name ?? Object.keys(this.options).find((key) => this.options[key] === tensor);
    const place = `${this.signature.name}: ${at < 0 ? "option " : ""}"${argument}" expected`;
    if (tensor.isDisposed) throw new TypeError(`${place} a tensor, got one that is disposed`);
    if (!["float32", "int32", "bool"].includes(tensor.dtype)) throw new TypeError(`${place} a tensor of float32, int32 or bool, got ${tensor.dtype}`);
  }

  /** A node of TensorFlow.js's tape with some of the arguments as its inputs. */
  private node(indices: readonly number[], compute: () => Forward): TfjsTensor {
    const inputs = indices.map((i) => this.args[i] as TfjsTensor);
    return this.tf.customGrad((...given) => {
      const { value, keep, backward } = compute();
      (given.at(-1) as (tensors: TfjsTensor[]) => void)(keep);
      return { value, gradFunc: (dy, saved) => this.first(backward(dy, saved), [dy, ...inputs]) };
    })(...inputs);
  }

  /** Value and gradients in one pass; the gradients wait for their factor. */
  private forward(indices: readonly number[]): Forward {
    const { value, grads } = this.valueAndGrads(indices, this.tensors);
    return {
      value: this.result(value),
      keep: grads,
      backward: (dy, saved) => {
        const factor = (dy.dataSync() as Float32Array)[0] as number;
        if (factor === 1) return saved.map((grad) => this.tf.clone(grad));
        if (this.heap) return saved.map((grad) => this.tf.mul(grad, dy));
        // a loop of its own: the cpu backend's multiplication by a scalar takes longer than the loss
        return saved.map((grad) => this.tf.tensor(scaled(grad.dataSync() as Float32Array, factor), grad.shape, "float32"));
      },
    };
  }

  /** A value whose gradients are computed when they are asked for. */
  private later(indices: readonly number[], value: TfjsTensor): Forward {
    return { value, keep: this.tensors, backward: (dy, saved) => this.valueAndGrads(indices, saved, dy).grads };
  }

  /** Gradients that cannot be differentiated again, where somebody might: better an error than a derivative that lacks a term. */
  private first(grads: TfjsTensor[], inputs: TfjsTensor[]): TfjsTensor[] {
    const { tf, signature } = this;
    if (!tf.engine().isTapeOn?.()) return grads;
    const gradFunc = () => {
      throw new Error(`${signature.name}: a second derivative is not to be had`);
    };
    return grads.map((grad) => tf.customGrad(() => ({ value: tf.clone(grad), gradFunc }))(...inputs));
  }

  private value(): TfjsTensor {
    this.moveHere(this.tensors);
    return this.result(this.loss(...this.read(this.tensors), this.optionsOf(this.tensors)));
  }

  private valueAndGrads(indices: readonly number[], tensors: TfjsTensor[], dy?: TfjsTensor): { value: number | Float32Array; grads: TfjsTensor[] } {
    const { tf, heap, signature } = this;
    this.moveHere(tensors);
    const names = indices.map((i) => (signature.arguments[i] as { name: string }).name);
    const shapes = indices.map((i) => (this.args[i] as TfjsTensor).shape);
    // what grows the heap detaches the views of it, so the results are made before it is looked at
    const made = heap ? shapes.map((shape) => tf.engine().makeTensorFromTensorInfo(heap.makeOutput(shape, "float32"))) : [];
    const options = this.optionsOf(tensors);
    options.wrt = names;
    if (dy) options.gradOutput = this.scalar ? (dy.dataSync() as Float32Array)[0] : dy.dataSync();
    if (heap) options.out = Object.fromEntries(made.map((tensor, i) => [names[i], heap.typedArrayFromHeap(tensor)]));
    const { value, grad } = this.loss.valueAndGrad(...this.read(tensors), options);
    return { value, grads: heap ? made : names.map((name, i) => tf.tensor(grad[name] as Float32Array, shapes[i], "float32")) };
  }

  /** Tensors may come from another backend; moving them to the heap may grow it. */
  private moveHere(tensors: readonly TfjsTensor[]): void {
    for (const { dataId } of tensors) this.heap?.getMemoryOffset(dataId);
  }

  /** The arguments as losskit reads them, their tensors those of `tensors`, which may be others with the same elements. */
  private read(tensors: readonly TfjsTensor[]): unknown[] {
    const first = this.args[0];
    return this.args.map((argument, i) => {
      if (!isTensor(argument)) return argument;
      const { classes, differentiable } = this.signature.arguments[i] as Signature["arguments"][number];
      const { shape, size } = { shape: argument.shape, size: argument.shape.reduce((product, axis) => product * axis, 1) };
      const floats = !classes || (differentiable && isTensor(first) && sameShape(shape, first.shape) && (size > 1 || shape.length > 1));
      const data = this.elements(tensors[this.tensors.indexOf(argument)] as TfjsTensor);
      return { data: floats && !(data instanceof Float32Array) ? Float32Array.from(data) : data, shape };
    });
  }

  private optionsOf(tensors: readonly TfjsTensor[]): Call {
    const entry = (value: unknown): unknown =>
      isTensor(value) ? { data: this.elements(tensors[this.tensors.indexOf(value)] as TfjsTensor), shape: value.shape } : value;
    return Object.fromEntries(Object.entries(this.options).map(([key, value]) => [key, entry(value)]));
  }

  private elements(tensor: TfjsTensor): Elements {
    return this.heap ? this.heap.typedArrayFromHeap(tensor) : (tensor.dataSync() as Elements);
  }

  private result(value: number | Float32Array): TfjsTensor {
    const { tf, args, options, signature } = this;
    if (typeof value === "number") return tf.scalar(value, "float32");
    const dim = signature.options.find((option) => option.name === "dim");
    const shape = resultShape(isTensor(args[0]) ? args[0].shape : [], value.length, dim && Number(options.dim ?? dim.default));
    // without a tensor among the arguments losskit computes in float64, which TensorFlow.js does not have
    return tf.tensor(value instanceof Float32Array ? value : Float32Array.from(value), shape, "float32");
  }
}

function scaled(from: Float32Array, factor: number): Float32Array {
  const to = new Float32Array(from.length);
  for (let i = 0; i < to.length; i++) to[i] = (from[i] as number) * factor;
  return to;
}

/** The shape of `length` losses: the first argument's without its classes, or its leading axes; one axis where they are of other arguments, too. */
function resultShape(shape: readonly number[], length: number, dim: number | undefined): number[] {
  const product = (axes: readonly number[]) => axes.reduce((all, axis) => all * axis, 1);
  if (dim !== undefined) {
    const axis = dim < 0 ? dim + shape.length : shape.length === 1 ? 0 : dim;
    return shape.filter((_, i) => i !== axis);
  }
  for (let rank = shape.length; rank > 0; rank--) if (product(shape.slice(0, rank)) === length) return shape.slice(0, rank);
  return [length];
}

/** The wasm backend's heap, or undefined for the cpu backend (and for a wasm backend without that interface): its arrays are read as they are. */
function heapOf(tf: Tf, loss: string): Heap | undefined {
  const backend = tf.backend() as Partial<Heap>;
  const name = tf.getBackend();
  if (name !== "wasm" && name !== "cpu") {
    throw new Error(
      `${loss}: expected TensorFlow.js's wasm or cpu backend, got ${JSON.stringify(name)}; change it by await tf.setBackend("wasm") or await tf.setBackend("cpu")`,
    );
  }
  return backend.typedArrayFromHeap && backend.makeOutput && backend.getMemoryOffset ? (backend as Heap) : undefined;
}

function signatureOf(adapter: string, loss: unknown): Signature {
  const signature = (loss as { [SIGNATURE]?: Signature } | null | undefined)?.[SIGNATURE];
  if (!signature)
    throw new TypeError(`${adapter}: "loss" expected a loss of losskit, got ${typeof loss === "function" ? `the function ${loss.name}` : String(loss)}`);
  return signature;
}

/** As TensorFlow.js itself tells a tensor. */
function isTensor(value: unknown): value is TfjsTensor {
  return typeof value === "object" && value !== null && "dataId" in value && "shape" in value && "dtype" in value;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i]);
}
