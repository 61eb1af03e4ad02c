// The public types. A reduction's literal decides the type of the value, the names in `wrt` those of the gradients, the tensors that of arrays.

export type FloatArray = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
type AnyFloatArray = Float32Array<ArrayBufferLike> | Float64Array<ArrayBufferLike>;
export type IntegerArray =
  | Int8Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>
  | Uint8ClampedArray<ArrayBufferLike>
  | Int16Array<ArrayBufferLike>
  | Uint16Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint32Array<ArrayBufferLike>
  | BigInt64Array<ArrayBufferLike>
  | BigUint64Array<ArrayBufferLike>;

/** An array with a shape, as numpy-ts and others call it (`shape`) or as onnxruntime and transformers.js do (`dims`). Row-major. */
export type Shaped<D> = { readonly data: D; readonly shape: readonly number[] } | { readonly data: D; readonly dims: readonly number[] };

/** A Float16Array, of engines that have one. */
export interface Float16 {
  readonly [Symbol.toStringTag]: "Float16Array";
  readonly length: number;
  readonly BYTES_PER_ELEMENT: number;
  [index: number]: number;
}
type HalfType = "float16" | "bfloat16";
type Bits = Uint16Array<ArrayBufferLike>;
/** Half-precision elements by their bits, the type named as onnxruntime and transformers.js do (`type`) or as others (`dtype`): a float32 tensor. */
export type Half = Float16 | Shaped<Float16> | (Shaped<Bits> & { readonly dtype: HalfType }) | (Shaped<Bits> & { readonly type: HalfType });

/** A tensor of numbers: a number (0-D), an array (1-D), or anything with data and shape. */
export type Tensor = number | readonly number[] | AnyFloatArray | Shaped<AnyFloatArray | readonly number[]> | Half | OpaqueTensor;
/** A tensor whose elements' type is only known when it runs: onnxruntime's `Tensor`. */
export type OpaqueTensor = { readonly data: unknown; readonly dims: readonly number[] };
/** Targets that are numbers however they are kept: floats, integers, or booleans in an array; 0 and 1, +1 and -1, counts. */
export type Labels = Tensor | IntegerArray | Shaped<IntegerArray> | readonly boolean[] | Shaped<readonly boolean[]>;
/** +1 and -1. */
export type Signs = Labels;
/** What crossEntropyLoss takes: classes, or probabilities of the input's shape. */
export type Targets = Classes | Tensor;
/** Class indices: integers, never floats. */
export type Classes = number | readonly number[] | readonly bigint[] | IntegerArray | Shaped<IntegerArray | readonly number[]> | OpaqueTensor;

export type Reduction = "mean" | "sum" | "none";

type KindOf<T> = T extends Float32Array<ArrayBufferLike> | { readonly data: Float32Array<ArrayBufferLike> } | Half
  ? "float32"
  : T extends Float64Array<ArrayBufferLike> | { readonly data: Float64Array<ArrayBufferLike> }
    ? "float64"
    : T extends number | readonly number[] | readonly boolean[] | IntegerArray | { readonly data: readonly number[] | readonly boolean[] | IntegerArray }
      ? "numbers"
      : "float32" | "float64";

type TypedKind<T> = Exclude<KindOf<T>, "numbers">;

/** The array type of a call's results: that of its typed tensors, float64 if there is none. */
export type ArrayOf<T> = [KindOf<T>] extends ["numbers"]
  ? Float64Array<ArrayBuffer>
  : { float32: Float32Array<ArrayBuffer>; float64: Float64Array<ArrayBuffer> }[TypedKind<T>];

/** A number, or for "none" an array with a loss per sample. */
export type Value<R, T> = R extends "none" ? ArrayOf<T> : number;

type Distinct<W extends readonly unknown[]> = W extends readonly [infer Head, ...infer Tail] ? (Head extends Tail[number] ? never : Distinct<Tail>) : unknown;

/** What `U` has to be beside `T`: anything, unless one of them is float32 for certain and the other float64, which no call takes. */
type Beside<T, U> = [TypedKind<T>] extends [never]
  ? unknown
  : [TypedKind<T>, KindOf<U>] extends ["float32", "float64"] | ["float64", "float32"]
    ? "the dtype of the other arguments" | NoInfer<T> // T itself, so that a function for any T can call with two of them
    : unknown;

/** `U` beside `T`. Before there is an argument an editor shows `Any` there, not never. */
type Argument<T, U, Any> = [U] extends [never] ? Any : U & Beside<T, U>;

/** The tensors of a call: argument names with the number of their type parameter, or "labels"; classes have a type of their own. */
type Arguments<A extends readonly unknown[], T1, T2, T3, L> = {
  [K in keyof A]: A[K] extends 1
    ? T1
    : A[K] extends 2
      ? Argument<T1, T2, Tensor>
      : A[K] extends 3
        ? Argument<T1 | T2, T3, Tensor>
        : A[K] extends "labels"
          ? Argument<T1 | T2, L, Labels>
          : A[K];
};
type Last<A extends readonly unknown[], T1, T2, T3, L, O> = [...tensors: Arguments<A, T1, T2, T3, L>, options?: O];

export interface ValueAndGrad<V, G extends string, D> {
  /** What the plain call returns. */
  value: V;
  /** One array per name in `wrt`, of that argument's length. */
  grad: { [K in G]: D };
}

/** What `totals` of a loss gives, plain JSON: exact sums, as non-overlapping doubles, the largest first. */
export interface Totals {
  /** Of the finite losses. */
  sum: number[];
  /** Of the terms of what mean divides by. */
  weight: number[];
  /** Samples that counted; those with a NaN or infinite loss, too. */
  count: number;
  /** Losses that were NaN. */
  nan: number;
  /** Losses that were +infinity and -infinity. */
  infinite: [plus: number, minus: number];
}

/**
 * A loss: `A` its arguments, `O` its own options, `W` the names that can be differentiated, `D` those that are by default, `R` its reductions.
 *
 * `Words` and `Names` are what `U` and `G` are, where an option is given. While it is being written an editor completes from the defaults, of which theirs
 * have all words; those of `U` and `G` are what a call without the option means, and decide its type.
 */
export interface Loss<A extends readonly unknown[], O, W extends string, D extends W, R extends string = Reduction> {
  <
    T1 extends Tensor,
    T2 extends Tensor = never,
    T3 extends Tensor = never,
    L extends Labels = never,
    const U extends R = "mean" & R,
    const Words extends R = R,
  >(
    ...args: Last<
      A,
      T1,
      T2,
      T3,
      L,
      O & { reduction?: U | Words | undefined; denominator?: number | undefined; out?: { value?: AnyFloatArray | undefined } | undefined }
    >
  ): Value<U, T1 | T2 | T3 | L>;

  /** The value and its gradients in one pass. `wrt`: whose; `gradOutput`: upstream gradient; `out`: buffers to write instead of new ones. */
  valueAndGrad<
    T1 extends Tensor,
    T2 extends Tensor = never,
    T3 extends Tensor = never,
    L extends Labels = never,
    const U extends R = "mean" & R,
    const Words extends R = R,
    const G extends readonly W[] = readonly D[],
    const Names extends readonly W[] = readonly W[],
  >(
    ...args: Last<
      A,
      T1,
      T2,
      T3,
      L,
      O & {
        reduction?: U | Words | undefined;
        denominator?: number | undefined;
        wrt?: (G & Distinct<G>) | (Names & Distinct<Names>) | undefined;
        gradOutput?: Tensor | undefined;
        out?: ({ value?: AnyFloatArray | undefined } & { [K in W]?: AnyFloatArray | undefined }) | undefined;
      }
    >
  ): ValueAndGrad<Value<U, T1 | T2 | T3 | L>, G[number], ArrayOf<T1 | T2 | T3 | L>>;

  /** The losses' exact sum and what their mean divides by, to be merged with others: mergeTotals, meanOf. */
  totals<T1 extends Tensor, T2 extends Tensor = never, T3 extends Tensor = never, L extends Labels = never>(...args: Last<A, T1, T2, T3, L, O>): Totals;
}

/** An operation of one or two tensors: values only. */
export type Operation1<O> = <T extends Tensor>(input: T, options: O) => ArrayOf<T>;
export type Operation2<O> = <T1 extends Tensor, T2 extends Tensor>(input1: T1, input2: T2 & Beside<T1, T2>, options?: O) => ArrayOf<T1 | T2>;
