/**
 * Broadcasting as a wrapper: operands are repeated to the common shape, the plain reference runs, and each gradient is summed back.
 */
import { type Args, broadcastIndex, type Options, type Reference, sizeOf, type Tensor } from "./tensor.js";

export function commonShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((extent) => extent !== 1);
    return extents[0] ?? 1;
  });
}

export function broadcasting(reference: (args: Args, options: Options) => Reference): (args: Args, options: Options) => Reference {
  return (args, options) => {
    const shape = commonShape(Object.values(args).map((own) => own.shape));
    if (Object.values(args).every((own) => sizeOf(own.shape) === sizeOf(shape))) return reference(args, options);
    const expand = ({ data, shape: from, kind }: Tensor): Tensor => {
      const index = broadcastIndex(from, shape);
      return { data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => data[index(i)] as number), shape, kind };
    };
    const answer = reference(Object.fromEntries(Object.entries(args).map(([name, own]) => [name, expand(own)])), options);
    // KLDiv's batchmean divides by the first axis of the input's own shape (spec/semantics.md 2.0, the table of denominators).
    const batch = args.input?.shape[0] ?? 1;
    return {
      ...answer,
      denominators: "batchmean" in answer.denominators ? { ...answer.denominators, batchmean: batch } : answer.denominators,
      grads: (upstream) =>
        Object.fromEntries(
          Object.entries(answer.grads(upstream)).map(([name, wide]) => {
            const own = args[name] as Tensor;
            const index = broadcastIndex(own.shape, shape);
            const back = new Float64Array(own.data.length);
            wide.forEach((g, i) => {
              back[index(i)] = (back[index(i)] as number) + g;
            });
            return [name, back];
          }),
        ),
    };
  };
}

/** The variance of a Gaussian may lack the input's last axis: it is then one number for all along it (spec/semantics.md 2.20). */
export function withVariance(reference: (args: Args, options: Options) => Reference): (args: Args, options: Options) => Reference {
  return (args, options) => {
    const { input, var: own } = args as { input: Tensor; var: Tensor };
    const lacks = own.shape.length > 0 && String(own.shape) === String(input.shape.slice(0, -1));
    return reference(lacks ? { ...args, var: { ...own, shape: [...own.shape, 1] } } : args, options);
  };
}
