/**
 * What the modules export: each class that extends this, by its name, for each type and norm that its `run` is written for. The build derives the
 * exports (scripts/exports.mjs), as it does for each op of core/pointwise.ts.
 */
@unmanaged
export abstract class Kernel {}

/**
 * What a kernel is pointed to: named parameters, and the state that a row carries from piece to piece, so that kernels keep nothing at fixed addresses and
 * several instances can work in one memory. src/backend/wasm writes the fields by name, in the layout that the build derives from the class.
 */
@unmanaged
export abstract class Block {}
