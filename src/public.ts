// What every entry point exports beside the losses and operations.

export type { Alloc } from "./alloc.js";
export type { BackendInfo, Dtype } from "./backend/seam.js";
export { tensor } from "./tensor.js";
export type { ArrayOf, Classes, FloatArray, IntegerArray, Loss, OpaqueTensor, Reduction, Shaped, Signs, Tensor, Value, ValueAndGrad } from "./types.js";
