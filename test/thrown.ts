/** What a call throws, and what has to be in it. */
import { expect } from "vitest";

export function thrown(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

export function check(call: () => unknown, kind: typeof TypeError | typeof RangeError, ...parts: string[]): void {
  const error = thrown(call);
  expect(error, error.message).toBeInstanceOf(kind);
  for (const part of parts) expect(error.message).toContain(part);
}
