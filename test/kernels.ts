/**
 * Kernels compiled for a test, in this process, with the flags of the shipped ones: assembly/test/ is never built into the package.
 */
import { compile } from "../scripts/kernels.mjs";

export type Kernels = Record<string, (...args: number[]) => number>;

export interface Build {
  readonly target: "baseline" | "relaxed";
  /** Why this engine cannot run it; then there are no kernels. */
  readonly missing?: string;
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
}

/** Static data of a module begins at 1024; test data may begin here. */
export const BASE = 1 << 16;

/** Both builds of one AssemblyScript file, each with a memory of its own. Any warning of the compiler throws. */
export async function builds(file: string, pages = 32): Promise<Build[]> {
  const found: Build[] = [];
  for (const target of ["baseline", "relaxed"] as const) {
    const binary: Uint8Array<ArrayBuffer> = await compile(target, [file]);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    if (WebAssembly.validate(binary)) {
      const instance = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
      found.push({ target, kernels: instance.exports as Kernels, memory });
    } else if (target === "relaxed") {
      found.push({ target, kernels: {}, memory, missing: `${engine()} does not validate relaxed SIMD` });
    } else throw new Error(`the baseline build of ${file} is not valid in ${engine()}`);
  }
  return found;
}

/** What runs here, for messages. */
export const engine = (): string => (globalThis as { process?: { version: string } }).process?.version ?? navigator.userAgent;
