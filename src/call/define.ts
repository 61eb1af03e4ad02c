// From a spec to the public function: argument count, frame, result.

import type { FloatArray } from "../array/typed.js";
import type { Backend } from "../backend/seam.js";
import { typeError } from "./errors.js";
import { acquire, release } from "./frame.js";
import { SIGNATURE } from "./signature.js";
import type { LossSpec, Spec } from "./spec.js";
import { totalsOf } from "./totals.js";

/** What a call is asked for. */
type Asked = "value" | "gradients" | "totals";

function invoke(spec: Spec, backend: () => Backend, asked: Asked, count: number, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown {
  const wanted = spec.arguments.length;
  if (count < wanted || count > wanted + 1) {
    const names = spec.arguments.map((argument) => argument.name).join(", ");
    throw typeError(spec.name, "the call", `${wanted} arguments (${names}) and options`, `${count} arguments`);
  }
  const frame = acquire(spec, asked === "gradients", asked === "totals");
  try {
    frame.takeArgument(0, a);
    if (wanted > 1) frame.takeArgument(1, b);
    if (wanted > 2) frame.takeArgument(2, c);
    if (wanted > 3) frame.takeArgument(3, d);
    frame.takeOptions(count === wanted ? undefined : wanted === 1 ? b : wanted === 2 ? c : wanted === 3 ? d : e);
    frame.settle();
    const value = spec.run(frame, backend);
    if (asked === "value") return value;
    if (asked === "gradients") return { value, grad: frame.grads() };
    const losses = value as FloatArray;
    return totalsOf(losses, frame.counted < 0 ? losses.length : frame.counted, frame.terms, losses.length > 0 ? backend().sums : undefined);
  } finally {
    release(frame);
  }
}

/** The backend of a module on an entry, decided at the first call; null where each loss computes with the part of the JavaScript backend that it names. */
export type BackendOf = () => Backend | null;

const javascript: BackendOf = () => null;

/** A spec's own part is a whole backend as far as its `run` asks: every test runs on losskit/js too. */
function backendOf(spec: Spec, module: BackendOf): () => Backend {
  return () => module() ?? (spec.javascript as Backend);
}

/** The loss of a spec on the backend of an entry point. */
export function bind<F>(spec: LossSpec<F>, module: BackendOf = javascript): F {
  const backend = backendOf(spec, module);
  const loss = function (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown {
    // biome-ignore lint/complexity/noArguments: a rest parameter would allocate an array for every call
    return invoke(spec, backend, "value", arguments.length, a, b, c, d, e);
  };
  loss.valueAndGrad = function (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown {
    // biome-ignore lint/complexity/noArguments: as above
    return invoke(spec, backend, "gradients", arguments.length, a, b, c, d, e);
  };
  loss.totals = function (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown {
    // biome-ignore lint/complexity/noArguments: as above
    return invoke(spec, backend, "totals", arguments.length, a, b, c, d, e);
  };
  Object.defineProperty(loss, "name", { value: spec.name });
  Object.defineProperty(loss, SIGNATURE, { value: spec });
  return loss as F;
}

/** The operation of a spec: no gradients. */
export function bindOperation<F>(spec: LossSpec<F>, module: BackendOf = javascript): F {
  const backend = backendOf(spec, module);
  const operation = function (a: unknown, b: unknown, c: unknown): unknown {
    // biome-ignore lint/complexity/noArguments: as above
    return invoke(spec, backend, "value", arguments.length, a, b, c, undefined, undefined);
  };
  Object.defineProperty(operation, "name", { value: spec.name });
  return operation as F;
}

/** The type of the function that a spec becomes. */
export type SignatureOf<S> = S extends { readonly signature?: infer F } ? NonNullable<F> : never;
