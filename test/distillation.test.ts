/**
 * distillationLoss where its table row does not go: rows longer than the window holds at once, and teachers that the student has nearly reached.
 */
import { describe, expect, it } from "vitest";
import { type Entry, entries } from "./entries.js";
import { agree } from "./reference/compare.js";

interface Distillation {
  (...args: unknown[]): number;
  valueAndGrad(...args: unknown[]): { value: Float32Array; grad: { student: Float32Array } };
}
const lossOf = (entry: Entry): Distillation => entry.api.distillationLoss as unknown as Distillation;

/** More than 4 MiB of float32: ROW_BYTES in src/backend/wasm/window.ts. */
const LONG = (1 << 20) + 5;
const reference = entries.find(({ name }) => name === "losskit/js") as Entry;

describe("distillationLoss", () => {
  const student = Float32Array.from({ length: 2 * LONG }, (_, i) => (i % 7 === 1 ? -Infinity : 10 * Math.sin(i + i * i)));
  const teacher = student.map((x, i) => x + Math.sin(i));
  for (const entry of entries) {
    if (entry === reference) continue;
    for (const beta of [0, 0.3, 1]) {
      it(`rows in pieces, beta ${beta}, ${entry.name}`, () => {
        const options = { beta, reduction: "none", gradOutput: [2, 3] };
        const [got, want] = [entry, reference].map((one) =>
          lossOf(one).valueAndGrad({ data: student, shape: [2, LONG] }, { data: teacher, shape: [2, LONG] }, options),
        );
        if (!got || !want) throw new Error("no results");
        agree(
          got.value,
          want.value,
          () => ({ relative: 1e-6, absolute: 0 }),
          () => "values",
        );
        agree(
          got.grad.student,
          want.grad.student,
          (largest) => ({ relative: 1e-5, absolute: 2e-6 * largest }),
          () => "gradient",
        );
      });
    }
  }

  for (const entry of entries) {
    for (const beta of [0, 0.5, 1]) {
      it(`keeps the digits of a small divergence, beta ${beta}, ${entry.name}`, () => {
        // two classes, logits ±h against 0 and 0: h² / 2 either way, h² / 8 to the mixture in the middle, up to terms of h⁴
        const h = 2 ** -10;
        const value = lossOf(entry)(Float32Array.of(h, -h), Float32Array.of(0, 0), { beta });
        const expected = (h * h) / (beta === 0.5 ? 8 : 2);
        expect(Math.abs(value / expected - 1)).toBeLessThan(3e-4);
      });
    }
  }
});
