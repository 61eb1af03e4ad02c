// Where the arrays of a call lie, and copies in shared memory of those that do not.

import type { HalfArray } from "../../array/half.js";
import { bufferOf, type Dtype, type FloatArray, offsetOf, tagOfDtype, typedArrayTag } from "../../array/typed.js";
import type { CdistCall, Source } from "../seam.js";
import { WasmArena } from "../wasm/arena.js";
import { copy } from "./copy.js";
import { like, type Numbers } from "./job.js";
import { type Method, ruleOf } from "./methods.js";
import { ARENA, roomFor, SCRATCH, SCRATCH_BYTES } from "./shared.js";

/** Logits are what may be stored in half precision. */
export const isHalf = ({ x, student, teacher }: Fields): boolean => isStored(x) || isStored(student) || isStored(teacher);
const isStored = (value: Fields[string]): boolean => !!value && "storage" in value;
/** Bytes of an array that is not alloc's from which a copy costs what several threads would gain. */
const LARGE: number = 1 << 19;

export type Fields = Readonly<Record<string, Numbers | Source | HalfArray | null | undefined>>;

export function arrayOf(value: Fields[string]): Numbers | null {
  if (!value) return null;
  if ("patterns" in value) return value.patterns;
  return "data" in value ? value.data : value;
}

/** The arena of shared memory, for which copies that were made there lie where they are, too. */
export class SharedArena extends WasmArena {
  private readonly buffer: ArrayBufferLike;

  constructor(memory: WebAssembly.Memory) {
    super(memory, ARENA);
    this.buffer = memory.buffer;
  }

  override addressOf(array: FloatArray, dtype: Dtype): number {
    const own = super.addressOf(array, dtype);
    if (own !== 0 || bufferOf.call(array) !== this.buffer) return own;
    const at = offsetOf.call(array);
    return at >= SCRATCH && at < ARENA && typedArrayTag(array) === tagOfDtype(dtype) ? at : 0;
  }
}

export interface Staged {
  readonly call: object;
  /** What is to be copied out when all is done. */
  readonly outputs: readonly (readonly [from: FloatArray, to: FloatArray])[];
}

export class Stage {
  private readonly arena: WasmArena;
  private readonly buffer: ArrayBufferLike;

  constructor(arena: WasmArena, { buffer }: WebAssembly.Memory) {
    this.arena = arena;
    this.buffer = buffer;
  }

  isOwn(array: Numbers): boolean {
    return this.arena.addressOf(array as FloatArray, typedArrayTag(array) === "Float32Array" ? "float32" : "float64") !== 0;
  }

  /** Whether a call has arrays of alloc. */
  hasOwn(method: Method, call: object): boolean {
    return this.arena.alive > 0 && this.has(method, call, 1);
  }

  /** Whether it has large ones that are not. */
  hasLarge(method: Method, call: object): boolean {
    return this.has(method, call, 2);
  }

  private has(method: Method, call: object, ownership: 1 | 2): boolean {
    const { inputs, outputs } = ruleOf(method);
    const is = (name: string): boolean => this.ownership(call, name) === ownership;
    return inputs.some(is) || outputs.some(is);
  }

  private ownership(call: object, name: string): 0 | 1 | 2 {
    const array = arrayOf((call as Fields)[name]);
    if (array === null) return 0;
    return this.isOwn(array) ? 1 : array.byteLength >= LARGE ? 2 : 0;
  }

  /** The call with all arrays in shared memory; null where there is no room for them. */
  stage(method: Method, record: object): Staged | null {
    const call: Record<string, unknown> = method === "cdist" ? this.cut(record as CdistCall) : { ...record };
    const outputs: [FloatArray, FloatArray][] = [];
    let at = SCRATCH;
    const rule = ruleOf(method);
    for (const name of [...rule.inputs, ...rule.outputs]) {
      const value = call[name] as Numbers | Source | null | undefined; // half precision does not come here (team.ts)
      const array = arrayOf(value);
      if (!value || array === null) continue;
      let there = array;
      if (!this.isOwn(array)) {
        const room = roomFor(array.byteLength);
        if (at + room > SCRATCH + SCRATCH_BYTES) return null;
        there = like(array, this.buffer, at, array.length);
        at += room;
        const isOutput = rule.outputs.includes(name);
        if (isOutput) outputs.push([there as FloatArray, array as FloatArray]);
        if (!isOutput || rule.isKept) copy(there, array);
      }
      // an operand has more to it, which is nobody's business
      call[name] = "data" in value ? { data: there, broadcast: value.broadcast } : there;
    }
    return { call, outputs };
  }

  /** Of arrays that are copied, what the call reads and writes of them. */
  private cut(record: CdistCall): Record<string, unknown> {
    const call: { -readonly [K in keyof CdistCall]: CdistCall[K] } = { ...record };
    if (!this.isOwn(call.a)) {
      call.a = call.a.subarray(call.startA, call.startA + call.rows * call.dims);
      call.startA = 0;
    }
    if (!this.isOwn(call.b)) {
      call.b = call.b.subarray(call.startB, call.startB + call.cols * call.dims);
      call.startB = 0;
    }
    if (!this.isOwn(call.into)) {
      call.into = call.into.subarray(call.at, call.at + call.rows * call.cols);
      call.at = 0;
    }
    return call as unknown as Record<string, unknown>;
  }
}
