// What every entry point exports beside the losses and operations.

export type { Alloc } from "./alloc.js";
export type { Dtype } from "./array/typed.js";
export type { BackendInfo } from "./backend/host.js";
export { bitsPerByte, meanOf, mergeTotals, perplexity } from "./call/totals.js";
export { tensor } from "./tensor.js";
export type {
  ArrayOf,
  Classes,
  Float16,
  FloatArray,
  Half,
  IntegerArray,
  Labels,
  Loss,
  OpaqueTensor,
  Reduction,
  Shaped,
  Signs,
  Targets,
  Tensor,
  Totals,
  Value,
  ValueAndGrad,
} from "./types.js";
