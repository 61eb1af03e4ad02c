// What a loss says of its arguments and options.

import { describe, rangeError, typeError } from "./errors.js";

export interface Argument {
  readonly name: string;
  readonly differentiable?: boolean;
  /** Among the gradients that `valueAndGrad` gives without `wrt`. */
  readonly byDefault?: boolean;
  /** Class indices (or whatever the loss's own `run` makes of them) instead of numbers. */
  readonly classes?: boolean;
  /** Numbers that may come as integers or booleans: the +1 and -1 of ranking losses, 0 and 1, counts. */
  readonly labels?: boolean;
}

export interface Option {
  readonly name: string;
  readonly default: unknown;
  /** Checks a given value and returns what is kept. Missing where the option is a tensor: those are operands, behind the arguments, in their order. */
  readonly read?: (loss: string, place: string, value: unknown) => unknown;
  /** Of a tensor: integers, which are no numbers to compute with. */
  readonly integers?: boolean;
}

/** Under which every loss shows its signature: adapters to frameworks (tfjs.ts) read there what its arguments are. Of the registry, so that copies of losskit share it. */
export const SIGNATURE: unique symbol = Symbol.for("losskit.signature");

/** What a call is checked against. */
export interface Signature {
  readonly name: string;
  readonly arguments: readonly Argument[];
  readonly options: readonly Option[];
  /** Empty for operations, which have neither reduction nor out. */
  readonly reductions: readonly string[];
}

export const REDUCTIONS = ["mean", "sum", "none"] as const;

/** An argument whose gradient is given by default. */
export function differentiable(name: string): Argument {
  return { name, differentiable: true, byDefault: true };
}
/** An argument whose gradient is given when `wrt` names it. */
export function onDemand(name: string): Argument {
  return { name, differentiable: true };
}
/** A target that may come as integers or booleans, too; by default without a gradient. */
export function labels(name: string, differentiable = false): Argument {
  return { name, labels: true, differentiable };
}

/** A number for which `accept` holds; NaN never passes. */
export function number(name: string, initial: number, expected = "a number", accept: (value: number) => boolean = () => true): Option {
  return {
    name,
    default: initial,
    read: (loss, place, value) => {
      if (typeof value !== "number") throw typeError(loss, place, expected, describe(value));
      if (Number.isNaN(value) || !accept(value)) throw rangeError(loss, place, expected, describe(value));
      return value;
    },
  };
}
export function positive(name: string, initial: number): Option {
  return number(name, initial, "a number > 0", (value) => value > 0);
}
export function nonNegative(name: string, initial: number): Option {
  return number(name, initial, "a number >= 0", (value) => value >= 0);
}
export function boolean(name: string, initial: boolean): Option {
  return {
    name,
    default: initial,
    read: (loss, place, value) => {
      if (typeof value !== "boolean") throw typeError(loss, place, "true or false", describe(value));
      return value;
    },
  };
}
/** An integer, as a number or a bigint. */
export function integer(name: string, initial: number): Option {
  return {
    name,
    default: initial,
    read: (loss, place, value) => {
      if (typeof value === "bigint") return value;
      if (typeof value !== "number") throw typeError(loss, place, "an integer", describe(value));
      if (!Number.isInteger(value)) throw rangeError(loss, place, "an integer", describe(value));
      return value;
    },
  };
}
/** A tensor of integers, which the loss's own `run` reads. */
export function integersOption(name: string): Option {
  return { name, default: undefined, integers: true };
}
/** A tensor: an operand of the call like an argument. */
export function tensorOption(name: string): Option {
  return { name, default: undefined };
}
