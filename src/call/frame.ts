// One call of a loss: its private copy of every argument and option. Frames are kept and used again, so that a small call allocates
// nothing but its result; a call made from inside another one (by a getter) gets a frame of its own.

import { isForeign, isFreed } from "../array/allocated.js";
import { equalShapes } from "../array/shape.js";
import { bufferOf, type Dtype, type FloatArray, fillElements, lengthOf, make, overlap, plain, tagOfDtype, typedArrayTag, view } from "../array/typed.js";
import { describe, rangeError, shapeText, typeError } from "./errors.js";
import { checkAttached, FREED, Operand } from "./operand.js";
import type { Argument, Option, Signature } from "./signature.js";

const MAX_ARGUMENTS = 4;
const MAX_OPTIONS = 8;
/** Arguments, and tensors among the options. */
const MAX_OPERANDS = MAX_ARGUMENTS + 2;

export class Frame {
  spec!: Signature;
  loss = "";
  gradients = false;
  /** Whether the call asks for totals: the losses as for "none", and what their mean divides by. */
  totals = false;
  /** How many samples counted, where not all do, and the terms of what mean divides by, where they are not ones: a loss says so, for totals. */
  counted = -1;
  terms: FloatArray | null = null;
  /** What the user gives mean to divide by; 0 for the loss's own. */
  private denominator = 0;
  /** The arguments, then the tensors among the options, in the order of the signature. */
  readonly operands: Operand[] = Array.from({ length: MAX_OPERANDS }, () => new Operand());
  /** How many of them this call may have given. */
  private taken = 0;
  readonly gradOutput: Operand = new Operand();
  // Arrays of fixed length, overwritten by each call: to shorten and to lengthen them again would cost more than a small kernel.
  /** Values of the loss's own options, in the order in which its spec has them. */
  readonly options: unknown[] = new Array(MAX_OPTIONS).fill(undefined);
  reduction = "mean";
  /** Whether the gradient of each argument is wanted, the user's array for it, and the view of that array through which it is written. */
  readonly wanted: boolean[] = new Array(MAX_ARGUMENTS).fill(false);
  readonly given: (FloatArray | null)[] = new Array(MAX_ARGUMENTS).fill(null);
  readonly outs: (FloatArray | null)[] = new Array(MAX_ARGUMENTS).fill(null);
  /** What is summed back to repeated operands, and whether there is any. */
  private repeated = false;
  private readonly full: (FloatArray | null)[] = new Array(MAX_ARGUMENTS).fill(null);
  givenValue: FloatArray | null = null;
  outValue: FloatArray | null = null;
  upstream = 1;
  dtype: Dtype = "float64";

  clear(): void {
    const { length } = this.spec.arguments;
    for (let i = 0; i < length && this.gradients; i++) {
      this.wanted[i] = false;
      this.given[i] = null;
      this.outs[i] = null;
      this.full[i] = null;
    }
    this.repeated = false;
    for (let i = 0; i < this.taken; i++) (this.operands[i] as Operand).clear();
    if (this.gradOutput.given) this.gradOutput.clear();
    this.givenValue = null;
    this.outValue = null;
    this.upstream = 1;
    this.reduction = "mean";
    this.denominator = 0;
    this.counted = -1;
    this.terms = null;
  }

  // ---- taking: the only part in which the user's code can run

  takeArgument(index: number, value: unknown): void {
    this.taken = index + 1;
    const argument = this.spec.arguments[index] as Argument;
    (this.operands[index] as Operand).take(this.loss, argument.name, value, false, argument.classes ? "class indices" : "a tensor", argument.labels);
  }

  takeOptions(given: unknown): void {
    const { spec, loss } = this;
    for (let i = 0; i < spec.options.length; i++) this.options[i] = spec.options[i]?.default;
    if (this.gradients) for (let i = 0; i < spec.arguments.length; i++) this.wanted[i] = spec.arguments[i]?.byDefault === true;
    if (this.totals) this.reduction = "none";
    if (given === undefined) return;
    if (typeof given !== "object" || given === null || Array.isArray(given) || typedArrayTag(given)) {
      throw typeError(loss, "the last argument", "an object of options", describe(given));
    }
    const options = given as Record<string, unknown>;
    for (const key in options) {
      if (this.knows(key) || isEverybodys(options, key)) continue;
      throw typeError(loss, `option ${JSON.stringify(key)}`, `one of ${this.known().join(", ")}`, "an unknown option");
    }
    for (let i = 0, at = spec.arguments.length; i < spec.options.length; i++) {
      const option = spec.options[i] as Option;
      const operand = option.read ? undefined : (this.operands[at++] as Operand);
      this.taken = at;
      const value = options[option.name];
      if (value === undefined) continue;
      if (operand) {
        operand.integers = option.integers === true;
        operand.take(loss, option.name, value, true);
      } else this.options[i] = option.read?.(loss, `option "${option.name}"`, value);
    }
    if (spec.reductions.length === 0 || this.totals) return;
    const reduction = options.reduction;
    if (reduction !== undefined) {
      if (typeof reduction !== "string") throw typeError(loss, 'option "reduction"', `one of ${spec.reductions.join(", ")}`, describe(reduction));
      if (!spec.reductions.includes(reduction)) throw rangeError(loss, 'option "reduction"', `one of ${spec.reductions.join(", ")}`, describe(reduction));
      this.reduction = reduction;
    }
    this.takeDenominator(options.denominator);
    if (this.gradients) {
      this.takeWrt(options.wrt);
      this.takeGradOutput(options.gradOutput);
    }
    this.takeOut(options.out);
  }

  private known(): string[] {
    const names = this.spec.options.map((option) => option.name);
    if (this.spec.reductions.length > 0 && !this.totals) names.push("reduction", "denominator", "out");
    if (this.gradients) names.push("wrt", "gradOutput");
    return names.map((name) => JSON.stringify(name));
  }

  private knows(key: string): boolean {
    const { options, reductions } = this.spec;
    if (reductions.length > 0 && !this.totals && (key === "reduction" || key === "denominator" || key === "out")) return true;
    if (this.gradients && (key === "wrt" || key === "gradOutput")) return true;
    for (let i = 0; i < options.length; i++) if (options[i]?.name === key) return true;
    return false;
  }

  private takeDenominator(value: unknown): void {
    if (value === undefined) return;
    const place = 'option "denominator"';
    if (typeof value !== "number") throw typeError(this.loss, place, "a number > 0", describe(value));
    if (!this.averages) throw rangeError(this.loss, place, 'reduction "mean" beside it', describe(this.reduction));
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw rangeError(this.loss, place, "a finite number > 0", describe(value));
    this.denominator = value;
  }

  private takeWrt(wrt: unknown): void {
    if (wrt === undefined) return;
    const { spec, loss } = this;
    if (!Array.isArray(wrt)) throw typeError(loss, 'option "wrt"', "an array of argument names", describe(wrt));
    this.wanted.fill(false);
    const count = wrt.length;
    for (let i = 0; i < count; i++) {
      const name: unknown = wrt[i];
      const index = spec.arguments.findIndex((argument) => argument.name === name && argument.differentiable);
      if (index < 0) throw typeError(loss, `option "wrt"[${i}]`, `one of ${this.differentiable()}`, describe(name));
      if (this.wanted[index]) throw typeError(loss, `option "wrt"[${i}]`, "each name once", `${describe(name)} twice`);
      this.wanted[index] = true;
    }
  }

  private differentiable(): string {
    const names = this.spec.arguments.filter((argument) => argument.differentiable).map((argument) => JSON.stringify(argument.name));
    return names.join(", ");
  }

  private takeGradOutput(value: unknown): void {
    if (value === undefined) return;
    if (this.reduction === "none") {
      if (typeof value === "number") throw typeError(this.loss, 'option "gradOutput"', 'a tensor of the result\'s length (reduction "none")', "a number");
      this.gradOutput.take(this.loss, "gradOutput", value, true);
    } else {
      if (typeof value !== "number") throw typeError(this.loss, 'option "gradOutput"', `a number (reduction "${this.reduction}")`, describe(value));
      if (Number.isNaN(value)) throw rangeError(this.loss, 'option "gradOutput"', "a number", "NaN");
      this.upstream = value;
    }
  }

  private takeOut(out: unknown): void {
    if (out === undefined) return;
    const { spec, loss } = this;
    if (typeof out !== "object" || out === null || Array.isArray(out) || typedArrayTag(out)) {
      throw typeError(loss, 'option "out"', "an object of typed arrays", describe(out));
    }
    const buffers = out as Record<string, unknown>;
    for (const key in buffers) {
      if (isEverybodys(buffers, key)) continue;
      const index = spec.arguments.findIndex((argument) => argument.name === key);
      if (key !== "value" && !(this.gradients && index >= 0 && this.wanted[index])) {
        throw typeError(loss, `option "out.${key}"`, this.gradients ? 'a name in wrt, or "value"' : '"value"', "a name that is none");
      }
    }
    for (let i = -1; i < spec.arguments.length; i++) {
      if (i >= 0 && !this.wanted[i]) continue;
      const name = i < 0 ? "value" : (spec.arguments[i]?.name ?? "");
      const buffer = buffers[name];
      if (buffer === undefined) continue;
      const tag = typedArrayTag(buffer);
      if (tag !== "Float32Array" && tag !== "Float64Array") throw typeError(loss, `option "out.${name}"`, "a Float32Array or Float64Array", describe(buffer));
      if (i >= 0) this.given[i] = buffer as FloatArray;
      else if (this.reduction === "none") this.givenValue = buffer as FloatArray;
      else throw typeError(loss, 'option "out.value"', 'reduction "none"', `reduction "${this.reduction}", whose value is a number`);
    }
  }

  // ---- settling: from here on nothing but internal slots is read

  /** Lengths and shapes of everything, and the dtype of the call. */
  settle(): void {
    const { spec, loss } = this;
    let dtype: Dtype | undefined;
    for (let i = 0; i < spec.arguments.length; i++) {
      const operand = this.operands[i] as Operand;
      operand.settle(loss);
      if (dtype === undefined && operand.isFloat) dtype = operand.isSingle ? "float32" : "float64";
    }
    this.dtype = dtype ?? "float64";
    for (let i = 0; i < spec.arguments.length; i++) {
      const argument = spec.arguments[i] as Argument;
      if (!argument.classes) (this.operands[i] as Operand).convert(loss, this.dtype, argument.labels);
    }
    const typed = dtype !== undefined;
    for (let i = spec.arguments.length; i < this.taken; i++) this.settleOption(this.operands[i] as Operand, typed);
    this.settleOption(this.gradOutput, typed);
  }

  /** A tensor among the options takes the dtype of the arguments; beside numbers alone it is widened to theirs. */
  private settleOption(operand: Operand, typed: boolean): void {
    if (!operand.given) return;
    operand.settle(this.loss);
    if (operand.integers) return;
    if (!typed && operand.isSingle) {
      operand.convert(this.loss, "float32");
      operand.data = new Float64Array(operand.data);
    } else operand.convert(this.loss, this.dtype);
  }

  /** All arguments have the shape of the first. */
  sameShapes(): void {
    const first = this.operands[0] as Operand;
    for (let i = 1; i < this.spec.arguments.length; i++) {
      const other = this.operands[i] as Operand;
      if (!equalShapes(first.shape, other.shape)) {
        throw rangeError(this.loss, other.place, `the shape of ${first.place}, ${shapeText(first.shape)}`, shapeText(other.shape));
      }
    }
  }

  /** Where the gradient of argument i is written, `length` positions: the result itself, or what is summed back to a repeated operand. */
  gradientOf(i: number, length: number): FloatArray | null {
    const out = this.outs[i];
    if (!out || !this.operands[i]?.broadcast) return out ?? null;
    const full = this.make(length);
    this.full[i] = full;
    this.repeated = true;
    return full;
  }

  /** Sums the gradients of repeated operands back to their own shapes. */
  reduceGradients(): void {
    if (!this.repeated) return;
    for (let i = 0; i < MAX_ARGUMENTS; i++) {
      const full = this.full[i];
      const operand = this.operands[i] as Operand;
      if (full) operand.broadcast?.reduce(full, this.outs[i] as FloatArray, operand.size);
    }
  }

  /** The gradients of an empty result: an operand that would have been repeated to it may have elements, and a buffer given for them is written, too. */
  zeroGradients(): void {
    for (const out of this.outs) if (out) fillElements.call(out, 0);
  }

  /** Results of `length` samples for "none", and gradients: checks what the user gave, makes the rest. Nothing has been written yet. */
  prepareOutputs(length: number): void {
    const { spec, loss } = this;
    if (this.gradOutput.given && this.gradOutput.size !== length) {
      throw rangeError(loss, this.gradOutput.place, `${length} elements, one for each loss`, String(this.gradOutput.size));
    }
    if (this.givenValue) this.outValue = this.checkOut("value", this.givenValue, length, -1);
    for (let i = 0; i < spec.arguments.length; i++) {
      const given = this.given[i];
      if (given) this.outs[i] = this.checkOut(spec.arguments[i]?.name ?? "", given, (this.operands[i] as Operand).size, i);
    }
    if (this.reduction === "none" && !this.outValue) this.outValue = this.make(length);
    for (let i = 0; i < spec.arguments.length; i++) {
      if (this.wanted[i] && !this.outs[i]) this.outs[i] = this.make((this.operands[i] as Operand).size);
    }
  }

  /** A new array, of the call's dtype or of another. */
  make(length: number, dtype: Dtype = this.dtype): FloatArray {
    try {
      return make(dtype, length);
    } catch (error) {
      // shapes like (2^53 - 1, 0) have few elements and results that no array can hold
      throw rangeError(this.loss, "the result", "as many elements as there is memory for", `${length} (${(error as Error).message})`);
    }
  }

  private checkOut(name: string, out: FloatArray, size: number, own: number): FloatArray {
    const { loss } = this;
    const want = tagOfDtype(this.dtype);
    if (typedArrayTag(out) !== want) throw typeError(loss, `option "out.${name}"`, `a ${want} like the tensors`, describe(out));
    const length = lengthOf.call(out);
    if (length === 0) checkAttached(loss, `option "out.${name}"`, out);
    if (isFreed(out)) throw typeError(loss, `option "out.${name}"`, "a typed array", FREED);
    if (isForeign(out, bufferOf.call(out)))
      throw typeError(loss, `option "out.${name}"`, "a whole array of alloc, or one of your own", "a view of losskit's memory");
    if (length !== size) throw rangeError(loss, `option "out.${name}"`, `${size} elements`, String(length));
    let inPlace = false;
    if (size > 0) {
      for (let i = 0; i < this.taken; i++) if (this.checkOverlap(name, out, this.operands[i] as Operand, i === own)) inPlace = true;
      this.checkOverlap(name, out, this.gradOutput, false);
      for (let i = -1; i < MAX_ARGUMENTS; i++) {
        const other = i < 0 ? this.givenValue : this.given[i];
        if (other && i !== own && overlap(out, other))
          throw rangeError(loss, `option "out.${name}"`, "memory of its own", "an array that overlaps another out");
      }
    }
    // An array of alloc is written where it lies, whole vectors at a time, so beyond the end of a row: not while it is also read. A view of it is copied.
    return inPlace ? view(out, 0, length) : plain(out, want, length);
  }

  /** True where both are the same bytes, and may be. */
  private checkOverlap(name: string, out: FloatArray, operand: Operand, own: boolean): boolean {
    if (!operand.given || operand.origin === null) return false;
    const how = overlap(out, operand.origin);
    if (how === 0) return false;
    if (own && how === 2) return true;
    const expected = own ? "memory of its own, or exactly that of its argument" : "memory of its own";
    throw rangeError(this.loss, `option "out.${name}"`, expected, `an array that overlaps ${operand.place}`);
  }

  /** Whether the sum of the losses is divided by something. */
  get averages(): boolean {
    return this.reduction === "mean" || this.reduction === "batchmean";
  }

  /** What the sum of the losses is divided by, where mean divides by `own` unless the user says otherwise. */
  divisor(own: number): number {
    return this.averages ? this.denominator || own : 1;
  }

  /** The array of losses for "none", else the reduced sum. */
  value(sum: number, denominator: number): number | FloatArray {
    return this.givenValue ?? this.outValue ?? sum / denominator;
  }

  /** The gradients by name. */
  grads(): Record<string, FloatArray> {
    const result: Record<string, FloatArray> = {};
    for (let i = 0; i < this.spec.arguments.length; i++) {
      const out = this.given[i] ?? this.outs[i];
      if (out && this.wanted[i]) result[this.spec.arguments[i]?.name ?? ""] = out;
    }
    return result;
  }
}

/** A property that somebody made enumerable on Object.prototype: every object has it, and nobody meant it as an option. */
function isEverybodys(record: object, key: string): boolean {
  return key in Object.prototype && !Object.hasOwn(record, key);
}

const pool: Frame[] = [];

export function acquire(spec: Signature, gradients: boolean, totals: boolean): Frame {
  const frame = pool.pop() ?? new Frame();
  frame.spec = spec;
  frame.loss = spec.name;
  frame.gradients = gradients;
  frame.totals = totals;
  return frame;
}

export function release(frame: Frame): void {
  frame.clear();
  pool.push(frame);
}
