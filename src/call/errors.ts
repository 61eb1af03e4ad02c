// Every error text: which loss, which argument, what was expected, what came.

/** What a value looks like in an error, in a few words. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "number" || typeof value === "boolean" || value === undefined) return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object") return `a ${typeof value}`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return tag === "Object" ? "an object" : `a ${tag}`;
}

export function shapeText(shape: readonly number[]): string {
  return `(${shape.join(", ")})`;
}

/** `place` is an argument with its quotes, an option, or a position in one. */
export function typeError(loss: string, place: string, expected: string, got: string): TypeError {
  return new TypeError(`${loss}: ${place} expected ${expected}, got ${got}`);
}

export function rangeError(loss: string, place: string, expected: string, got: string): RangeError {
  return new RangeError(`${loss}: ${place} expected ${expected}, got ${got}`);
}
